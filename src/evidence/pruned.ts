/** Pruned logs, `agentk-pruned/1`: the first line of a log whose beginning was left out, and what stands in it for that. */
import { canonicalJson } from "../base/canonical.js";
import type { Digests } from "../base/digest.js";
import { MAX_LOG_LINE_BYTES } from "../base/limits.js";
import { err, ok, type Result } from "../base/result.js";
import { integer, listOf, oneOf, record, text, type ShapeType } from "../base/shape.js";
import type { EventType, FlightLine } from "../abi/event.js";
import { HEX64 } from "../abi/payload.js";
import { decodeLine } from "./codec.js";
import { leafHash, rootOf, verifyInclusion, type Tree } from "./merkle.js";

export const PRUNED_FORMAT = "agentk-pruned/1";

/** `format` is the first member in RFC 8785 order; a line of a flight log begins with `hash`. */
const MARK = '{"format":"agentk-pruned/';

/** The `open` line and the policy are two lines; a log that is pruned has them. */
const LEAST_LINES = 2;

/** Changes of key that a header keeps. With a policy of the largest size the header still is within a line's bound. */
export const MAX_KEPT_KEYS = 16;

const hash = text({ form: HEX64 });
const keptShape = record({ line: text({ max: MAX_LOG_LINE_BYTES }), path: listOf(hash, 54) });
const headerShape = record({
  format: oneOf([PRUNED_FORMAT]),
  keys: listOf(keptShape, MAX_KEPT_KEYS),
  open: keptShape,
  peaks: listOf(hash, 54),
  policy: keptShape,
  prev: hash,
  size: integer(LEAST_LINES),
});

/** A line that a header keeps whole, and its audit path in the tree over the lines that are gone. */
export type KeptLine = ShapeType<typeof keptShape>;
export type PrunedHeader = ShapeType<typeof headerShape>;

type LineOf<T extends EventType> = Extract<FlightLine, { readonly type: T }>;

/** A header that agrees with itself. INVARIANT: it is worth nothing until a signed checkpoint states the tree's root. */
export interface PrunedStart {
  /** Over the lines that are gone. */
  readonly tree: Tree;
  /** Hash of the last of them. */
  readonly prev: string;
  readonly open: LineOf<"open">;
  readonly policy: LineOf<"policy">;
  /** Every change of key among them, in order. */
  readonly keys: readonly LineOf<"key">[];
}

/** Is this line meant as the header of a pruned log? */
export function isPrunedHeader(line: string): boolean {
  return line.startsWith(MARK);
}

/** The header as a line, without its newline. */
export function writePrunedHeader(header: PrunedHeader): string {
  return canonicalJson(header);
}

/** Reads the members of a header strictly. The error is the end of a sentence. Attacker-controlled: the line. */
export function parsePrunedHeader(line: string): Result<PrunedHeader, string> {
  if (line.length > MAX_LOG_LINE_BYTES) return err("is longer than a line may be");
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    return err("is not JSON");
  }
  const fault = headerShape.check(parsed, "");
  if (fault !== undefined) return err(`${fault.path} ${fault.problem}`);
  const header = parsed as PrunedHeader;
  return isCanonical(header, line) ? ok(header) : err("is not in RFC 8785 form");
}

/** Reads a header, and checks that the lines it keeps stand in the tree that it states. Attacker-controlled: the line. */
export function readPrunedStart(digests: Digests, line: string): Result<PrunedStart, string> {
  const read = parsePrunedHeader(line);
  if (!read.ok) return read;
  const { keys, open, peaks, policy, prev, size } = read.value;
  if (peaks.length !== peakHeights(size).length) return err("has not the peaks of a tree of its size");
  const within = new KeptLines(digests, { size, peaks });
  const lines = [
    within.line(open, "open"),
    within.line(policy, "policy"),
    ...keys.map((key) => within.line(key, "key")),
  ];
  const [first, second, ...changes] = lines;
  if (within.fault !== undefined) return err(within.fault);
  if (first?.type !== "open" || second?.type !== "policy") return err("keeps no `open` and no `policy` line");
  if (first.value.format === "agentk-flight/1" || first.value.format === "agentk-flight/2")
    return err("is of a log whose version has no signed heads");
  // The order is the only one there is: each change is signed by the key before it.
  const known = changes.filter((change) => change?.type === "key");
  return ok({ tree: { size, peaks }, prev, open: first, policy: second, keys: known });
}

/** Checks kept lines one by one and remembers the first fault. */
class KeptLines {
  fault: string | undefined;
  private readonly digests: Digests;
  private readonly tree: Tree;
  private readonly root: string;

  constructor(digests: Digests, tree: Tree) {
    this.digests = digests;
    this.tree = tree;
    this.root = rootOf(digests, tree);
  }

  line(kept: KeptLine, type: "open" | "policy" | "key"): FlightLine | undefined {
    const read = decodeLine(this.digests, kept.line);
    const fault = read.ok ? this.faultOf(kept, read.value, type) : read.error.detail;
    if (fault !== undefined) this.fault ??= `its \`${type}\` line ${fault}`;
    return read.ok ? read.value : undefined;
  }

  private faultOf(kept: KeptLine, { type, seq }: FlightLine, due: EventType): string | undefined {
    if (type !== due) return `is a \`${type}\` line`;
    if (type === "open" && seq !== 0) return "is not the first line";
    const claim = { leaf: leafHash(this.digests, kept.line), index: seq, size: this.tree.size };
    if (verifyInclusion(this.digests, { ...claim, root: this.root, path: kept.path })) return undefined;
    return "does not stand in the tree of the lines that are gone";
  }
}

/** The heights of the perfect subtrees that a tree of `size` leaves is made of, the largest first. */
export function peakHeights(size: number): readonly number[] {
  const heights: number[] = [];
  for (let left = size, height = 0; left > 0; left = Math.floor(left / 2), height++)
    if (left % 2 === 1) heights.unshift(height);
  return heights;
}

/** The height of the perfect subtree that a leaf stands in: so long is the part of its path that growth never changes. */
export function heightAt(index: number, size: number): number {
  let end = 0;
  for (const height of peakHeights(size)) {
    end += 2 ** height;
    if (index < end) return height;
  }
  throw new RangeError(`no leaf ${String(index)} in a tree of ${String(size)}`);
}

function isCanonical(header: PrunedHeader, line: string): boolean {
  try {
    return writePrunedHeader(header) === line;
  } catch {
    return false;
  }
}
