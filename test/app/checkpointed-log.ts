/** Logs with signed checkpoints, and forks of them: what a witness and those who ask one are shown. */
import { writeFileSync } from "node:fs";
import type { FlightEvent } from "../../src/abi/event.js";
import { checkpointOf, originOf } from "../../src/evidence/checkpoint.js";
import { encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { consistencyRanges, ProofBuilder } from "../../src/evidence/merkle-proof.js";
import { EMPTY_TREE, grown, leafHash, rootOf, type Tree } from "../../src/evidence/merkle.js";
import { digests, openEvent, RUN, RUN_KEY, type TestKey } from "../evidence/fixture.js";

export const ORIGIN = originOf(digests, RUN_KEY.publicHex, RUN);

export interface TestLog {
  readonly lines: readonly string[];
  /** The notes of its checkpoints, by their size. */
  readonly notes: ReadonlyMap<number, string>;
}

export interface TestLogOptions {
  /** Lines, checkpoints included. */
  readonly lines: number;
  /** Sizes at which a checkpoint stands. */
  readonly at: readonly number[];
  /** The line that this history has in another form. */
  readonly fork?: number;
  readonly key?: TestKey;
}

/** A log; two of them with other `lines` and `at` beyond a point are the same up to there. */
export function testLog({ lines: count, at, fork, key = RUN_KEY }: TestLogOptions): TestLog {
  const lines: string[] = [];
  const notes = new Map<number, string>();
  let tree: Tree = EMPTY_TREE;
  let prev = GENESIS;
  for (let seq = 0; seq < count; seq++) {
    if (at.includes(seq)) notes.set(seq, noteOf(tree, key));
    const event = eventAt(seq, { note: notes.get(seq), isForked: seq === fork, key });
    const line = encodeLine(digests, event, { seq, prev, time: { mono_us: seq, wall_ms: 1_790_000_000_000 + seq } });
    prev = line.hash;
    lines.push(line.text);
    tree = grown(digests, tree, leafHash(digests, line.text));
  }
  return { lines, notes };
}

function eventAt(
  seq: number,
  { note, isForked, key }: { note: string | undefined; isForked: boolean; key: TestKey },
): FlightEvent {
  if (seq === 0) return openEvent(key.publicHex);
  if (note !== undefined) return { type: "checkpoint", value: { note } } as unknown as FlightEvent;
  return { type: "session", value: { session: isForked ? "s2" : "s1", fact: "ping" } };
}

export function noteOf(tree: Tree, key: TestKey = RUN_KEY, run = RUN): string {
  const head = { publicKey: key.publicHex, run, size: tree.size, root: rootOf(digests, tree) };
  const { statement, note } = checkpointOf(digests, head);
  return note(key.sign(statement));
}

/** The note of a log at a size that it has a checkpoint of. */
export function noteAt(log: TestLog, size: number): string {
  const note = log.notes.get(size);
  if (note === undefined) throw new Error(`no checkpoint of ${String(size)}`);
  return note;
}

/** The consistency proof between two sizes of a log. */
export function growth(log: TestLog, oldSize: number, size: number): readonly string[] {
  const builder = new ProofBuilder(digests, consistencyRanges(oldSize, size));
  for (const line of log.lines.slice(0, size)) builder.leaf(leafHash(digests, line));
  return builder.roots() ?? [];
}

export function writeLog(path: string, log: TestLog): string {
  writeFileSync(path, log.lines.map((line) => `${line}\n`).join(""));
  return path;
}
