/**
 * The Context MMU of one session: what its pages hold, which words are the user's, and what was sent without a
 * trusted origin. Immutable: every function returns the next context. A context that has missed a value is sealed for
 * good, and recorded facts answer in its place.
 */
import { DIRECTORY_PAGE } from "../abi/provenance.js";
import type { Labels } from "../abi/labels.js";
import type { Digests } from "../base/digest.js";
import type { Leaf } from "../mmu/leaves.js";
import { BOTTOM, join, OUTSIDE } from "../mmu/lattice.js";
import { Memory, type PageLeaf } from "../mmu/memory.js";
import { provenanceOf } from "../mmu/provenance.js";
import { MAX_ARGUMENT_CHARS } from "../mmu/bounds.js";
import { readingsOf } from "../mmu/text/decode.js";
import { normalize } from "../mmu/text/normalize.js";
import { activeTokensOf } from "../mmu/tokens.js";
import { canonicalScalar } from "../mmu/values.js";
import type { PolicyDirectory } from "../policy/ast.js";
import { NO_LISTING, withListingPage, type Listing, type ListingPage } from "./descriptors.js";

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

/** With a page of a server's listing of its tools, prompts or templates. */
export function withListing(context: OpenContext, server: string, page: ListingPage, digests: Digests): OpenContext {
  const before = context.listings.get(server) ?? NO_LISTING;
  return { ...context, listings: new Map(context.listings).set(server, withListingPage(before, page, digests)) };
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

/** Nobody's name has more words, and each is looked for in every sentence. */
const MAX_NAMING_WORDS = 16;

/** What may stand before the `@` without quotes (RFC 5321 section 4.1.2), and letters beyond ASCII (RFC 6531). */
const LOCAL_PART = /^[\p{L}\p{N}!#$%&'*+/=?^_`{|}~.-]+$/u;

/** Words that stand in anybody's orders and before the `@` of anybody's address: alone they name nobody. */
const COMMON_WORDS: ReadonlySet<string> = new Set(
  (
    "about account accounts admin alert alerts all and any are ask bill billing book buy call can com contact could " +
    "day details email event file files find for forward from get give hello help her here him his how info invite " +
    "invoice invoices its let mail make meeting message money net new news newsletter noreply not notes notify now " +
    "office one order our out pay payment payments please post read reply report sales schedule security see send " +
    "sent service share she show summary support team tell thank thanks that the them then they this to today " +
    "transfer update user what when who will with work write www you your"
  ).split(" "),
);

/**
 * Whether the user named what the text is about: of an address, by what stands before the `@`. One of its words is the
 * user's, and more than a common word: people are called by a part of their names. Attacker-controlled: the text;
 * whoever may choose an address can put a word of the user's into it, so a policy asks for more beside this.
 */
export function isNamedByUser(context: OpenContext, text: string): boolean {
  const parts = text.split("@", 3);
  // Two addresses in one value: the first would name the second.
  if (parts.length > 2) return false;
  const words = wordsOf(parts[0] ?? "").filter((word) => word.length >= MIN_NAMING_CHARS);
  // A display name before the address is not the address.
  if (parts.length === 2 && !LOCAL_PART.test(parts[0] ?? "")) return false;
  if (words.length > MAX_NAMING_WORDS) return false;
  return words.some((word) => !COMMON_WORDS.has(word) && context.userWords.has(word));
}

/** Words as intents are matched against: runs of letters and digits of the normalised text. */
export function wordsOf(text: string): readonly string[] {
  return normalize(text).match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** What a stranger would have stored to be handed back as trusted is no longer: a longer text is prose. */
const MAX_STORED_CHARS = 512;

/**
 * With a call's arguments remembered, as far as they have no trusted origin: a tool that hands them back, now or at any
 * later time, must not make them trusted (design.md section 4). Of longer texts, only what carries authority is kept
 * beyond the call's own result.
 */
export function withSent(context: OpenContext, call: string, args: readonly SentLeaf[]): OpenContext {
  const doubtful = args.filter(({ endorsed }) => !endorsed);
  if (doubtful.length === 0) return context;
  return {
    ...context,
    inFlight: new Map(context.inFlight).set(call, inFlightOf(doubtful)),
    sent: withStored(context.sent, call, doubtful),
  };
}

/** With an answer to a question of a server's remembered: it has left for the server as an argument does. */
export function withAnswer(context: OpenContext, page: string, leaves: readonly PageLeaf[]): OpenContext {
  const sent = leaves.map((leaf) => ({ ...leaf, endorsed: provenanceOf(context.memory, leaf.text, BOTTOM).endorsed }));
  return { ...context, sent: withStored(context.sent, page, sent) };
}

function withStored(sent: Memory, from: string, leaves: readonly SentLeaf[]): Memory {
  const stored = leaves
    .filter((leaf) => !leaf.endorsed && isStored(leaf))
    .flatMap(withReadings)
    .map(pageLeafOf);
  return stored.length === 0 ? sent : sent.add(from, stored);
}

/** Short words, numbers and booleans come back by chance: they echo in their own call's result alone. */
function isStored({ text, isText }: SentLeaf): boolean {
  const isShort = text.length <= MAX_STORED_CHARS;
  return (isText && isShort && text.length >= MIN_ECHO_CHARS) || activeTokensOf(text).length > 0;
}

/** A tool may undo an encoding before it stores. */
function withReadings(leaf: SentLeaf): readonly SentLeaf[] {
  if (!leaf.isText || leaf.text.length > MAX_STORED_CHARS) return [leaf];
  return [leaf, ...readingsOf(leaf.text).map(({ text }) => ({ ...leaf, text }))];
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
  /** False for a number, boolean or null. */
  readonly isText: boolean;
  readonly labels: Labels;
  readonly endorsed: boolean;
}

interface InFlightLeaf extends SentLeaf {
  readonly normal: string;
  /** As a number or date, when it is one. */
  readonly scalar: string | undefined;
}

/** What a call in flight has sent without a trusted origin. */
interface InFlight {
  readonly leaves: readonly InFlightLeaf[];
  /** Length of all its normalised text. */
  readonly chars: number;
}

function inFlightOf(doubtful: readonly SentLeaf[]): InFlight {
  const all = doubtful.length > MAX_ECHO_LEAVES ? doubtful : doubtful.flatMap(withReadings);
  const leaves = all.map((leaf) => ({ ...leaf, normal: normalize(leaf.text), scalar: canonicalScalar(leaf.text) }));
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
 * The labels of a value that was sent without a trusted origin, when this one is it, holds it, or is a part of it:
 * anything the call in flight sent, and what was kept of any earlier one.
 */
export function echoOf(context: OpenContext, call: string | undefined, value: Leaf["value"]): Labels | undefined {
  const own = call === undefined ? undefined : context.inFlight.get(call);
  const echoed = own === undefined ? [] : ownEchoes(own, textOf(value));
  const [first, ...rest] = [...echoed.map(({ labels }) => labels), ...storedEchoes(context.sent, value)];
  return first === undefined ? undefined : rest.reduce(join, first);
}

/**
 * Attacker-controlled: both sides. Of more than can be compared with every leaf of a result, each counts as echoed.
 */
function ownEchoes({ leaves, chars }: InFlight, text: string): readonly SentLeaf[] {
  if (leaves.length > MAX_ECHO_LEAVES || chars > MAX_ECHO_CHARS) return leaves;
  const back = normalize(text);
  const scalar = canonicalScalar(text);
  return leaves.filter((leaf) => isEcho(leaf.normal, back) || (scalar !== undefined && scalar === leaf.scalar));
}

function isEcho(sent: string, back: string): boolean {
  if (sent === back) return true;
  return (
    (sent.length >= MIN_ECHO_CHARS && back.includes(sent)) || (back.length >= MIN_ECHO_CHARS && sent.includes(back))
  );
}

/** Compares the leaf, its readings and its value tokens (mmu/provenance.ts) with all that is kept. */
function storedEchoes(sent: Memory, value: Leaf["value"]): readonly Labels[] {
  const text = textOf(value);
  const isWord = typeof value === "boolean" || value === null;
  if (isWord || text.length < MIN_ECHO_CHARS || sent.bytes === 0) return [];
  // Fail closed: what is too long to be looked for may hold anything.
  if (text.length > MAX_ARGUMENT_CHARS) return [OUTSIDE];
  const tokens = activeTokensOf(text);
  return [text, ...tokens.map((token) => token.text)].flatMap((part) => {
    const { match, labels } = provenanceOf(sent, part, BOTTOM);
    return match === "exact" || match === "contained" || match === "decoded" ? [labels] : [];
  });
}

/** The leaves of a JSON value as text. */
export function textOf(value: Leaf["value"]): string {
  return typeof value === "string" ? value : String(value);
}
