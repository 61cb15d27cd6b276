/** Every way to tamper with a flight log that we know of: by what it is caught, or why it cannot be. There is no third kind. */
import type { FindingCode } from "./findings.js";

export const TAMPER_ATTACKS = [
  "delete",
  "edit",
  "reorder",
  "insert",
  "duplicate",
  "truncate",
  "strip-signatures",
  "flip-deny",
  "rewrite-last",
  "empty",
  "swap-agent",
  "roll-back",
  "fork",
  "omit-session",
  "downgrade-version",
] as const;

export type TamperAttack = (typeof TAMPER_ATTACKS)[number];

/** Who notices, each with what the one before has and more. */
export const TAMPER_CATCHERS = {
  verify: "`agentk verify`, with nothing but the log",
  pin: "`agentk verify-signatures` with the operator's public key, got by another way than the log",
  witness: "a witness that cosigned the run's checkpoints, or a checkpoint kept elsewhere",
} as const;

export type TamperCatcher = keyof typeof TAMPER_CATCHERS;

/** `log-invalid` is no finding but how the command ends: it is not a log of a kind that it judges. */
export type TamperCode = FindingCode | "log-invalid";

interface Tampering {
  readonly attack: TamperAttack;
  /** What the attacker does, for a sentence. */
  readonly how: string;
}

export interface CaughtTampering extends Tampering {
  readonly caughtBy: TamperCatcher;
  /** The first failure is one of these: which, depends on the line. */
  readonly codes: readonly [TamperCode, ...TamperCode[]];
}

export interface UndetectableTampering extends Tampering {
  readonly caughtBy: "nothing";
  readonly codes: readonly [];
  readonly reason: string;
  /** What would have to be there for it to be caught. */
  readonly wouldDetect: string;
}

export type TamperRow = CaughtTampering | UndetectableTampering;

function caught(
  attack: TamperAttack,
  how: string,
  caughtBy: TamperCatcher,
  codes: CaughtTampering["codes"],
): CaughtTampering {
  return { attack, how, caughtBy, codes };
}

function undetectable(attack: TamperAttack, how: string, reason: string, wouldDetect: string): UndetectableTampering {
  return { attack, how, caughtBy: "nothing", codes: [], reason, wouldDetect };
}

/** What a field hangs on that was changed, where its line's hash was made anew: which, depends on the field. */
const REMADE = [
  "line-shape",
  "no-policy",
  "policy-digest",
  "call-id-wrong",
  "outcome-without-open-call",
  "approval-without-question",
  "page-of-unknown-call",
  "page-missing",
  "receipt-wrong",
  "checkpoint-wrong",
  "checkpoint-signature",
  "key-change-invalid",
  "count-mismatch",
  "seal-invalid",
] as const;

