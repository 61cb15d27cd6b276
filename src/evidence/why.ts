/**
 * Why a call's values were what they were: from a call to its argument leaves, to the pages in which they were found, to
 * the calls that brought these pages. Pure: from lines of a log to a tree. INVARIANT: every step goes to an earlier line,
 * so no way is a circle, whatever a log says of itself.
 */
import type { Decision } from "../abi/decision.js";
import type { FlightLine, PageValue, ProvenanceValue, SyscallValue } from "../abi/event.js";
import { DIRECTORY_PAGE, type Match } from "../abi/provenance.js";

/** The lines of one log whose chain has been checked. */
export interface WhySource {
  /** The line of this number; undefined when the part of the log that was read has none. */
  readonly line: (seq: number) => FlightLine | undefined;
  /** The pages that a session had been handed before a line: how many, and the newest of them, newest first. */
  readonly readBefore: (
    session: string,
    seq: number,
    atMost: number,
  ) => { readonly of: number; readonly newest: readonly number[] };
}

export interface WhyBounds {
  /** Calls on one way, the asked one among them. */
  readonly depth: number;
  /** Nodes of the whole tree. */
  readonly nodes: number;
  /** Pages named of those that a composed value may come from. */
  readonly composed: number;
}

export const DEFAULT_WHY: WhyBounds = { depth: 4, nodes: 64, composed: 5 };

/** Why the way does not go on here: it does at another node of the tree, or, for a page, its call lies too deep. */
export type WhyCut = "elsewhere" | "depth";

export type WhyItem =
  | {
      readonly on: "call";
      readonly seq: number;
      readonly wall_ms: number;
      readonly value: SyscallValue;
      readonly cut?: WhyCut;
    }
  | { readonly on: "argument"; readonly leaf: ProvenanceValue }
  | {
      readonly on: "page";
      readonly seq: number;
      readonly wall_ms: number;
      readonly value: PageValue;
      /** `server/tool`, or whatever its call acted on. */
      readonly target?: string;
      /** Where in the page; absent where the page as a whole is meant. */
      readonly origin?: Origin;
      readonly cut?: WhyCut;
    }
  | { readonly on: "directory"; readonly name: string; readonly origin: Origin }
  /** The model wrote it, or the user did where no channel told: it may come from any of so many pages. */
  | { readonly on: "composed"; readonly of: number }
  /** The log names it, and has no such line before the one that does. */
  | { readonly on: "missing"; readonly id: string };

export type WhyNode = WhyItem & {
  readonly children: readonly WhyNode[];
  /** Children that the bound on nodes left out. */
  readonly more: number;
};

type Origin = ProvenanceValue["origins"][number];

/** The verdict on a call or a page. */
export function decisionOf(item: Extract<WhyItem, { on: "call" | "page" }>): Decision {
  return item.on === "call" ? item.value.decision : item.value.delivery;
}

/** The tree of the syscall or page line `seq`; undefined when there is none. */
export function whyTree(source: WhySource, seq: number, bounds: WhyBounds = DEFAULT_WHY): WhyNode | undefined {
  return new WhyTree(source, bounds).grow(seq);
}

/** A node in the making. */
interface Growing {
  readonly item: WhyItem;
  /** The line by which everything below must stand before. */
  readonly before: number;
  readonly session: string;
  /** Calls on the way to here. */
  readonly calls: number;
  readonly children: Growing[];
  more: number;
}

class WhyTree {
  private readonly source: WhySource;
  private readonly bounds: WhyBounds;
  private readonly shown = new Set<number>();
  private left: number;

  constructor(source: WhySource, bounds: WhyBounds) {
    this.source = source;
    this.bounds = bounds;
    this.left = bounds.nodes - 1;
  }

