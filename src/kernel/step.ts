/**
 * The kernel: `step(state, input)`, pure and synchronous. One input makes one line of the log; the new state is
 * the fold of that line and of the values behind it, so live runs and replays cannot differ. No I/O, clock or
 * randomness of its own.
 */
import { DOMAINS } from "../base/digest.js";
import { mayPass } from "../abi/decision.js";
import type { FlightEvent } from "../abi/event.js";
import type { PayloadRecord } from "../abi/payload.js";
import type { Input } from "../abi/request.js";
import { RISKS } from "../abi/syscalls.js";
import { encodeLine } from "../evidence/codec.js";
import { approvalStep, releaseValue } from "./operator.js";
import { Committer } from "./commit.js";
import { foldLine, type FoldParts } from "./fold.js";
import { draftCheckpoint } from "./checkpoint.js";
import { foldHistory } from "./history.js";
import type { Made, Making } from "./made.js";
import { pageStep } from "./page.js";
import { draftReceipts } from "./receipts.js";
import type { State } from "./state.js";
import { syscallStep } from "./syscall.js";
import { withoutCallContext } from "./values.js";

export type KernelParts = FoldParts;

export interface Step {
  readonly state: State;
  readonly event: FlightEvent;
  /** The event as one line of the log, without its newline. */
  readonly line: string;
  /** Values the line commits to, for the journal. */
  readonly payloads: readonly PayloadRecord[];
  /** True when the line must be on the disk, not only with the operating system, before anything follows it. */
  readonly durable: boolean;
  /** The id of a call that may now be performed, once it has its receipt. */
  readonly act: string | undefined;
  /** What is passed on in place of a call's arguments, or handed on in place of a page: RFC 8785 text. */
  readonly changed: string | undefined;
}

export type Kernel = (state: State, input: Input) => Step;

/** Builds the kernel. The result is a pure function: same state and input, byte-identical line. */
export function createKernel(parts: KernelParts): Kernel {
  return (state, input) => {
    const committer = new Committer(parts.digests, input.type === "open" ? input : state, state.seq);
    const { event, settle, changed } = make(parts, state, input, committer);
    const time = { mono_us: Math.max(state.mono_us, input.at.mono_us), wall_ms: input.at.wall_ms };
    const { text, hash } = encodeLine(parts.digests, event, { seq: state.seq, prev: state.head, time });
    const line = { event, text, hash, time };
    // The lines of a fork are in no log, so there is no tree over them.
    const folded =
      input.history === undefined
        ? foldLine(state, line, parts)
        : foldHistory(state, line, input.history, parts.compile);
    return {
      state: settle?.(folded) ?? folded,
      event,
      line: text,
      payloads: committer.records,
      durable: mustBeDurable(state, event),
      act: actOf(event),
      changed,
    };
  };
}

function actOf(event: FlightEvent): string | undefined {
  if (event.type === "syscall") return mayPass(event.value.decision.verdict) ? event.value.call : undefined;
  if (event.type === "approval") return event.value.decision.verdict === "allow" ? event.value.call : undefined;
  return undefined;
}

/**
 * The first and last lines, and what the operator did, always. Receipts when the risk of one of their calls reaches the
 * run's threshold: with them the intents, which stand before them, are on the disk.
 */
function mustBeDurable(state: State, event: FlightEvent): boolean {
  if (event.type !== "receipts") return ["open", "close", "approval", "release", "key"].includes(event.type);
  const threshold = state.run?.durable_from ?? "low";
  return event.value.receipts.some(({ call, session }) => {
    const risk = state.sessions.get(session)?.calls.get(call)?.risk ?? "high";
    return threshold !== "never" && RISKS.indexOf(risk) >= RISKS.indexOf(threshold);
  });
}

