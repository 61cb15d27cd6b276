/** A small valid run, written line by line, and ways to break it. */
import { isUtf8 } from "node:buffer";
import { createHash, createHmac, createPrivateKey, createPublicKey, sign, verify } from "node:crypto";
import type { FlightEvent } from "../../src/abi/event.js";
import { DOMAINS, type Digests } from "../../src/base/digest.js";
import { encodeLine, GENESIS } from "../../src/evidence/codec.js";
import type { Verifier, VerifierDeps, VerifyReport } from "../../src/evidence/verify.js";
import { createVerifier } from "../../src/evidence/verify.js";
import { sealStatement } from "../../src/evidence/seal.js";

export const digests: Digests = {
  sha256Hex: (data) => createHash("sha256").update(data).digest("hex"),
  hmacSha256Hex: (keyHex, text) => createHmac("sha256", Buffer.from(keyHex, "hex")).update(text).digest("hex"),
};

/** PKCS #8 and SubjectPublicKeyInfo of Ed25519 (RFC 8410), up to the raw key. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex");

export interface TestKey {
  readonly publicHex: string;
  readonly sign: (statement: string) => string;
}

/** A key from a one-byte seed: the same on every run, so that golden files stay as they are. */
export function testKey(seed: number): TestKey {
  const key = createPrivateKey({
    key: Buffer.concat([PKCS8, Buffer.alloc(32, seed)]),
    format: "der",
    type: "pkcs8",
  });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    publicHex: spki.subarray(SPKI.length).toString("hex"),
    sign: (statement) => sign(null, Buffer.from(statement), key).toString("hex"),
  };
}

export function verifySignature(publicKeyHex: string, statement: string, signatureHex: string): boolean {
  const spki = Buffer.concat([SPKI, Buffer.from(publicKeyHex, "hex")]);
  const key = createPublicKey({ key: spki, format: "der", type: "spki" });
  return verify(null, Buffer.from(statement), key, Buffer.from(signatureHex, "hex"));
}

export const RUN_KEY = testKey(7);
export const RUN = "20261121T035413Z-0123456789ab";
const START = Date.UTC(2026, 10, 21, 3, 54, 13);
const SOURCE = 'version = 1\n\n[[rules]]\nid = "read-only"\n';
const PINS = '{"servers":[]}';
export const POLICY = digests.sha256Hex(DOMAINS.policy + SOURCE);

/** A commitment to stand in a line; what it commits to does not matter here. */
export function commit(bytes: number): { commitment: string; bytes: number } {
  return { commitment: digests.sha256Hex(String(bytes)), bytes };
}

export function openEvent(publicKey: string = RUN_KEY.publicHex): FlightEvent {
  return {
    type: "open",
    value: {
      format: "agentk-flight/1",
      run: RUN,
      agentk: "0.1.0",
      agent: "agent://desk",
      server: "files",
      command: commit(31),
      limits: { in_flight: 256, line_bytes: 10_485_760, client_messages: 10_000, response_timeout_ms: 30_000 },
      durable_from: "high",
      payloads: "none",
      public_key: publicKey,
    },
  };
}

export function policyEvent(): FlightEvent {
  return { type: "policy", value: { name: "guard", sha256: POLICY, source: SOURCE } };
}

export function pinsEvent(): FlightEvent {
  return { type: "pins", value: { name: "agentk.lock", sha256: digests.sha256Hex(DOMAINS.pins + PINS), source: PINS } };
}

export function sessionEvent(): FlightEvent {
  return { type: "session", value: { session: "s1", fact: "initialize", protocol: "2025-11-25" } };
}

type SyscallEvent = Extract<FlightEvent, { type: "syscall" }>;

export function callEvent(seq: number, verdict: "allow" | "deny", target = "files/read_file"): SyscallEvent {
  const isAllowed = verdict === "allow";
  return {
    type: "syscall",
    value: {
      call: `c${String(seq)}`,
      session: "s1",
      agent: "agent://desk",
      server: "files",
      from: "client",
      kind: "tool.invoke",
      target,
      arguments: commit(24),
      labels: isAllowed ? ["trusted"] : ["external", "untrusted"],
      risk: "medium",
      decision: isAllowed
        ? { verdict, rule: "read-only", reason: "policy-allow" }
        : { verdict, rule: "default-deny", reason: "no-rule" },
      policy: POLICY,
    },
  };
}

export function pageEvent(seq: number, call?: string): FlightEvent {
  return {
    type: "page",
    value: {
      page: `p${String(seq)}`,
      session: "s1",
      server: "files",
      method: "tools/call",
      ...(call === undefined ? {} : { call }),
      labels: ["external", "untrusted"],
      signs: [],
      content: commit(512),
      delivery: { verdict: "allow", rule: "read-only", reason: "policy-allow" },
    },
  };
}