/** INVARIANT: every attack has a row; a row names a code or a reason, never neither. "Made anew" is with no key. */
export const TAMPER_MATRIX: readonly TamperRow[] = [
  caught("delete", "take out a line", "verify", ["seq-gap", "first-not-open", "unsealed"]),
  caught("delete", "take out a line; make numbers and chain anew", "verify", [
    "first-not-open",
    "call-id-wrong",
    "approval-without-question",
    "page-missing",
    "receipt-missing",
    "receipt-wrong",
    "checkpoint-wrong",
    "key-change-invalid",
    "count-mismatch",
    "unsealed",
  ]),
  caught("edit", "change any byte of any line", "verify", [
    "not-utf8",
    "line-not-json",
    "line-shape",
    "hash-mismatch",
    "torn-tail",
  ]),
  caught("edit", "change any field", "verify", ["line-shape", "hash-mismatch"]),
  caught("edit", "change any field; make the line's hash anew", "verify", [...REMADE, "prev-mismatch", "seq-gap"]),
  caught("edit", "change any field; make the chain anew", "verify", REMADE),
  caught("reorder", "swap two lines", "verify", ["seq-gap", "first-not-open"]),
  caught("reorder", "swap two lines; make numbers and chain anew", "verify", [
    "first-not-open",
    "clock-backwards",
    "call-id-wrong",
    "approval-without-question",
    "page-missing",
    "receipt-missing",
    "receipt-wrong",
    "checkpoint-wrong",
    "key-change-invalid",
    "count-mismatch",
  ]),
  caught("insert", "put in a line of another run, or one made up", "verify", [
    "not-utf8",
    "line-not-json",
    "line-shape",
    "seq-gap",
    "first-not-open",
    "after-close",
  ]),
  caught("insert", "put in a line; make numbers and chain anew", "verify", [
    "first-not-open",
    "open-twice",
    "after-close",
    "clock-backwards",
    "no-policy",
    "call-id-wrong",
  ]),
  caught("insert", "put in a change to a key of one's own; sign with it what follows", "verify", [
    "key-change-invalid",
  ]),
  caught("duplicate", "repeat a line", "verify", ["seq-gap", "after-close"]),
  caught("duplicate", "repeat a line; make numbers and chain anew", "verify", [
    "open-twice",
    "after-close",
    "call-id-wrong",
    "outcome-without-open-call",
    "approval-without-question",
    "receipt-wrong",
    "checkpoint-wrong",
    "key-change-invalid",
  ]),
  caught("truncate", "cut after any line", "verify", ["empty", "unsealed"]),
  caught("truncate", "cut within a line", "verify", ["torn-tail"]),
  caught("truncate", "cut, and write a close line with counts that fit", "verify", ["seal-invalid"]),
  caught("truncate", "cut, and close as a recovery does", "pin", ["not-signed", "unsigned-tail"]),
  caught("truncate", "leave out the beginning as `agentk prune` does", "verify", ["pruned"]),
  caught("strip-signatures", "take out seal, checkpoints and receipts", "verify", ["seq-gap"]),
  caught("strip-signatures", "take them out; make the chain anew", "verify", ["receipt-missing", "seal-invalid"]),
  caught("strip-signatures", "leave one signature out; make the chain anew", "verify", [
    "line-shape",
    "checkpoint-wrong",
    "seal-invalid",
  ]),
  caught("strip-signatures", "take them out of a run without a call that began; close as a recovery does", "pin", [
    "not-signed",
  ]),
  caught("strip-signatures", "take them out; sign everything anew with another key", "pin", ["signer-unknown"]),
  caught("flip-deny", "turn a deny into an allow; make the chain anew", "verify", ["checkpoint-wrong"]),
  caught("flip-deny", "turn a deny into an allow; sign everything anew with another key", "pin", ["signer-unknown"]),
  caught(
    "flip-deny",
    "turn a deny into an allow with the operator's own key, after a checkpoint was kept or cosigned",
    "witness",
    ["log-forked"],
  ),
  undetectable(
    "flip-deny",
    "the operator writes a log anew with his own key, and nobody kept a checkpoint",
    "a signature says who wrote a log, not that he wrote the truth",
    "a witness that cosigns while the run goes on",
  ),
  caught("rewrite-last", "change the last event; make its hash and the chain anew", "verify", [
    "line-shape",
    "checkpoint-wrong",
    "checkpoint-signature",
    "count-mismatch",
    "seal-invalid",
  ]),
  caught("rewrite-last", "change lines after the last checkpoint of a run that is open, or was killed", "pin", [
    "unsigned-tail",
  ]),
  undetectable(
    "rewrite-last",
    "change the time in the line of the last checkpoint, where a log ends in it",
    "a checkpoint signs the lines before its own; its own is signed by the next",
    "the next checkpoint or the seal; a witness states a time of its own",
  ),
  caught("empty", "empty the file", "verify", ["empty"]),
  caught("swap-agent", "write another agent into the first line, or into a call's; make the chain anew", "verify", [
    "receipt-wrong",
    "checkpoint-wrong",
  ]),
  undetectable(
    "swap-agent",
    "run another program under the agent's name",
    "the name is what the operator configured; the program at the other end proves nothing of itself",
    "an identity of the agent's own, which agentk does not ask for",
  ),
  caught("roll-back", "show an older copy, which ends in a checkpoint", "verify", ["unsealed"]),
  caught(
    "roll-back",
    "show an older copy as that of a run that is still open, when a later checkpoint was kept or cosigned",
    "witness",
    ["log-rolled-back"],
  ),
  undetectable(
    "roll-back",
    "show an older copy, which ends in a checkpoint, as that of a run that is still open, and nobody kept a later one",
    "it is what the log once was, to the byte, and was signed so",
    "a witness, or a later checkpoint kept elsewhere",
  ),
  caught("fork", "write two histories of one run with the operator's key; show each to another", "witness", [
    "log-forked",
  ]),
  undetectable(
    "fork",
    "write two histories of one run with the operator's key, and show each to readers who have no witness and never compare",
    "each history alone is whole and signed",
    "a witness, or `agentk proof consistency` of the two",
  ),
  caught("omit-session", "take a session's lines out of a run; make numbers and chain anew", "verify", [
    "call-id-wrong",
    "receipt-wrong",
    "checkpoint-wrong",
  ]),
  undetectable(
    "omit-session",
    "leave out the log of a whole run",
    "each run is a log of its own, and none tells how many there were",
    "a list of runs kept elsewhere: a witness knows the origin of every run it cosigned",
  ),
  caught("downgrade-version", "state an older format; make the chain anew", "verify", ["checkpoint-wrong"]),
  caught("downgrade-version", "write the log anew in an older format, with a key of its own", "pin", [
    "signer-unknown",
  ]),
  caught("downgrade-version", "write the log anew in an older format, closed as a recovery does", "pin", [
    "not-signed",
  ]),
  caught(
    "downgrade-version",
    "write the log anew in an older format with the operator's key, after a checkpoint was kept or cosigned",
    "witness",
    ["log-forked"],
  ),
  caught("downgrade-version", "write it anew as a log of the Rust AgentK", "verify", ["log-invalid"]),
];

const isUndetectable = (row: TamperRow): row is UndetectableTampering => row.caughtBy === "nothing";

/** What the reports say that no check can tell. */
export const UNDETECTABLE: readonly UndetectableTampering[] = TAMPER_MATRIX.filter(isUndetectable);
