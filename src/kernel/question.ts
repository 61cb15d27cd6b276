/** What the policy is asked about a call: its names and labels, and the values behind them where they are at hand. */
import type { JsonValue } from "../base/json.js";
import type { ProvenanceValue } from "../abi/event.js";
import type { Labels } from "../abi/labels.js";
import { isServerClass, ORIGIN_CLASSES, serverClass, type Provenance } from "../abi/provenance.js";
import type { SyscallRequest } from "../abi/request.js";
import type { DescriptorState } from "../abi/syscalls.js";
import { labelNames } from "../mmu/lattice.js";
import { leavesOf } from "../mmu/leaves.js";
import { provenanceOf, tokenProvenance, wordClasses } from "../mmu/provenance.js";
import type { ArgumentLeaf, Values } from "../policy/conditions/condition.js";
import { isNamedByUser, sentencesWith, textOf, type OpenContext, type SentLeaf } from "./context.js";
import { descriptorState, NO_LISTING, type Listing } from "./descriptors.js";
import { NO_PINS, type Pins, type ServerPins } from "./pins.js";
import { shownPath } from "./shown-path.js";

/** Leaves listed in the log; of a call with more the rest is counted. */
const MAX_LISTED_LEAVES = 64;

/** Times that one call's values are looked for in a sentence of the user's: leaves times sentences, else unbounded. */
const MAX_SENTENCE_LOOK_UPS = 20_000;

/** What the values of a call are made of. */
export interface CallParts {
  readonly context: OpenContext;
  /** What composed text is at least. */
  readonly session: Labels;
  readonly request: Pick<SyscallRequest, "server" | "subject">;
  /** Member names that may be shown: the operator's. */
  readonly names: ReadonlySet<string>;
  /** Absent for a call that has none. */
  readonly args: JsonValue | undefined;
  /** The operator's, where the run has a lock. */
  readonly pins: Pins | undefined;
}

/** The values of one call. INVARIANT: each leaf's provenance is looked up once, however often a policy asks. */
export class CallValues implements Values {
  private readonly context: OpenContext;
  private readonly session: Labels;
  private readonly server: string;
  private readonly tool: string | undefined;
  private readonly prompt: string | undefined;
  /** Of a resource that is read: the caller may have made it up, as it may an argument. */
  private readonly uri: string | undefined;
  private readonly pins: ServerPins | undefined;
  private readonly names: ReadonlySet<string>;
  private readonly args: JsonValue | undefined;
  private made: readonly ArgumentLeaf[] | undefined;
  /** The words of the sentences in which a value stands, for each value that was asked about. */
  private readonly said = new Map<ArgumentLeaf["value"], readonly (readonly string[])[]>();
  private lookUps = 0;

  constructor({ context, session, request, names, args, pins }: CallParts) {
    this.names = names;
    this.context = context;
    this.session = session;
    this.server = request.server;
    const { tool, prompt, uri } = request.subject;
    this.tool = typeof tool === "string" ? tool : undefined;
    this.prompt = typeof prompt === "string" ? prompt : undefined;
    this.uri = typeof uri === "string" ? uri : undefined;
    this.pins = pins && (pins.get(request.server) ?? NO_PINS);
    this.args = args;
  }

  private get list(): readonly ArgumentLeaf[] {
    const { args } = this;
    return (this.made ??= args === undefined ? [] : leavesOf(args).map((leaf) => this.leafOf(leaf.path, leaf.value)));
  }

  leaves(): readonly ArgumentLeaf[] {
    return this.list;
  }

  sentences(): readonly (readonly string[])[] {
    return this.context.sentences.map(({ words }) => words);
  }

  descriptor(): DescriptorState {
    const { listing, tool, pins } = this;
    return tool === undefined ? "unknown" : descriptorState(listing.tools, tool, pins?.tools);
  }

  /** The same of a prompt that is got; `descriptor` is about tools, whatever the kind of the call. */
  promptDescriptor(): DescriptorState {
    const { listing, prompt, pins } = this;
    return prompt === undefined ? "unknown" : descriptorState(listing.prompts, prompt, pins?.prompts);
  }

  private get listing(): Listing {
    return this.context.listings.get(this.server) ?? NO_LISTING;
  }

