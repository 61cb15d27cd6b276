/** What the makers of events are given beside the state and the input, and what they hand back. */
import type { Digests } from "../base/digest.js";
import type { FlightEvent } from "../abi/event.js";
import type { History } from "../abi/request.js";
import type { Committer } from "./commit.js";
import type { State } from "./state.js";

export interface Making {
  readonly committer: Committer;
  readonly digests: Digests;
  /** Unix time in milliseconds. */
  readonly wall_ms: number;
  /** Only in a fork. */
  readonly history?: History | undefined;
}

/** An event in the making: how the values behind it change the state, beside what the line itself changes. */
export interface Made {
  readonly event: FlightEvent;
  /** Applied after the fold. */
  readonly settle?: (state: State) => State;
  /** What is passed on in place of a call's arguments, or handed on in place of a page: RFC 8785 text. */
  readonly changed?: string | undefined;
}
