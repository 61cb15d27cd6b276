/**
 * What really happened, kept beside the model by its events and by what it did, and never by what it believes: which
 * values somebody vouched for, what stands on the disk. The invariants are asked of this.
 */
import { join, NOTHING, STRANGE, type Labels } from "./labels.js";
import type { Value } from "./memory.js";
import { SOURCES, type Tool } from "./rules.js";
import type { Did, Event } from "./state.js";

export interface Truth {
  /** Values that the user said, or that came by a trusted source and were not sent to it before. */
  readonly vouched: readonly Value[];
  /** Values that strangers wrote. */
  readonly strange: readonly Value[];
  /** Values that were sent while nobody had vouched for them. */
  readonly sent: readonly Value[];
  /** What the session has been handed, save what was released since. */
  readonly floor: Labels;
}

export interface Account {
  readonly session: number;
  readonly tool: Tool;
  readonly value: Value;
  readonly rule: string;
  /** Whether a human had to be asked, and what he said. */
  readonly asked: "nobody" | "somebody" | "approved" | "refused";
  /** When it was decided: whether somebody had vouched for the value as it stands in the call. */
  readonly isVouched: boolean;
  /** And whether strangers had written it, or anything in the session, or the caller said so himself. */
  readonly isTainted: boolean;
  readonly intent: "written" | "on disk";
  readonly receipt: "none" | "written" | "on disk";
  readonly acts: number;
}

export interface Ledger {
  readonly truths: readonly Truth[];
  readonly calls: Readonly<Record<number, Account>>;
  /** Lines that are not known to be on the disk, in order. */
  readonly written: readonly { readonly line: string; readonly calls: readonly number[] }[];
  /** Nothing may be done or handed on any more. */
  readonly isOver: boolean;
  /** No line can be written any more. */
  readonly isBroken: boolean;
}

const EMPTY_TRUTH: Truth = { vouched: [], strange: [], sent: [], floor: NOTHING };

export function emptyLedger(sessions: number): Ledger {
  return {
    truths: Array.from({ length: sessions }, () => EMPTY_TRUTH),
    calls: {},
    written: [],
    isOver: false,
    isBroken: false,
  };
}

export function entered(ledger: Ledger, event: Event, did: readonly Did[]): Ledger {
  const told = withTruth(ledger, event, did);
  const wrote = did.reduce((before, one) => withDid(before, event, one), told);
  const isOver = wrote.isOver || did.some(({ what }) => what === "refused") || event.type === "flush-fails";
  const isBroken = ledger.isBroken || event.type === "append-fails";
  return { ...wrote, isBroken, isOver: isOver || event.type === "close" };
}

function withTruth(ledger: Ledger, event: Event, did: readonly Did[]): Ledger {
  const page = did.find((one) => one.what === "page");
  if (event.type === "release" && did.some(({ what }) => what === "append")) return released(ledger, event);
  if (page?.isHanded !== true) return ledger;
  const call = event.type === "result" ? ledger.calls[event.call] : undefined;
  if (event.type === "user") return changed(ledger, event.session, (truth) => vouching(truth, event.value));
  if (event.type === "page") return changed(ledger, event.session, (truth) => reading(truth, STRANGE, event.content));
  if (event.type !== "result" || call === undefined) return ledger;
  const from = (event.isError ? undefined : SOURCES[call.tool]) ?? STRANGE;
  return changed(ledger, call.session, (truth) => reading(truth, from, event.content));
}

function reading(truth: Truth, from: Labels, content: Value | "poison"): Truth {
  const raised = { ...truth, floor: join(truth.floor, from) };
  if (content === "poison") return { ...raised, floor: { ...raised.floor, integrity: 2 } };
  if (from.integrity > 0) return { ...raised, strange: added(raised.strange, content) };
  return truth.sent.includes(content) ? raised : vouching(raised, content);
}

function vouching(truth: Truth, value: Value): Truth {
  return { ...truth, vouched: added(truth.vouched, value) };
}

