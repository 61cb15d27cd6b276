/** What the model knows, what may happen to it, and what it does that can be seen from outside: plain data. */
import { NOTHING, type Labels } from "./labels.js";
import type { Form, Found, Place, Value } from "./memory.js";
import type { Decision, Tool } from "./rules.js";

/** Where a call stands. `parked`: a human is asked; `approving`, `signed`: a line is on its way to the disk. */
export type Stage = "parked" | "approving" | "intended" | "signed" | "ready" | "acting";

export interface Call {
  readonly session: number;
  readonly tool: Tool;
  readonly value: Value;
  readonly form: Form;
  readonly rule: string;
  readonly stage: Stage;
  /** What was found out about the argument. */
  readonly found: Found;
  readonly isReceiptUsed: boolean;
}

export interface Session {
  readonly labels: Labels;
  readonly places: readonly Place[];
  /** Values that were sent without a trusted origin, and what they were. */
  readonly sent: readonly Place[];
}

/** `failing`: the next line cannot be written; `mute`: the next signature cannot be made. */
export type Health = "well" | "failing" | "mute" | "failed" | "closed";

/** A line that waits for the disk, by the calls it is about; none are waited for in a `release`. */
export interface Flush {
  readonly what: "approval" | "receipts" | "release";
  readonly calls: readonly number[];
}

export interface State {
  readonly health: Health;
  readonly sessions: readonly Session[];
  /** By id; ids are never used again. */
  readonly calls: Readonly<Record<number, Call>>;
  readonly flushes: readonly Flush[];
  readonly nextCall: number;
}

export type Content = Value | "poison";

export type Event =
  | { readonly type: "user"; readonly session: number; readonly value: Value }
  | { readonly type: "page"; readonly session: number; readonly content: Content }
  | {
      readonly type: "ask";
      readonly session: number;
      readonly tool: Tool;
      readonly value: Value;
      readonly form: Form;
      readonly claim: "none" | "untrusted";
    }
  | { readonly type: "answer"; readonly call: number; readonly isApproved: boolean }
  | { readonly type: "sign" }
  | { readonly type: "flush" }
  | { readonly type: "flush-fails" }
  | { readonly type: "act"; readonly call: number }
  | { readonly type: "result"; readonly call: number; readonly content: Content; readonly isError: boolean }
  | { readonly type: "release"; readonly session: number; readonly axis: "integrity" | "confidentiality" }
  | { readonly type: "append-fails" }
  | { readonly type: "sign-fails" }
  | { readonly type: "close" };

/** What a transition did that can be seen from outside, in order. */
export type Did =
  | {
      readonly what: "append";
      readonly line: string;
      /** The calls that the line is about. */
      readonly calls: readonly number[];
      readonly decision?: Decision;
      /** Of a call: the labels that it was judged by, and what was found out about its argument. */
      readonly asked?: { readonly labels: Labels; readonly found: Found };
    }
  | { readonly what: "page"; readonly labels: Labels; readonly isHanded: boolean; readonly session: number }
  | { readonly what: "disk"; readonly line: string }
  | { readonly what: "act"; readonly call: number }
  | { readonly what: "refused"; readonly why: "closed" | "unrecorded" };

export interface Next {
  readonly state: State;
  readonly did: readonly Did[];
}

export const EMPTY_SESSION: Session = { labels: NOTHING, places: [], sent: [] };

export function start(sessions: number): State {
  const empty = Array.from({ length: sessions }, () => EMPTY_SESSION);
  return { health: "well", sessions: empty, calls: {}, flushes: [], nextCall: 0 };
}
