/** A recorded run in the hands of somebody who may write to the disk, and has not the key. */
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FlightEvent, FlightLine, ReceiptsValue } from "../../src/abi/event.js";
import { base64OfHex } from "../../src/base/base64.js";
import { encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { groupRoot, intentOf, receiptOf, type Intent } from "../../src/evidence/receipt.js";
import { nodeDigests } from "../../src/host/digests.js";
import { payloadPathOf } from "../../src/host/payload-store.js";
import { naiveLeaf, naiveRoot } from "../evidence/naive-tree.js";
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
  /** The lines with these events, hashed and chained anew, receipts and signed heads fitted to them: all but signed. */
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
  const texts: string[] = [];
  const intents = new Map<string, Intent>();
  let [prev, run] = [GENESIS, ""];
  for (const text of lines) {
    const line = JSON.parse(text) as FlightLine;
    if (line.type === "open") ({ run } = line.value);
    const event = fitted(edit(line), { texts, intents, run });
    const sealed = encodeLine(nodeDigests, event, { seq: line.seq, prev, time: line.time });
    if (event.type === "syscall") intents.set(event.value.call, intentOf(event.value, sealed.hash));
    prev = sealed.hash;
    texts.push(sealed.text);
  }
  return texts;
}

interface Before {
  readonly texts: readonly string[];
  readonly intents: ReadonlyMap<string, Intent>;
  readonly run: string;
}

/** What follows from the lines before, made so that it does. The signatures stay what they were: there is no key. */
function fitted(event: FlightEvent, before: Before): FlightEvent {
  if (event.type === "receipts") return { type: "receipts", value: fittedReceipts(event.value, before) };
  if (event.type !== "checkpoint") return event;
  const root = base64OfHex(naiveRoot(before.texts.map(naiveLeaf)));
  return { type: "checkpoint", value: { note: event.value.note.split("\n").with(2, root).join("\n") } };
}

function fittedReceipts(value: ReceiptsValue, { intents, run }: Before): ReceiptsValue {
  const made = value.receipts.map(({ call, expires_ms, expires_seq, nonce }) => {
    const intent = intents.get(call);
    if (intent === undefined) throw new Error(`no call ${call}`);
    return receiptOf(nodeDigests, intent, { expires_ms, expires_seq, nonce, run });
  });
  const digests = made.map(({ digest }) => digest);
  return { ...value, receipts: made.map(({ entry }) => entry), root: groupRoot(nodeDigests, digests) };
}
