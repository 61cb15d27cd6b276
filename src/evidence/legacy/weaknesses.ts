/** What a log of the Rust AgentK cannot tell even when all its own rules hold: a closed table, each tied to what was seen. */

/** What was counted while reading one log. */
export interface LegacyCounts {
  events: number;
  allowed: number;
  denied: number;
  receipts: number;
  handles: number;
  /** Allowed calls that have no receipt, and the line of the first, 1-based. */
  bareAllows: number;
  firstBareAllow: number | undefined;
  /** Events by the version of their hash: without an agent (v0.1), with one (v0.2). */
  version1: number;
  version2: number;
  /** Events that state labels, and values that stand there as digests without a salt. */
  labelled: number;
  guessable: number;
  /** Receipts and handles whose writer says that its configured key was invalid. */
  fallbackKeys: number;
  /** 1-based line of the last valid signature by a key that may be trusted. */
  lastSigned: number | undefined;
  /** 1-based line and step of the last event. */
  lastLine: number;
  lastStep: number;
}

export interface WeaknessFacts extends LegacyCounts {
  /** Were trusted keys named? */
  readonly isPinned: boolean;
  readonly developmentSignatures: number;
}

interface WeaknessRow {
  readonly means: string;
  /** What in this log it holds for; `undefined` when it holds for nothing in it. */
  readonly seen: (facts: WeaknessFacts) => string | undefined;
}

const when = (holds: boolean, seen: string): string | undefined => (holds ? seen : undefined);
const all = ({ events }: WeaknessFacts): string => `all ${count(events, "event")}`;

/** INVARIANT: a log that holds an event has at least the weaknesses that no signature and no flag takes away. */
export const LEGACY_WEAKNESSES = {
  "development-key": {
    means: "signed with the key that the program publishes: anybody can make these signatures",
    seen: (f) => when(f.developmentSignatures > 0, count(f.developmentSignatures, "signature")),
  },
  "fallback-key": {
    means: "the writer had a key it could not read, and signed with the published one instead of stopping",
    seen: (f) => when(f.fallbackKeys > 0, `${count(f.fallbackKeys, "signature")} with such a key source`),
  },
  "signers-from-log": {
    means: "the keys were taken from the log itself: whoever writes it anew signs it anew; name the key you trust",
    seen: (f) => when(!f.isPinned && f.receipts > 0, count(f.receipts, "receipt")),
  },
  "allows-unsigned": {
    means: "its own rules ask for no receipt, so taking them out is no fault there; a verdict can then be changed",
    seen: (f) =>
      when(f.bareAllows > 0, `${count(f.bareAllows, "allowed call")}, the first in line ${String(f.firstBareAllow)}`),
  },
  "denies-unsigned": {
    means:
      "a deny has no signature: after the last receipt it can be dropped, changed or made up, with the chain made anew",
    seen: (f) => when(f.denied > 0, count(f.denied, "denied call")),
  },
  "fields-unsigned": {
    means:
      "of its own line a receipt covers agent, step, syscall, target and previous hash: no verdict, rule, label or input",
    seen: (f) => when(f.receipts > 0, count(f.receipts, "receipt")),
  },
  "tail-unsigned": {
    means: "after the last signature every line can be changed, added or cut, with the chain made anew",
    seen: tailSeen,
  },
  "end-not-sealed": {
    means: "there is no last line: a log cut after any line looks like a whole one",
    seen: (f) => `nothing says that step ${String(f.lastStep)} was the last`,
  },
  "run-unnamed": {
    means: "no run, session or time: a log of another day fits as well, and one left out altogether is not missed",
    seen: all,
  },
  "policy-unknown": {
    means: "no digest of a policy: the rules named may have said anything; the proxies used the built-in ones",
    seen: all,
  },
  "labels-claimed": {
    means: "labels and capabilities were what the caller said of itself: nothing was traced, nothing forbade a lie",
    seen: (f) => `${count(f.labelled, "event")} with labels, ${String(f.events - f.labelled)} without`,
  },
  "version-downgrade": {
    means: "an agent can be taken out of a line, which then counts as v0.1: nothing pins the version",
    seen: versionSeen,
  },
  "receipts-not-spent": {
    means:
      "nothing checked a receipt before its act: it is a remark that a call was allowed, not that it was done once",
    seen: (f) => when(f.receipts > 0, count(f.receipts, "receipt")),
  },
  "handles-not-redeemed": {
    means: "no code redeems a secret handle: it does not show that, or where, a secret was used",
    seen: (f) => when(f.handles > 0, count(f.handles, "handle")),
  },
  "values-guessable": {
    means: "digests have no salt: a short value, such as a PIN, is found by trying all; targets and intents stand open",
    seen: (f) => when(f.guessable > 0, count(f.guessable, "digest")),
  },
} as const satisfies Record<string, WeaknessRow>;

export type LegacyWeaknessCode = keyof typeof LEGACY_WEAKNESSES;

export interface LegacyWeakness {
  readonly code: LegacyWeaknessCode;
  readonly means: string;
  /** What in this log it holds for. */
  readonly seen: string;
}

/** The weaknesses that hold for a log, in the order of the table; none for a log without an event. */
export function weaknessesOf(facts: WeaknessFacts): readonly LegacyWeakness[] {
  if (facts.events === 0) return [];
  return Object.entries(LEGACY_WEAKNESSES).flatMap(([code, row]: [string, WeaknessRow]) => {
    const seen = row.seen(facts);
    return seen === undefined ? [] : [{ code: code as LegacyWeaknessCode, means: row.means, seen }];
  });
}

function tailSeen({ lastSigned, lastLine }: WeaknessFacts): string | undefined {
  if (lastSigned === undefined) return "no line is signed with a key that is secret";
  const first = lastSigned + 1;
  return when(
    first <= lastLine,
    first === lastLine ? `line ${String(first)}` : `lines ${String(first)} to ${String(lastLine)}`,
  );
}

function versionSeen({ version1, version2 }: WeaknessFacts): string {
  if (version2 === 0) return `${count(version1, "event")} without an agent: v0.1, or v0.2 with the agent taken out`;
  return `${count(version2, "event")} with an agent, ${String(version1)} without`;
}

function count(n: number, noun: string): string {
  return `${String(n)} ${noun}${n === 1 ? "" : "s"}`;
}