  private leafOf(path: string, value: ArgumentLeaf["value"]): ArgumentLeaf {
    const { context, session } = this;
    const text = textOf(value);
    return {
      path,
      value,
      provenance: once(() => this.sided(provenanceOf(context.memory, value, session))),
      tokens: once(() =>
        tokenProvenance(context.memory, text, session).map(({ provenance }) => this.sided(provenance)),
      ),
      words: once(() => wordClasses(context.memory, text).map((classes) => this.withSides(classes))),
      sentences: () => this.sentencesOf(value),
      isNamed: once(() => isNamedByUser(context, text)),
    };
  }

  /**
   * INVARIANT: one value is looked for once; of a call with too many the rest is neither said nor unsaid, as a denial may
   * ask for either.
   * @throws RangeError, by which the policy denies.
   */
  private sentencesOf(value: ArgumentLeaf["value"]): readonly (readonly string[])[] {
    const known = this.said.get(value);
    if (known !== undefined) return known;
    const { context } = this;
    this.lookUps += context.sentences.length;
    if (this.lookUps > MAX_SENTENCE_LOOK_UPS)
      throw new RangeError("a call has too many values to look for in sentences");
    const found = sentencesWith(context, value);
    this.said.set(value, found);
    return found;
  }

  private sided(found: Provenance): Provenance {
    const classes = this.withSides(found.classes);
    return classes === found.classes ? found : { ...found, classes };
  }

  /** With the side that each server among them is on, seen from this call: the one that is called, or another. */
  private withSides(classes: ReadonlySet<string>): ReadonlySet<string> {
    const servers = [...classes].filter(isServerClass);
    if (servers.length === 0) return classes;
    const own = serverClass(this.server);
    return new Set([...classes, ...servers.map((name) => (name === own ? SAME : OTHER))]);
  }

  /** What the log keeps of the look-ups: member names and places, no values. Keys are leaves of their own and not listed. */
  record(): { readonly provenance: readonly ProvenanceValue[]; readonly moreLeaves: number } {
    const values = this.list.filter(({ path }) => !path.endsWith("#"));
    const listed = values.slice(0, MAX_LISTED_LEAVES);
    const shown = (path: string): string => shownPath(path, (name) => this.isGivenName(name));
    return {
      provenance: listed.map((leaf) => provenanceValue(leaf.path, leaf.provenance(), shown)),
      moreLeaves: values.length - listed.length,
    };
  }

  private isGivenName(name: string): boolean {
    return this.names.has(name) || this.listing.names.has(name);
  }

  /** What leaves for the server, and may come back from it. */
  sent(): readonly SentLeaf[] {
    // An argument's name that the operator or the server gave is no word of the caller's; any other key may be.
    const values = this.list.filter(({ path, value }) => !/^\/[^/]*#$/.test(path) || !this.isGivenName(textOf(value)));
    const all = this.uri === undefined ? values : [this.leafOf("", this.uri), ...values];
    return all.map((leaf) => {
      const { labels, endorsed } = leaf.provenance();
      return { path: leaf.path, text: textOf(leaf.value), isText: typeof leaf.value === "string", labels, endorsed };
    });
  }
}

const SAME = "same-server";
const OTHER = "other-server";

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

/** Bounds on one leaf's entry, so that a line stays under its cap whatever tags an operator gives. */
const MAX_CLASSES = 16;
const MAX_LABELS = 16;
const KNOWN_CLASSES: ReadonlySet<string> = new Set(ORIGIN_CLASSES);

/** The classes of every policy first: of more tags than fit, some are left out. */
function shownClasses(classes: ReadonlySet<string>): readonly string[] {
  const all = [...classes].sort();
  const known = all.filter((name) => KNOWN_CLASSES.has(name));
  const others = all.filter((name) => !KNOWN_CLASSES.has(name));
  return [...known, ...others].slice(0, MAX_CLASSES).sort();
}

function shownLabels(labels: Labels): readonly string[] {
  return labelNames(labels).slice(0, MAX_LABELS);
}

// Members in RFC 8785 order, as in step.ts.
function provenanceValue(path: string, found: Provenance, shown: (path: string) => string): ProvenanceValue {
  return {
    classes: shownClasses(found.classes),
    labels: shownLabels(found.labels),
    match: found.match,
    origins: found.origins.map((origin) => ({
      end: origin.end,
      labels: shownLabels(origin.labels),
      page: origin.page,
      path: shown(origin.path),
      start: origin.start,
    })),
    path: shown(path),
  };
}
