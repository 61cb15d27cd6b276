/** The kernel's state: a fold over the events of the log, so that a replay needs nothing from outside it. */
import type { OpenValue } from "../abi/event.js";
import type { Labels } from "../abi/labels.js";
import type { Act, Risk, SyscallName } from "../abi/syscalls.js";
import { GENESIS } from "../evidence/codec.js";
import { EMPTY_TREE, type Tree } from "../evidence/merkle.js";
import type { Intent } from "../evidence/receipt.js";
import type { CompiledPolicy } from "../policy/compile.js";
import type { Recall } from "../policy/recall.js";
import type { Context } from "./context.js";
import type { Pins } from "./pins.js";

/** A call that may happen and whose outcome has not come yet, or one that waits for a human. */
export interface PendingCall {
  readonly kind: SyscallName;
  readonly agent: string;
  readonly server: string;
  /** Asked by agentk itself: what it brings back is not handed on, so the agent sees nothing of it. */
  readonly isOwn: boolean;
  readonly tool: string | undefined;
  readonly target: string;
  readonly act: Act;
  readonly risk: Risk;
  /** The rule that let it pass or asks about it. */
  readonly rule: string;
  /** What its receipt is to bind. Undefined once it has one; runs of versions 1 and 2 gave none. */
  readonly intent: Intent | undefined;
}

/** What one session has been handed, and what it waits for. INVARIANT: sessions share nothing. */
export interface SessionState {
  readonly labels: Labels;
  readonly calls: ReadonlyMap<string, PendingCall>;
  /** Calls that a human is being asked about. None of them has begun. */
  readonly parked: ReadonlyMap<string, PendingCall>;
  /** The earlier calls that the policy's counts, rates and budgets are about. */
  readonly recall: Recall;
}

export interface PolicyInForce {
  readonly sha256: string;
  readonly compiled: CompiledPolicy;
}

export interface State {
  /** Number of the next line, from 0. */
  readonly seq: number;
  /** Hash of the line before it. */
  readonly head: string;
  /** The tree over all lines (RFC 6962), whose root checkpoints sign. Empty in runs of versions 1 and 2. */
  readonly tree: Tree;
  /** The monotonic clock never runs back, whatever the machine's does. */
  readonly mono_us: number;
  readonly run: OpenValue | undefined;
  /** The Ed25519 public key that signs from here on, in hex. */
  readonly key: string | undefined;
  /** The keys that signed before it in this run: what they signed stands. */
  readonly formerKeys: readonly string[];
  /** Key of the commitments' salts, in hex; absent when only sealed payloads come in. */
  readonly secret: string | undefined;
  readonly policy: PolicyInForce | undefined;
  /** The descriptors that the operator has accepted; undefined when the run has no lock. */
  readonly pins: Pins | undefined;
  readonly sessions: ReadonlyMap<string, SessionState>;
  /**
   * What the values of a session say. The one part that is no fold over the log, which holds no values: a replay
   * without them goes by the facts recorded in the lines instead.
   */
  readonly contexts: ReadonlyMap<string, Context>;
  /** Uses of each grant of the policy, by its index. */
  readonly grantsUsed: ReadonlyMap<number, number>;
  readonly inFlight: number;
  readonly allowed: number;
  readonly denied: number;
  readonly closed: boolean;
}

export const INITIAL_STATE: State = {
  seq: 0,
  head: GENESIS,
  tree: EMPTY_TREE,
  mono_us: 0,
  run: undefined,
  key: undefined,
  formerKeys: [],
  secret: undefined,
  policy: undefined,
  pins: undefined,
  sessions: new Map(),
  contexts: new Map(),
  grantsUsed: new Map(),
  inFlight: 0,
  allowed: 0,
  denied: 0,
  closed: false,
};

interface Versioned {
  readonly run: Pick<OpenValue, "format"> | undefined;
}

/** Whether descriptors are taken out of listings: versions 1 to 3 handed them on. */
export function withholds({ run }: Versioned): boolean {
  return isSigned({ run }) && run?.format !== "agentk-flight/3";
}

/** Whether the run's log has receipts and checkpoints: those of versions 1 and 2 had none. */
export function isSigned({ run }: Versioned): boolean {
  return run !== undefined && run.format !== "agentk-flight/1" && run.format !== "agentk-flight/2";
}