  /** Breadth first, so that the bound leaves out what is furthest away. */
  grow(seq: number): WhyNode | undefined {
    const line = this.source.line(seq);
    if (line === undefined) return undefined;
    const item = this.callItem(line) ?? this.pageItem(line, 0);
    if (item === undefined) return undefined;
    const { session } = item.value;
    const root: Growing = { item, before: seq, session, calls: item.on === "call" ? 1 : 0, children: [], more: 0 };
    const queue = [root];
    for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
      this.expand(node);
      queue.push(...node.children);
    }
    return finished(root);
  }

  private expand(node: Growing): void {
    const wanted = this.below(node);
    const taken = wanted.slice(0, this.left);
    this.left -= taken.length;
    node.more = wanted.length - taken.length;
    for (const make of taken) {
      const item = make();
      const before = "seq" in item ? item.seq : node.before;
      const calls = node.calls + (item.on === "call" ? 1 : 0);
      node.children.push({ item, before, session: node.session, calls, children: [], more: 0 });
    }
  }

  /** What stands below a node; made only when there is room for it. */
  private below(node: Growing): readonly (() => WhyItem)[] {
    const { item } = node;
    switch (item.on) {
      case "call":
        return item.cut === undefined ? (item.value.provenance ?? []).map((leaf) => () => argument(leaf)) : [];
      case "argument":
        return this.belowLeaf(node, item.leaf);
      case "page":
        return item.cut === undefined ? this.belowPage(node, item.value) : [];
      case "composed":
        return this.belowComposed(node);
      case "directory":
      case "missing":
        return [];
    }
  }

  private belowPage(node: Growing, { call }: PageValue): readonly (() => WhyItem)[] {
    return call === undefined ? [] : [() => this.named(call, node) ?? missing(call)];
  }

  private belowComposed(node: Growing): readonly (() => WhyItem)[] {
    const { newest } = this.source.readBefore(node.session, node.before, this.bounds.composed);
    const ids = newest.map((seq) => `p${String(seq)}`);
    return ids.map((id) => () => this.named(id, node) ?? missing(id));
  }

  private belowLeaf(node: Growing, { match, origins }: ProvenanceValue): readonly (() => WhyItem)[] {
    if (isComposed(match)) {
      const { of } = this.source.readBefore(node.session, node.before, 0);
      return [() => ({ on: "composed", of })];
    }
    return origins.map((origin) => () => this.originItem(origin, node));
  }

  private originItem(origin: Origin, node: Growing): WhyItem {
    const { page } = origin;
    if (page.startsWith(DIRECTORY_PAGE)) {
      return { on: "directory", name: page.slice(DIRECTORY_PAGE.length), origin };
    }
    const found = this.named(page, node);
    return found?.on === "page" ? { ...found, origin } : missing(page);
  }

  /**
   * The line that an id stands for: `c12` is the call of line 12.
   * Attacker-controlled: the id; one that is no earlier line of the same session is missing.
   */
  private named(id: string, { before, session, calls }: Growing): WhyItem | undefined {
    const seq = /^[cp]\d{1,15}$/.test(id) ? Number(id.slice(1)) : Infinity;
    const line = seq < before ? this.source.line(seq) : undefined;
    if (line === undefined || idOf(line) !== id) return undefined;
    const item = this.callItem(line) ?? this.pageItem(line, calls);
    return item?.value.session === session ? item : undefined;
  }

  private callItem(line: FlightLine): Extract<WhyItem, { on: "call" }> | undefined {
    if (line.type !== "syscall") return undefined;
    const cut = this.cutAt(line.seq, false);
    return { on: "call", seq: line.seq, wall_ms: line.time.wall_ms, value: line.value, ...cut };
  }

  private pageItem(line: FlightLine, calls: number): Extract<WhyItem, { on: "page" }> | undefined {
    if (line.type !== "page") return undefined;
    const { call } = line.value;
    const brought = call === undefined ? undefined : this.source.line(Number(call.slice(1)));
    const target = brought?.type === "syscall" && brought.value.call === call ? { target: brought.value.target } : {};
    const cut = this.cutAt(line.seq, call !== undefined && calls >= this.bounds.depth);
    return { on: "page", seq: line.seq, wall_ms: line.time.wall_ms, value: line.value, ...target, ...cut };
  }

  private cutAt(seq: number, isDeep: boolean): { readonly cut?: WhyCut } {
    if (this.shown.has(seq)) return { cut: "elsewhere" };
    this.shown.add(seq);
    return isDeep ? { cut: "depth" } : {};
  }
}

function idOf(line: FlightLine): string | undefined {
  if (line.type === "syscall") return line.value.call;
  return line.type === "page" ? line.value.page : undefined;
}

/** Found in no page as a whole, nor in parts: then it has no origins. */
function isComposed(match: Match): boolean {
  return match === "nowhere";
}

function argument(leaf: ProvenanceValue): WhyItem {
  return { on: "argument", leaf };
}

function missing(id: string): WhyItem {
  return { on: "missing", id };
}

function finished({ item, children, more }: Growing): WhyNode {
  return { ...item, children: children.map(finished), more };
}