function released(ledger: Ledger, { session, axis }: Extract<Event, { type: "release" }>): Ledger {
  const lower = (floor: Labels): Labels =>
    axis === "integrity" ? { ...floor, integrity: 0 } : { ...floor, secrecy: 0 };
  return changed(ledger, session, (truth) => ({ ...truth, floor: lower(truth.floor) }));
}

function withDid(ledger: Ledger, event: Event, did: Did): Ledger {
  if (did.what === "act") return withCall(ledger, did.call, (call) => ({ ...call, acts: call.acts + 1 }));
  if (did.what === "disk") return flushed(ledger, did.line);
  if (did.what !== "append") return ledger;
  const { line, calls } = did;
  const begun = event.type === "ask" && did.decision?.verdict !== "deny" ? asked(ledger, event, did) : ledger;
  const answered =
    event.type === "answer"
      ? withCall(begun, event.call, (call) => ({ ...call, asked: event.isApproved ? "approved" : "refused" }))
      : begun;
  const noted =
    line === "receipts"
      ? calls.reduce((all, id) => withCall(all, id, (call) => ({ ...call, receipt: "written" })), answered)
      : answered;
  const isDue = calls.some((id) => noted.calls[id] !== undefined) && line !== "outcome";
  return isDue || line === "release" ? { ...noted, written: [...noted.written, { line, calls }] } : noted;
}

function asked(
  ledger: Ledger,
  { session, tool, value, form, claim }: Extract<Event, { type: "ask" }>,
  { calls: [id = 0], decision }: Extract<Did, { what: "append" }>,
): Ledger {
  const truth = ledger.truths[session] ?? EMPTY_TRUTH;
  const isVouched = form === "plain" && truth.vouched.includes(value);
  const account: Account = {
    ...{ session, tool, value, isVouched, rule: decision?.rule ?? "" },
    asked: decision?.verdict === "ask" ? "somebody" : "nobody",
    isTainted: truth.floor.integrity > 0 || truth.strange.includes(value) || claim === "untrusted",
    ...{ intent: "written", receipt: "none", acts: 0 },
  };
  const known = isVouched ? ledger : changed(ledger, session, (one) => ({ ...one, sent: added(one.sent, value) }));
  return { ...known, calls: { ...known.calls, [id]: account } };
}

/** The first line of this kind is on the disk, and with it all before it. */
function flushed(ledger: Ledger, line: string): Ledger {
  const upTo = ledger.written.findIndex((one) => one.line === line) + 1;
  const done = ledger.written.slice(0, upTo).reduce((before, one) => {
    const on = one.line === "receipts" ? ({ receipt: "on disk" } as const) : ({ intent: "on disk" } as const);
    return one.calls.reduce((all, id) => withCall(all, id, (call) => ({ ...call, ...on })), before);
  }, ledger);
  return { ...done, written: ledger.written.slice(upTo) };
}

function withCall(ledger: Ledger, id: number, change: (call: Account) => Account): Ledger {
  const call = ledger.calls[id];
  return call === undefined ? ledger : { ...ledger, calls: { ...ledger.calls, [id]: change(call) } };
}

/** Without calls that are over, and the lines that are about these alone: of them nothing is asked any more. */
export function forgetting(ledger: Ledger, isOver: (id: number) => boolean): Ledger {
  const calls = Object.fromEntries(Object.entries(ledger.calls).filter(([id]) => !isOver(Number(id))));
  const written = ledger.written.filter((one) => one.line === "release" || one.calls.some((id) => !isOver(id)));
  return { ...ledger, calls, written };
}

function changed(ledger: Ledger, id: number, change: (truth: Truth) => Truth): Ledger {
  return { ...ledger, truths: ledger.truths.map((one, index) => (index === id ? change(one) : one)) };
}

function added(values: readonly Value[], value: Value): readonly Value[] {
  return values.includes(value) ? values : [...values, value].sort();
}
