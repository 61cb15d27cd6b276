/**
 * The Context MMU of one session: what its pages hold, which words are the user's, and what was sent without a
 * trusted origin. Immutable: every function returns the next context. A context that has missed a value is sealed for
 * good, and recorded facts answer in its place.
 */
import { DIRECTORY_PAGE } from "../abi/provenance.js";
import type { Labels } from "../abi/labels.js";
import type { Digests } from "../base/digest.js";
import type { JsonValue } from "../base/json.js";
import { leavesOf, type Leaf } from "../mmu/leaves.js";
import { BOTTOM, join } from "../mmu/lattice.js";
import { Memory, type PageLeaf } from "../mmu/memory.js";
import { provenanceOf } from "../mmu/provenance.js";
import { normalize } from "../mmu/text/normalize.js";
import { activeTokensOf } from "../mmu/tokens.js";
import type { PolicyDirectory } from "../policy/ast.js";
import { NO_LISTING, withListingPage, type Listing } from "./descriptors.js";

export interface OpenContext {
  /** What the agent has seen, and the operator's directory. */
  readonly memory: Memory;
  /** Normalised words of the user's pages. */
  readonly userWords: ReadonlySet<string>;
  /** Each sentence of the user's, with its words. */
  readonly sentences: readonly Sentence[];
  /** Values with authority that were sent although no trusted origin had them: a tool may store and echo them. */
  readonly sent: Memory;
  /** What each server has listed. */
  readonly listings: ReadonlyMap<string, Listing>;
  /** The leaves without a trusted origin of each call in flight: its result may echo them. */
  readonly inFlight: ReadonlyMap<string, InFlight>;
}

export type Context = OpenContext | "sealed";

/** The context of a session that has seen nothing but what the operator wrote down. */
export function newContext(directory: readonly PolicyDirectory[]): OpenContext {
  const memory = directory.reduce(
    (filled, { name, values }) =>
      filled.add(
        `${DIRECTORY_PAGE}${name}`,
        values.map((text, index) => ({
          path: `/${String(index)}`,
          text,
          isText: true,
          labels: BOTTOM,
          classes: ["directory", `${DIRECTORY_PAGE}${name}`, "trusted"],
        })),
        { pinned: true },
      ),
    Memory.empty(),
  );
  return {
    memory,
    userWords: new Set(),
    sentences: [],
    sent: Memory.empty(),
    listings: new Map(),
    inFlight: new Map(),
  };
}

/** With a page that the agent gets to see. */
export function withPage(context: OpenContext, page: string, leaves: readonly PageLeaf[]): OpenContext {
  return { ...context, memory: context.memory.add(page, leaves) };
}

/** With a page of a server's listing of its tools. */
export function withListing(context: OpenContext, server: string, result: JsonValue, digests: Digests): OpenContext {
  const before = context.listings.get(server) ?? NO_LISTING;
  return { ...context, listings: new Map(context.listings).set(server, withListingPage(before, result, digests)) };
}

/** With words of the user's. */
export function withUserWords(context: OpenContext, page: string, text: string): OpenContext {
  const leaf = { path: "", text, isText: true, labels: BOTTOM, classes: ["user", "trusted"] };
  return {
    ...context,
    memory: context.memory.add(page, [leaf], { pinned: true }),
    userWords: new Set([...context.userWords, ...wordsOf(text)]),
    sentences: [...context.sentences, ...sentencesOf(text)].slice(0, MAX_SENTENCES),
  };
}

/** One sentence of the user's. */
export interface Sentence {
  /** In order. */
  readonly words: readonly string[];
  /** The sentence alone, to look values up in. */
  readonly memory: Memory;
}

/** Sentences of the user's remembered in a session; what is said in later ones is not taken for an order. */
const MAX_SENTENCES = 1000;

/** A stop is an end where white space follows, so that an address or a number is not cut. */
const SENTENCE_END = /(?<=[.!?;])\s+|[\r\n]+/u;

function sentencesOf(text: string): readonly Sentence[] {
  return text.split(SENTENCE_END, MAX_SENTENCES).map((sentence) => ({
    words: wordsOf(sentence),
    memory: Memory.empty().add("", [{ path: "", text: sentence, isText: true, labels: BOTTOM, classes: ["user"] }]),
  }));
}

/** The words of each of the user's sentences that hold the value as a whole. */
export function sentencesWith(context: OpenContext, value: Leaf["value"]): readonly (readonly string[])[] {
  return context.sentences
    .filter(({ memory }) => provenanceOf(memory, value, BOTTOM).endorsed)
    .map(({ words }) => words);
}

