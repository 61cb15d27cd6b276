/**
 * A witness's state as text: `agentk-witness-state/1 KEY DIGEST`, then `SIZE ROOT ORIGIN` for each log. The digest is
 * SHA-256 over a domain, the key and the lines, so that damage is found; it keeps nobody from writing another state.
 */
import { DOMAINS, type Digests } from "../base/digest.js";
import { err, ok, type Result } from "../base/result.js";
import { MAX_LOGS, type TreeHead, type WitnessState } from "./witness-state.js";

const FORMAT = "agentk-witness-state/1";
const HEAD_FORM = /^agentk-witness-state\/1 (?<key>[0-9a-f]{64}) (?<digest>[0-9a-f]{64})$/;
const LINE_FORM = /^(?<size>0|[1-9]\d{0,15}) (?<root>[0-9a-f]{64}) (?<origin>[^\n]+)$/u;

/** The state, bound to the public key (hex) of the witness that it is of. */
export function writeState(digests: Digests, publicKey: string, state: WitnessState): string {
  let lines = "";
  for (const [origin, { size, root }] of state) lines += `${String(size)} ${root} ${origin}\n`;
  return `${FORMAT} ${publicKey} ${digestOf(digests, publicKey, lines)}\n${lines}`;
}

/** Reads a state of this witness whole or not at all. The error says what is wrong, as the end of a sentence. */
export function parseState(digests: Digests, publicKey: string, text: string): Result<Map<string, TreeHead>, string> {
  const end = text.indexOf("\n");
  const { key, digest } = HEAD_FORM.exec(text.slice(0, Math.max(end, 0)))?.groups ?? {};
  if (key === undefined || digest === undefined) return err("is not the state of a witness");
  if (key !== publicKey) return err("is the state of a witness with another key");
  const lines = text.slice(end + 1);
  if (digestOf(digests, key, lines) !== digest) return err("is damaged: it has not the digest it states");
  return parseLogs(lines);
}

function parseLogs(lines: string): Result<Map<string, TreeHead>, string> {
  const state = new Map<string, TreeHead>();
  // A last line that was cut short, or an origin that was, is not what was written.
  if (lines !== "" && !lines.endsWith("\n")) return err("ends within a line");
  for (const line of lines === "" ? [] : lines.slice(0, -1).split("\n", MAX_LOGS + 1)) {
    const read = parseLog(line);
    if (read === undefined || state.has(read.origin)) return err("has a line of another form, or a log twice");
    state.set(read.origin, read.head);
  }
  return state.size > MAX_LOGS ? err("has more logs than a witness holds") : ok(state);
}

function parseLog(line: string): { readonly origin: string; readonly head: TreeHead } | undefined {
  const { size, root, origin } = LINE_FORM.exec(line)?.groups ?? {};
  if (root === undefined || origin === undefined || !Number.isSafeInteger(Number(size))) return undefined;
  return { origin, head: { size: Number(size), root } };
}

function digestOf(digests: Digests, publicKey: string, lines: string): string {
  return digests.sha256Hex(`${DOMAINS.witness}${publicKey}\n${lines}`);
}