function make(parts: KernelParts, state: State, input: Input, committer: Committer): Made {
  const making = { committer, digests: parts.digests, wall_ms: input.at.wall_ms, history: input.history };
  if (isDecided(input)) return decidedStep(state, input, making);
  return isOfSignatures(input) ? signedStep(state, input, making) : toldStep(state, input, making);
}

type InputOf<T extends Input["type"]> = Extract<Input, { readonly type: T }>;
type DecidedInput = InputOf<"syscall" | "page" | "approval" | "release">;

const DECIDED: ReadonlySet<string> = new Set(["syscall", "page", "approval", "release"]);

function isDecided(input: Input): input is DecidedInput {
  return DECIDED.has(input.type);
}

type SignedInput = InputOf<"receipts" | "checkpoint" | "key">;

const SIGNED: ReadonlySet<string> = new Set(["receipts", "checkpoint", "key"]);

function isOfSignatures(input: Input): input is SignedInput {
  return SIGNED.has(input.type);
}

/** What the kernel has a say in. */
function decidedStep(state: State, input: DecidedInput, making: Making): Made {
  switch (input.type) {
    case "syscall":
      return syscallStep(state, input.request, making);
    case "page":
      return pageStep(state, input.page, making);
    case "approval":
      return approvalStep(state, input.approval, making);
    case "release":
      return { event: { type: "release", value: releaseValue(state, input.release) } };
  }
}

function toldStep(state: State, input: Exclude<Input, DecidedInput | SignedInput>, making: Making): Made {
  switch (input.type) {
    case "session":
    case "outcome":
    case "recovery":
      return factStep(input);
    case "open":
    case "policy":
    case "pins":
    case "close":
      return boundStep(state, input, making);
  }
}

/** What the log takes as it was told. */
function factStep(input: InputOf<"session" | "outcome" | "recovery">): Made {
  switch (input.type) {
    case "session":
      return { event: { type: "session", value: input.note } };
    case "outcome": {
      const { outcome } = input;
      return { event: { type: "outcome", value: outcome }, settle: (next) => withoutCallContext(next, outcome) };
    }
    case "recovery": {
      const { torn_bytes, torn_sha256 } = input;
      return { event: { type: "recovery", value: { torn_bytes, torn_sha256 } } };
    }
  }
}

/** What is signed: the kernel says what, the signature comes in. Whether it is right is for a verifier to say. */
function signedStep(state: State, input: SignedInput, { digests }: Making): Made {
  switch (input.type) {
    case "receipts": {
      const { value } = draftReceipts(state, input.claims, input.at, digests);
      return { event: { type: "receipts", value: { ...value, signature: input.signature } } };
    }
    case "checkpoint": {
      const note = draftCheckpoint(state, digests).note(input.signature);
      return { event: { type: "checkpoint", value: { note } } };
    }
    case "key":
      return { event: { type: "key", value: input.key } };
  }
}

/** Where a run begins, what binds it, and where it ends. */
function boundStep(
  state: State,
  input: InputOf<"open" | "policy" | "pins" | "close">,
  { committer, digests }: Making,
): Made {
  switch (input.type) {
    case "open": {
      const value = { ...input.run, command: committer.commit("command", input.run.command) };
      return { event: { type: "open", value }, settle: (next) => ({ ...next, secret: input.secret }) };
    }
    case "policy": {
      const sha256 = digests.sha256Hex(DOMAINS.policy + input.source);
      return { event: { type: "policy", value: { name: input.name, sha256, source: input.source } } };
    }
    case "pins": {
      const sha256 = digests.sha256Hex(DOMAINS.pins + input.source);
      return { event: { type: "pins", value: { name: input.name, sha256, source: input.source } } };
    }
    case "close": {
      const { stderr, ...facts } = input.close;
      const sealed = stderr === undefined ? {} : { stderr: committer.commit("stderr", stderr) };
      const { allowed, denied } = state;
      return { event: { type: "close", value: { ...facts, ...sealed, allowed, denied, lines: state.seq + 1 } } };
    }
  }
}
