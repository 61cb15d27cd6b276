/** A recorded run in the hands of somebody who may write to the disk, and has not the key. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FlightEvent, FlightLine } from "../../src/abi/event.js";
import { encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { nodeDigests } from "../../src/host/digests.js";
import { payloadPathOf } from "../../src/host/payload-store.js";
import { wholeLines } from "./recorded.js";
import { startScripted } from "./scripted-proxy.js";

/** The policy of the run: everything but `hang`. */
export const POLICY = `
[[rules]]
id = "no-hang"
effect = "deny"
reason = "it never answers"
[rules.when]
syscalls = ["tool.invoke"]
tool = "hang"

[[rules]]
id = "rest"
effect = "allow"
reason = "a test"
[rules.when]
syscalls = ["tool.describe", "tool.invoke", "tool.response"]

[[rules]]
id = "default-deny"
effect = "deny"
reason = "nothing else"
`;

export interface ForgedRun {
  /** The log as it was recorded: two calls of `echo` done, one of `hang` refused. */
  readonly log: string;
  readonly lines: readonly string[];
  /** A folder for what is damaged: nothing in it is replayed after all tests. */
  readonly folder: string;
  /** Writes a damaged log, the run's journal beside it. */
  readonly write: (bytes: Buffer | readonly string[]) => string;
  /** The lines with these events, hashed and chained anew. */
  readonly rechained: (edit: (line: FlightLine) => FlightEvent) => readonly string[];
}

export async function recordToForge(): Promise<ForgedRun> {
  const { proxy } = startScripted("forged", { policy: POLICY });
  await proxy.handshake();
  await proxy.request("tools/list");
  await proxy.call("echo", { amount: 1 });
  await proxy.call("hang", {});
  await proxy.call("echo", { amount: 2 });
  await proxy.close();
  const { log } = proxy;
  const folder = join(proxy.cwd, "tampered");
  mkdirSync(folder);
  const lines = wholeLines(log);
  let copies = 0;
  const write = (bytes: Buffer | readonly string[]): string => {
    const copy = join(folder, `${String(copies++)}.jsonl`);
    writeFileSync(copy, Buffer.isBuffer(bytes) ? bytes : bytes.map((line) => `${line}\n`).join(""));
    copyFileSync(payloadPathOf(log), payloadPathOf(copy));
    return copy;
  };
  return { log, lines, folder, write, rechained: (edit) => rechain(lines, edit) };
}

function rechain(lines: readonly string[], edit: (line: FlightLine) => FlightEvent): readonly string[] {
  let prev = GENESIS;
  return lines.map((text) => {
    const line = JSON.parse(text) as FlightLine;
    const sealed = encodeLine(nodeDigests, edit(line), { seq: line.seq, prev, time: line.time });
    prev = sealed.hash;
    return sealed.text;
  });
}
