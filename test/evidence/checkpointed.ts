/** A log with checkpoint lines, written by the rules of docs/formats/checkpoints.md and no code of the recorder's. */
import type { FlightEvent } from "../../src/abi/event.js";
import { encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { checkpointOf } from "../../src/evidence/checkpoint.js";
import { callEvent, digests, openEvent, policyEvent, RUN, RUN_KEY, type TestKey } from "./fixture.js";
import { naiveLeaf, naiveRoot } from "./naive-tree.js";

export interface CheckpointedOptions {
  readonly lines: number;
  /** The sequence numbers of the checkpoint lines. */
  readonly at: readonly number[];
  readonly key?: TestKey;
  readonly run?: string;
  /** From this line on the calls are to another file: another history. */
  readonly forkAt?: number;
}

/** Denied calls after an open and a policy line, with checkpoints among them. Not closed. */
export function checkpointedLog({ lines, at, key = RUN_KEY, run = RUN, forkAt }: CheckpointedOptions): string[] {
  const texts: string[] = [];
  let prev = GENESIS;
  for (let seq = 0; seq < lines; seq++) {
    const target = forkAt !== undefined && seq >= forkAt ? "files/other" : "files/write_file";
    const event = at.includes(seq) ? checkpointEvent(texts, key, run) : bodyEvent(seq, target, key, run);
    const time = { mono_us: seq * 1000, wall_ms: 1_700_000_000_000 + seq };
    const line = encodeLine(digests, event as FlightEvent, { seq, prev, time });
    prev = line.hash;
    texts.push(line.text);
  }
  return texts;
}

function bodyEvent(seq: number, target: string, key: TestKey, run: string): unknown {
  if (seq === 1) return policyEvent();
  if (seq > 1) return callEvent(seq, "deny", target);
  const open = openEvent(key.publicHex);
  return { ...open, value: { ...open.value, run } };
}

function checkpointEvent(texts: readonly string[], key: TestKey, run: string): unknown {
  return { type: "checkpoint", value: { note: noteOver(texts, key, run) } };
}

export function noteOver(texts: readonly string[], key: TestKey = RUN_KEY, run = RUN): string {
  const root = naiveRoot(texts.map(naiveLeaf));
  const unsigned = checkpointOf(digests, { publicKey: key.publicHex, run, size: texts.length, root });
  return unsigned.note(key.sign(unsigned.statement));
}
