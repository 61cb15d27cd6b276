/**
 * A log as a stable text: one line an event, with names, targets, decisions and labels, and without what differs from
 * run to run (times, hashes, ids, sizes). Two runs in which the same was decided have the same outline.
 */
import { decisionName } from "../abi/decision.js";
import type { EventType, EventValues, FlightEvent } from "../abi/event.js";
import { visible, visibleTarget } from "./visible.js";

interface Row {
  readonly what: string;
  readonly decision?: string;
  readonly labels?: readonly string[];
  /** What the client said of itself. */
  readonly claims?: string;
}

/** Receipts and checkpoints come by grouping and by time. */
const ROWS: { readonly [T in EventType]: ((value: EventValues[T]) => Row) | undefined } = {
  open: (v) => ({ what: `${v.agent} ${v.server}` }),
  policy: (v) => ({ what: v.name }),
  pins: (v) => ({ what: v.name }),
  session: (v) => ({ what: [v.fact, v.server, v.protocol, v.fault, exitOf(v)].filter(isThere).join(" ") }),
  syscall: (v) => ({
    what: `${v.from === "client" ? "" : `${v.from}: `}${v.kind} ${visibleTarget(v.target)}`,
    decision: decisionName(v.decision),
    labels: v.labels,
    ...(v.claims === undefined ? {} : { claims: claimed(v.claims) }),
  }),
  page: (v) => ({
    what: [v.method, ...v.signs, ...(v.changes ?? []).map(changed)].join(" "),
    decision: decisionName(v.delivery),
    labels: v.labels,
  }),
  approval: (v) => ({ what: v.answer, decision: decisionName(v.decision) }),
  release: (v) => ({ what: `${v.axis} by ${v.by}`, labels: v.after }),
  receipts: undefined,
  outcome: (v) => ({ what: [v.status, v.refused].filter(isThere).join(" ") }),
  checkpoint: undefined,
  key: () => ({ what: "another key" }),
  recovery: () => ({ what: "torn tail" }),
  close: (v) => ({ what: `${v.reason} ${String(v.allowed)} allowed, ${String(v.denied)} denied` }),
};

const WIDTHS = { type: 9, what: 64, decision: 26 } as const;

/** The line of an event; undefined for one that is left out. With `claims: false` as if the client had made none. */
export function outlineOf(event: FlightEvent, shown: { readonly claims: boolean }): string | undefined {
  const row = rowOf(event);
  if (row === undefined) return undefined;
  const claims = shown.claims && row.claims !== undefined ? `  claims ${row.claims}` : "";
  const cells = [
    event.type.padEnd(WIDTHS.type),
    row.what.padEnd(WIDTHS.what),
    (row.decision ?? "").padEnd(WIDTHS.decision),
    (row.labels ?? []).join(" "),
  ];
  return visible(`${cells.join(" ")}${claims}`.trimEnd());
}

function rowOf<T extends EventType>(event: { readonly type: T; readonly value: EventValues[T] }): Row | undefined {
  return ROWS[event.type]?.(event.value);
}

function claimed({ labels, capabilities, intent }: NonNullable<EventValues["syscall"]["claims"]>): string {
  const parts = [labels.join(" "), capabilities === 0 ? undefined : `${String(capabilities)} capabilities`];
  return [...parts, intent === undefined ? undefined : "an intent"].filter(isThere).join(", ");
}

function changed({ kind, path, reason }: NonNullable<EventValues["page"]["changes"]>[number]): string {
  return [kind, path, reason].filter(isThere).join(" ");
}

function exitOf({ exit_code: code, exit_signal: signal, restart }: EventValues["session"]): string | undefined {
  const parts = [code === undefined ? undefined : `status ${String(code)}`, signal];
  const words = [...parts, restart === undefined ? undefined : `restart ${String(restart)}`].filter(isThere);
  return words.length === 0 ? undefined : words.join(" ");
}

function isThere(word: string | undefined): word is string {
  return word !== undefined && word !== "";
}