/** A shorter word says nothing about whom or what is meant. */
const MIN_NAMING_CHARS = 3;

/** Whether a word of the text, of an address one before the `@`, is a word of the user's. */
export function isNamedByUser(context: OpenContext, text: string): boolean {
  const [local = text] = text.split("@");
  return wordsOf(local).some((word) => word.length >= MIN_NAMING_CHARS && context.userWords.has(word));
}

/** Words as intents are matched against: runs of letters and digits of the normalised text. */
export function wordsOf(text: string): readonly string[] {
  return normalize(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}

/**
 * With a call's arguments remembered, as far as they have no trusted origin: a tool that hands them back, now or, what
 * carries authority, at any later time, must not make them trusted (design.md section 4).
 */
export function withSent(context: OpenContext, call: string, args: readonly SentLeaf[]): OpenContext {
  const doubtful = args.filter(({ endorsed }) => !endorsed);
  if (doubtful.length === 0) return context;
  const active = doubtful.filter(({ text }) => activeTokensOf(text).length > 0).map(pageLeafOf);
  return {
    ...context,
    inFlight: new Map(context.inFlight).set(call, inFlightOf(doubtful)),
    sent: active.length === 0 ? context.sent : context.sent.add(call, active),
  };
}

/** With a call over: its result has come or never will. */
export function withoutCall(context: OpenContext, call: string): OpenContext {
  if (!context.inFlight.has(call)) return context;
  const inFlight = new Map(context.inFlight);
  inFlight.delete(call);
  return { ...context, inFlight };
}

/** One leaf of a call's arguments, with what was found out about it. */
export interface SentLeaf {
  readonly path: string;
  readonly text: string;
  readonly labels: Labels;
  readonly endorsed: boolean;
}

/** What a call in flight has sent without a trusted origin. */
interface InFlight {
  readonly leaves: readonly (SentLeaf & { readonly normal: string })[];
  /** Length of all its normalised text. */
  readonly chars: number;
}

function inFlightOf(doubtful: readonly SentLeaf[]): InFlight {
  const leaves = doubtful.map((leaf) => ({ ...leaf, normal: normalize(leaf.text) }));
  return { leaves, chars: leaves.reduce((sum, { normal }) => sum + normal.length, 0) };
}

function pageLeafOf({ path, text, labels }: SentLeaf): PageLeaf {
  return { path, text, isText: true, labels, classes: ["untrusted"] };
}

/** Shorter texts are found within others by chance; they echo only as a whole. */
const MIN_ECHO_CHARS = 4;

/** What one call sent is compared with each leaf of its result, up to this much of it. */
const MAX_ECHO_LEAVES = 128;
const MAX_ECHO_CHARS = 32 * 1024;

/**
 * The labels of a value that was sent without a trusted origin, when this text is it, holds it, or is a part of it:
 * anything the call in flight sent, and what carried authority in any earlier one.
 */
export function echoOf(context: OpenContext, call: string | undefined, text: string): Labels | undefined {
  const own = call === undefined ? undefined : context.inFlight.get(call);
  const echoed = own === undefined ? [] : ownEchoes(own, normalize(text));
  const [first, ...rest] = [...echoed.map(({ labels }) => labels), ...storedEchoes(context.sent, text)];
  return first === undefined ? undefined : rest.reduce(join, first);
}

/**
 * Attacker-controlled: both sides. Of more than can be compared with every leaf of a result, each counts as echoed.
 */
function ownEchoes({ leaves, chars }: InFlight, back: string): readonly SentLeaf[] {
  if (leaves.length > MAX_ECHO_LEAVES || chars > MAX_ECHO_CHARS) return leaves;
  return leaves.filter((leaf) => isEcho(leaf.normal, back));
}

function isEcho(sent: string, back: string): boolean {
  if (sent === back) return true;
  return (
    (sent.length >= MIN_ECHO_CHARS && back.includes(sent)) || (back.length >= MIN_ECHO_CHARS && sent.includes(back))
  );
}

function storedEchoes(sent: Memory, text: string): readonly Labels[] {
  const tokens = activeTokensOf(text);
  return [text, ...tokens.map((token) => token.text)].flatMap((value) => {
    const { match, labels } = provenanceOf(sent, value, BOTTOM);
    return match === "exact" || match === "contained" || match === "decoded" ? [labels] : [];
  });
}

/** The leaves of a JSON value as text. */
export function textOf(value: Leaf["value"]): string {
  return typeof value === "string" ? value : String(value);
}

export function leavesOfJson(value: JsonValue): readonly Leaf[] {
  return [...leavesOf(value)];
}
