/** The kernel's state: a fold over the events of the log, so that a replay needs nothing from outside it. */
import type { OpenValue } from "../abi/event.js";
import type { Labels } from "../abi/labels.js";
import type { SyscallName } from "../abi/syscalls.js";
import { GENESIS } from "../evidence/codec.js";
import type { CompiledPolicy } from "../policy/compile.js";

/** An allowed call whose outcome has not come yet. */
export interface PendingCall {
  readonly kind: SyscallName;
  readonly agent: string;
  readonly server: string;
  readonly tool: string | undefined;
  readonly target: string;
}

/** What one session has been handed, and what it waits for. INVARIANT: sessions share nothing. */
export interface SessionState {
  readonly labels: Labels;
  readonly calls: ReadonlyMap<string, PendingCall>;
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
  /** The monotonic clock never runs back, whatever the machine's does. */
  readonly mono_us: number;
  readonly run: OpenValue | undefined;
  /** Key of the commitments' salts, in hex; absent when only sealed payloads come in. */
  readonly secret: string | undefined;
  readonly policy: PolicyInForce | undefined;
  readonly sessions: ReadonlyMap<string, SessionState>;
  readonly inFlight: number;
  readonly allowed: number;
  readonly denied: number;
  readonly closed: boolean;
}

export const INITIAL_STATE: State = {
  seq: 0,
  head: GENESIS,
  mono_us: 0,
  run: undefined,
  secret: undefined,
  policy: undefined,
  sessions: new Map(),
  inFlight: 0,
  allowed: 0,
  denied: 0,
  closed: false,
};
