/** A row of the table of 2026-07-28: a row as every revision has it, and what only this revision asks of it. */
import type { JsonObject } from "../../../base/json.js";
import type { Shape } from "../../../base/shape.js";
import type { Granted } from "../../methods/granted.js";
import {
  notificationContract,
  OPEN_PHASES,
  requestContract,
  type Mediated,
  type NotificationContract,
  type RequestContract,
} from "../../methods/contract.js";
import { resultShape } from "../results.js";
import { MODERN } from "../revision.js";

interface Particulars {
  /** Whether the server may answer with `input_required` (MCP 2026-07-28, multi-round-trip requests). */
  readonly mayAsk: boolean;
  /** Whether the result says how long it may be kept. */
  readonly isCacheable: boolean;
}

export interface ModernRequest<M extends string = string> extends RequestContract<M>, Particulars {
  /** What a retry must name again: the tool, the prompt, the resource. */
  readonly target: (params: JsonObject) => string;
}

export type ModernContract = ModernRequest | NotificationContract;

interface Row<M extends string, P> extends Partial<Particulars> {
  readonly feature?: Granted;
  readonly method: M;
  /** Closed. The envelope in `_meta` is judged apart (envelope.ts). */
  readonly params: Shape<P>;
  /** Of a complete result; open. */
  readonly complete: Shape<JsonObject>;
  readonly denial?: "tool-result" | "error";
  readonly syscall?: (params: P & JsonObject) => Mediated;
  readonly target?: (params: P & JsonObject) => string;
}

const ALWAYS = { revisions: [MODERN], phases: OPEN_PHASES } as const;

export function modernRequest<M extends string, P>(row: Row<M, P>): ModernRequest<M> {
  const { method, params, complete, feature, mayAsk = false, isCacheable = false, denial = "error" } = row;
  const { syscall, target } = row;
  const result = resultShape(complete, { mayAsk, isCacheable });
  const base = requestContract({
    ...{ ...ALWAYS, method, sender: "client", params, result, denial },
    ...(syscall === undefined ? {} : { syscall }),
  });
  return {
    ...base,
    ...{ mayAsk, isCacheable },
    target: (target ?? (() => "")) as ModernRequest["target"],
    ...(feature === undefined ? {} : { feature }),
  };
}

interface NotificationRow<M extends string> {
  readonly feature?: Granted;
  readonly method: M;
  readonly sender: "client" | "server";
  readonly params: Shape<unknown>;
}

export function modernNotification<M extends string>(row: NotificationRow<M>): NotificationContract<M> {
  return notificationContract({ ...ALWAYS, ...row });
}
