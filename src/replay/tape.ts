/** The tape: from a recorded line back to the input that made it. Values come from the journal where it has them. */
import { isJsonObject } from "../base/json.js";
import type { CloseValue, FlightLine, Instant, OpenValue, PageValue, SyscallValue } from "../abi/event.js";
import type { Commit, Payload, PayloadSlot, Withheld } from "../abi/payload.js";
import type { Claims, Input, RecordedFacts, Refusal, SyscallRequest } from "../abi/request.js";
import { isSyscallName } from "../abi/syscalls.js";
import { parseNote } from "../evidence/note.js";
import { SYSCALLS } from "../kernel/table.js";

/** The journal as a replay reads it. */
export interface PayloadSource {
  /** The secret of the commitments' salts, hex. */
  readonly secret: string;
  readonly get: (seq: number, slot: PayloadSlot) => string | undefined;
}

const REFUSALS: ReadonlySet<string> = new Set<Refusal>(["malformed", "no-contract", "lifecycle", "message-limit"]);

/**
 * Rebuilds inputs from lines, and counts how many values were open (recomputed and compared) or sealed (taken as recorded).
 */
export class Tape {
  opened = 0;
  sealed = 0;
  private readonly source: PayloadSource | undefined;

  constructor(source: PayloadSource | undefined) {
    this.source = source;
  }

  /** The input behind a line; `undefined` when its target is redacted and no journal gives it back. */
  input(line: FlightLine): Input | undefined {
    const at = line.time;
    if (isFactLine(line)) return factInput(line, at);
    switch (line.type) {
      case "open":
        return { type: "open", at, run: this.run(line.value), secret: this.source?.secret };
      case "policy":
      case "pins":
        return { type: line.type, at, name: line.value.name, source: line.value.source };
      case "syscall":
        return this.syscall(line.value, line);
      case "page":
        return { type: "page", at, page: this.page(line.value, line.seq) };
      case "close":
        return { type: "close", at, close: this.close(line.value, line.seq) };
    }
  }

  private payload(seq: number, slot: PayloadSlot, commit: Commit, page?: RecordedPage): Payload {
    const canonical = this.source?.get(seq, slot);
    const labels = page === undefined ? {} : { labels: page.labels, withheld: withheldIn(page) };
    if (canonical === undefined) {
      this.sealed++;
      return { kind: "sealed", ...commit, signs: page?.signs ?? [], ...labels };
    }
    this.opened++;
    return { kind: "open", canonical, ...labels };
  }

  private run(value: OpenValue): Extract<Input, { type: "open" }>["run"] {
    return { ...value, command: this.payload(0, "command", value.command) };
  }

  private page(value: PageValue, seq: number): Extract<Input, { type: "page" }>["page"] {
    const { session, server, method, call } = value;
    const content = this.payload(seq, "content", value.content, value);
    return { session, server, method, content, ...(call === undefined ? {} : { call }) };
  }

  private close(value: CloseValue, seq: number): Extract<Input, { type: "close" }>["close"] {
    // Only what the boundary said: the counts are the kernel's to make again.
    const { reason, strays, stderr, stderr_bytes, seal } = value;
    return {
      reason,
      strays,
      ...(stderr_bytes === undefined ? {} : { stderr_bytes }),
      ...(seal === undefined ? {} : { seal }),
      ...(stderr === undefined ? {} : { stderr: this.payload(seq, "stderr", stderr) }),
    };
  }

  private syscall(value: SyscallValue, line: FlightLine): Input | undefined {
    const subject = this.subject(value, line.seq);
    if (subject === undefined) return undefined;
    const { session, agent, server, from, kind, claims, handle } = value;
    const reason = value.decision.reason;
    const request: SyscallRequest = {
      session,
      agent,
      server,
      from,
      kind,
      subject,
      ...(value.arguments === undefined ? {} : { arguments: this.payload(line.seq, "arguments", value.arguments) }),
      ...(claims === undefined ? {} : { claims: this.claims(claims, line.seq) }),
      ...(handle === undefined ? {} : { handle }),
      recorded: recordedFacts(value),
      ...(kind === "unknown" && REFUSALS.has(reason) ? { refusal: reason as Refusal } : {}),
    };
    return { type: "syscall", at: line.time, request };
  }

  private claims(value: NonNullable<SyscallValue["claims"]>, seq: number): Claims {
    const { labels, capabilities, intent } = value;
    return { labels, capabilities, ...(intent === undefined ? {} : { intent: this.payload(seq, "intent", intent) }) };
  }

  private subject(value: SyscallValue, seq: number): Readonly<Record<string, unknown>> | undefined {
    if (!isSyscallName(value.kind)) return { name: value.target };
    const row = SYSCALLS[value.kind];
    if (!row.isRedacted) {
      const whole = row.subjectOf(value.target, value.server);
      // No kernel writes such a line: taking it for one that merely cannot be judged would let a forgery through.
      if (whole === undefined) throw new Error(`\`${value.kind}\` has a target that is not of its server`);
      return whole;
    }
    if (value.subject === undefined) throw new Error(`\`${value.kind}\` has no commitment to its subject`);
    const canonical = this.source?.get(seq, "subject");
    if (canonical === undefined) return undefined;
    const subject: unknown = JSON.parse(canonical);
    return isJsonObject(subject) ? subject : undefined;
  }
}

type RecordedPage = Pick<PageValue, "signs" | "labels" | "changes">;

/** The descriptors that the line says were taken out of its page. */
function withheldIn({ changes = [] }: RecordedPage): readonly Withheld[] {
  return changes.flatMap(({ kind, path, reason }) =>
    kind === "withhold" && path !== undefined && reason !== undefined ? [{ path, reason }] : [],
  );
}

/** What the line says of values that may not be at hand. The kernel goes by it only where they are not. */
function recordedFacts(value: SyscallValue): RecordedFacts {
  const { held = [], failed = [] } = value.facts ?? {};
  const facts = [...held.map((key) => [key, true] as const), ...failed.map((key) => [key, false] as const)];
  return {
    provenance: value.provenance ?? [],
    moreLeaves: value.more_leaves ?? 0,
    facts: new Map(facts),
    sent: value.sent,
  };
}

type FactLine = Extract<
  FlightLine,
  {
    readonly type: "session" | "approval" | "release" | "receipts" | "outcome" | "checkpoint" | "key" | "recovery";
  }
>;

const OF_VALUES: ReadonlySet<string> = new Set(["open", "policy", "pins", "syscall", "page", "close"]);

function isFactLine(line: FlightLine): line is FactLine {
  return !OF_VALUES.has(line.type);
}

/** A line that holds no value: the input is what it says. */
function factInput(line: FactLine, at: Instant): Input {
  switch (line.type) {
    case "session":
      return { type: "session", at, note: line.value };
    case "approval":
      return { type: "approval", at, approval: line.value };
    case "release":
      return { type: "release", at, release: line.value };
    case "receipts":
      return { type: "receipts", at, claims: line.value.receipts, signature: line.value.signature };
    case "outcome":
      return { type: "outcome", at, outcome: line.value };
    case "checkpoint":
      return { type: "checkpoint", at, signature: signatureIn(line.value.note) };
    case "key":
      return { type: "key", at, key: line.value };
    case "recovery":
      return { type: "recovery", at, ...line.value };
  }
}

/** @throws Error when it is no signed note: no kernel writes such a line. */
function signatureIn(text: string): string {
  const note = parseNote(text);
  const [first] = note.ok ? note.value.signatures : [];
  if (first === undefined) throw new Error("`checkpoint` is no signed note");
  return first.signature;
}