export function outcomeEvent(call: string, page?: string): FlightEvent {
  return { type: "outcome", value: { call, session: "s1", status: "ok", ...(page === undefined ? {} : { page }) } };
}

type CloseEvent = Extract<FlightEvent, { type: "close" }>;

export function closeEvent(value: Partial<CloseEvent["value"]> = {}): CloseEvent {
  return { type: "close", value: { reason: "eof", lines: 1, allowed: 0, denied: 0, strays: 0, ...value } };
}

/** Open, policy, session, an allowed call with page and outcome, a denied call. Not closed. */
export function bodyEvents(): readonly FlightEvent[] {
  return [
    openEvent(),
    policyEvent(),
    sessionEvent(),
    callEvent(3, "allow"),
    pageEvent(4, "c3"),
    outcomeEvent("c3", "p4"),
    callEvent(6, "deny", "files/write_file"),
  ];
}

/** Events as chained lines, one millisecond apart. */
export function chainOf(
  events: readonly FlightEvent[],
  clock: (seq: number) => number = (seq) => seq * 1000,
): string[] {
  let prev = GENESIS;
  return events.map((event, seq) => {
    const line = encodeLine(digests, event, { seq, prev, time: { mono_us: clock(seq), wall_ms: START + seq } });
    prev = line.hash;
    return line.text;
  });
}

/** Closes a log with its true counts, or with what `value` says instead, and a seal by `key` over it, or with none. */
export function closeLog(
  events: readonly FlightEvent[],
  key: TestKey | "unsigned" = RUN_KEY,
  value: Partial<CloseEvent["value"]> = {},
): string[] {
  const count = (verdict: string): number =>
    events.filter((event) => event.type === "syscall" && event.value.decision.verdict === verdict).length;
  const lines = events.length + 1;
  const stated = { lines, allowed: count("allow"), denied: count("deny"), ...value };
  const unsealed = chainOf([...events, closeEvent(stated)]);
  if (key === "unsigned") return unsealed;
  return chainOf([...events, closeEvent({ ...stated, seal: key.sign(sealStatement(RUN, headOf(unsealed))) })]);
}

/** The valid log that tests start from: eight sealed lines. */
export function buildLog(): string[] {
  return closeLog(bodyEvents());
}

export function headOf(lines: readonly string[]): string {
  const last = lines.at(-1);
  return last === undefined ? GENESIS : parse(last).hash;
}

interface Parsed {
  hash: string;
  prev: string;
  seq: number;
  time: { mono_us: number; wall_ms: number };
}

export function parse(line: string): Parsed & FlightEvent {
  return JSON.parse(line) as Parsed & FlightEvent;
}

/** Makes the chain anew, sequence numbers included, as anybody without the key can. */
export function rehash(lines: readonly string[]): string[] {
  let prev = GENESIS;
  return lines.map((text, seq) => {
    const { time, ...event } = parse(text);
    const line = encodeLine(digests, { type: event.type, value: event.value } as FlightEvent, { seq, prev, time });
    prev = line.hash;
    return line.text;
  });
}

/** The line with its own hash made anew over the very bytes that it has, whatever they are: anybody can. */
export function restated(line: string): string {
  return `${line.slice(0, 9)}${digests.sha256Hex(`${DOMAINS.line}{${line.slice(75)}`)}${line.slice(73)}`;
}

export function newVerifier(more: Partial<VerifierDeps> = {}): Verifier {
  return createVerifier({ digests, verifySignature, ...more });
}

export function verifyLines(lines: readonly string[], more: Partial<VerifierDeps> = {}): VerifyReport {
  const verifier = newVerifier(more);
  for (const line of lines) verifier.line(line);
  return verifier.end();
}

/** A log from its bytes, as the command reads it: lines split at newlines, UTF-8 checked, the rest a torn tail. */
export function verifyBytes(bytes: Buffer, more: Partial<VerifierDeps> = {}): VerifyReport {
  const verifier = newVerifier(more);
  let start = 0;
  for (let end = bytes.indexOf(10); end !== -1; end = bytes.indexOf(10, start)) {
    const line = bytes.subarray(start, end);
    if (isUtf8(line)) verifier.line(line.toString("utf8"));
    else verifier.fault("not-utf8", "is not UTF-8");
    start = end + 1;
  }
  if (start < bytes.length) verifier.fault("torn-tail", "bytes after the last newline");
  return verifier.end();
}

export function fileOf(lines: readonly string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\n`).join(""));
}

/** `code@line` of each finding, in order. */
export function findingsOf(report: VerifyReport): string[] {
  return report.findings.map(({ code, line }) => `${code}@${line === undefined ? "-" : String(line)}`);
}
