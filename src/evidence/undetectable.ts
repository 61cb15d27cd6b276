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

/** Codes that come with checkpoints, receipts and witnesses (format 3), and their meanings. */
export const FORMAT_3_CODES = {
  "checkpoint-invalid": "a checkpoint is not the signer's own over the lines before it",
  "checkpoint-missing": "more lines stand unsigned than a run leaves so, or the last checkpoint is gone",
  "receipt-invalid": "a receipt is not for its call, or not signed",
  "receipt-missing": "a call that passed has no receipt",
  "signer-untrusted": "what signed the log is not among the trusted keys",
  "not-signed": "trusted keys were named, and nothing in the log is signed by one",
  "log-rolled-back": "the log is shorter than a checkpoint of it that is known",
  "log-forked": "the log has other lines than a checkpoint of it that is known",
} as const;

/** `log-invalid` is no finding but how the command ends: it is not a log of a kind that it judges. */
export type TamperCode = FindingCode | keyof typeof FORMAT_3_CODES | "log-invalid";

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

const REMADE = ["checkpoint-invalid", "seal-invalid"] as const;
const UNREADABLE = ["not-utf8", "line-not-json", "line-shape", "line-not-canonical", "hash-mismatch"] as const;
const OUT_OF_PLACE = ["seq-gap", "prev-mismatch"] as const;

/** What follows from a line that is gone or new, where the forger did not mend it. */
const ACCOUNT = [
  "no-policy",
  "call-id-wrong",
  "outcome-without-open-call",
  "approval-without-question",
  "page-of-unknown-call",
  "page-missing",
  "receipt-missing",
  "receipt-invalid",
  "count-mismatch",
] as const;

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

