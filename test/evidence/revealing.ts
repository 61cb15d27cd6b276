/** A log of version 3 with its values' commitments, written by the rules and without a recorder; and its journal. */
import { writeFileSync } from "node:fs";
import type { FlightEvent } from "../../src/abi/event.js";
import type { PayloadSlot } from "../../src/abi/payload.js";
import { canonicalJson } from "../../src/base/canonical.js";
import type { JsonValue } from "../../src/base/json.js";
import { checkpointOf } from "../../src/evidence/checkpoint.js";
import { encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { commitmentOf } from "../../src/evidence/commitment.js";
import { loadOrCreateOperatorKey } from "../../src/host/operator-key.js";
import { createPayloadStore, payloadPathOf } from "../../src/host/payload-store.js";
import { callEvent, digests, fileOf, openEvent, pageEvent, policyEvent, RUN, RUN_KEY } from "./fixture.js";
import { naiveLeaf, naiveRoot } from "./naive-tree.js";

/** Values that must be found in no file but where they are shown. */
export const ARGUMENTS = {
  amount: 120,
  iban: "DE89-3704-0044-0532",
  "no/te~#!": { text: 'for the flat, "quoted" {[,]}' },
  pin: "4711",
  rate: 1e20,
};
export const SENT = { amount: 120, to: "ESCROW-9" };
export const CONTENT = { rows: [{ balance: "CONFIDENTIAL-81.50" }] };
export const INTENT = "pay the rent of November";
export const WIDE = Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`k${String(i)}`, `wide-${String(i)}`]));

export interface Journalled {
  readonly seq: number;
  readonly slot: PayloadSlot;
  readonly canonical: string;
}

export interface RevealingLog {
  readonly lines: readonly string[];
  readonly values: readonly Journalled[];
}

interface Making {
  readonly secret: string;
  readonly format?: "agentk-flight/2" | "agentk-flight/3" | "agentk-flight/4";
}

/** Line 2 has arguments, an intent and what was sent; 3 a page; 4 too many arguments; 5 none; 6 signs all before it. */
export function revealingLog({ secret, format = "agentk-flight/4" }: Making): RevealingLog {
  const values: Journalled[] = [];
  const commit = (seq: number, slot: PayloadSlot, value: JsonValue): { bytes: number; commitment: string } => {
    const canonical = canonicalJson(value);
    values.push({ seq, slot, canonical });
    const byMember = format !== "agentk-flight/2";
    const commitment = commitmentOf(digests, { secret, seq, slot, canonical, byMember });
    return { bytes: Buffer.byteLength(canonical), commitment };
  };
  const open = openEvent();
  const call = callEvent(2, "deny");
  const page = pageEvent(3);
  const claims = { labels: [], capabilities: 0, intent: commit(2, "intent", INTENT) };
  const paid = { arguments: commit(2, "arguments", ARGUMENTS), sent: commit(2, "sent", SENT), claims };
  const events: unknown[] = [
    { ...open, value: { ...open.value, format, payloads: "sealed", command: commit(0, "command", ["srv", "--x"]) } },
    policyEvent(),
    { ...call, value: { ...call.value, ...paid } },
    { ...page, value: { ...page.value, content: commit(3, "content", CONTENT) } },
    { ...call, value: { ...call.value, call: "c4", arguments: commit(4, "arguments", WIDE) } },
    { ...call, value: { ...call.value, call: "c5", arguments: commit(5, "arguments", {}) } },
  ];
  return { lines: withCheckpoint(events as FlightEvent[]), values };
}

function withCheckpoint(events: readonly FlightEvent[]): readonly string[] {
  const texts: string[] = [];
  let prev = GENESIS;
  const add = (event: FlightEvent): void => {
    const time = { mono_us: texts.length * 1000, wall_ms: 1_700_000_000_000 + texts.length };
    const line = encodeLine(digests, event, { seq: texts.length, prev, time });
    prev = line.hash;
    texts.push(line.text);
  };
  for (const event of events) add(event);
  const root = naiveRoot(texts.map(naiveLeaf));
  const head = checkpointOf(digests, { publicKey: RUN_KEY.publicHex, run: RUN, size: texts.length, root });
  add({ type: "checkpoint", value: { note: head.note(RUN_KEY.sign(head.statement)) } });
  add({ type: "session", value: { session: "s1", fact: "ready" } });
  return texts;
}

/** The log and its journal as files, under the operator's key of `env`. Hands back the run's secret. */
export function writeRevealing(file: string, env: NodeJS.ProcessEnv, format?: Making["format"]): string {
  const store = createPayloadStore(payloadPathOf(file), RUN, loadOrCreateOperatorKey(env).key);
  const { secret } = store;
  const { lines, values } = revealingLog({ secret, ...(format === undefined ? {} : { format }) });
  for (const value of values) store.put(value);
  store.close();
  writeFileSync(file, fileOf(lines));
  return secret;
}