/** INVARIANT: every attack has a row; a row names a code or a reason, never neither. "Made anew" is with no key. */
export const TAMPER_MATRIX: readonly TamperRow[] = [
  caught("delete", "take out a line", "verify", ["first-not-open", ...OUT_OF_PLACE, "unsealed"]),
  caught("delete", "take out a line; make numbers and chain anew", "verify", [
    "first-not-open",
    "unsealed",
    ...ACCOUNT,
    ...REMADE,
  ]),
  caught("edit", "change any byte of any line", "verify", [...UNREADABLE, "line-too-long", "torn-tail"]),
  caught("edit", "change any field; make the chain anew", "verify", [
    "line-shape",
    "seq-gap",
    "clock-backwards",
    "policy-digest",
    ...ACCOUNT,
    ...REMADE,
  ]),
  caught("reorder", "swap two lines", "verify", ["first-not-open", ...OUT_OF_PLACE, "after-close"]),
  caught("reorder", "swap two lines; make numbers and chain anew", "verify", [
    "first-not-open",
    "open-twice",
    "clock-backwards",
    "after-close",
    ...ACCOUNT,
    ...REMADE,
  ]),
  caught("insert", "put in a line of another run, or one made up", "verify", [
    "first-not-open",
    ...OUT_OF_PLACE,
    ...UNREADABLE,
    "after-close",
  ]),
  caught("insert", "put in a line; make numbers and chain anew", "verify", [
    "first-not-open",
    "open-twice",
    "clock-backwards",
    "after-close",
    ...ACCOUNT,
    ...REMADE,
  ]),
  caught("duplicate", "repeat a line", "verify", [...OUT_OF_PLACE, "after-close"]),
  caught("duplicate", "repeat a line; make numbers and chain anew", "verify", [
    "open-twice",
    "after-close",
    ...ACCOUNT,
    ...REMADE,
  ]),
  caught("truncate", "cut after any line", "verify", ["empty", "unsealed"]),
  caught("truncate", "cut within a line", "verify", ["torn-tail"]),
  caught("truncate", "cut, and write a close line with counts that fit", "verify", [
    "checkpoint-missing",
    "seal-invalid",
  ]),
  caught("truncate", "cut, and close as a recovery does, after the witness saw more", "witness", ["log-rolled-back"]),
  undetectable(
    "truncate",
    "cut, and close as a recovery does; nobody kept a later checkpoint",
    "a killed run ends so as well: what it had not signed and nobody had seen is nowhere else",
    "a witness, a copy of the last checkpoint, or the client's own record of its calls",
  ),
  undetectable(
    "truncate",
    "leave out the beginning as `agentk prune` does",
    "it takes no key: that lines are gone, and how many, is reported (`pruned`), and that they were signed; not who cut, nor what they held",
    "a copy of the whole log",
  ),
  caught("strip-signatures", "take out seal, checkpoints and receipts; make the chain anew", "verify", [
    "checkpoint-missing",
    "receipt-missing",
    "seal-invalid",
  ]),
  caught("strip-signatures", "the same, written as an older format that a recovery closed", "pin", ["not-signed"]),
  caught("flip-deny", "turn a deny into an allow; make the chain anew", "verify", [
    "receipt-missing",
    "count-mismatch",
    ...REMADE,
  ]),
  caught("flip-deny", "the same; sign everything anew with another key", "pin", ["signer-untrusted"]),
  caught("flip-deny", "the same, with the operator's own key, after a witness cosigned", "witness", ["log-forked"]),
  undetectable(
    "flip-deny",
    "the same, with the operator's own key; nobody kept a checkpoint",
    "a signature says who wrote a log, not that he wrote the truth",
    "a witness that cosigns while the run goes on",
  ),
  caught("rewrite-last", "change the last event; make its hash and the chain anew", "verify", [
    "line-shape",
    "clock-backwards",
    ...ACCOUNT,
    ...REMADE,
  ]),
  undetectable(
    "rewrite-last",
    "change lines after the last checkpoint of a run that is open, or was killed",
    "they are not signed yet: at most 256 lines, or what a second brings; of a killed run they never are",
    "the next checkpoint, for an open run; for a killed one the client's own record of its calls",
  ),
  caught("empty", "empty the file", "verify", ["empty"]),
  caught("swap-agent", "write another agent into the first line, or into a call's; make the chain anew", "verify", [
    "receipt-invalid",
    ...REMADE,
  ]),
  undetectable(
    "swap-agent",
    "run another program under the agent's name",
    "the name is what the operator configured; the program at the other end proves nothing of itself",
    "an identity of the agent's own, which agentk does not ask for",
  ),
  caught("roll-back", "show an older copy, which ends in a checkpoint", "verify", ["unsealed"]),
  caught("roll-back", "the same, as that of a run that is still open", "witness", ["log-rolled-back"]),
  undetectable(
    "roll-back",
    "the same; nobody kept a later checkpoint",
    "it is what the log once was, to the byte, and was signed so",
    "a witness, or a later checkpoint kept elsewhere",
  ),
  caught("fork", "write two histories of one run with the operator's key; show each to another", "witness", [
    "log-forked",
  ]),
  undetectable(
    "fork",
    "the same, to readers without a witness who never compare",
    "each history alone is whole and signed",
    "a witness, or `agentk proof consistency` of the two",
  ),
  caught("omit-session", "take a session's lines out of a run; make numbers and chain anew", "verify", [
    "no-policy",
    ...ACCOUNT,
    ...REMADE,
  ]),
  undetectable(
    "omit-session",
    "leave out the log of a whole run",
    "each run is a log of its own, and none tells how many there were",
    "a list of runs kept elsewhere: a witness knows the origin of every run it cosigned",
  ),
  caught("downgrade-version", "state an older format; make the chain anew", "verify", ["line-shape", ...REMADE]),
  caught("downgrade-version", "write the log anew in an older format, with a key of its own", "pin", [
    "signer-untrusted",
  ]),
  caught("downgrade-version", "write it anew as a log of the Rust AgentK", "verify", ["log-invalid"]),
];
