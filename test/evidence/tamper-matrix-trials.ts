/** Every row of the table of tamperings as logs that were tampered with so, and the readers who are shown them. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pruneLog } from "../../src/app/log/prune.js";
import { canonicalJson } from "../../src/base/canonical.js";
import { parseCheckpoint } from "../../src/evidence/checkpoint.js";
import { encodeLine } from "../../src/evidence/codec.js";
import type { KnownHead } from "../../src/evidence/known-heads.js";
import { TrustedKeys } from "../../src/evidence/trust.js";
import type { VerifierDeps, VerifyReport } from "../../src/evidence/verify.js";
import { verifyEd25519 } from "../../src/host/signer.js";
import { callEvent, digests, fileOf, parse, rehash, RUN_KEY, verifyBytes, verifyLines } from "./fixture.js";
import { closedBy, edits, NEXT_KEY, recovered, STRANGER, told, type Json } from "./tamper-matrix-run.js";

const BODY: readonly string[] = told().lines;
export const LOG = told().closed();
const places = LOG.map((_, i) => i);
const at = (i: number): string => LOG[i] ?? "";
const heads = places.filter((i) => parse(at(i)).type === "checkpoint");
const isOf = (line: string, ...types: readonly string[]): boolean => types.includes(parse(line).type);
const FOREIGN = told({ target: "files/other" }).lines[5] ?? "";

/** What was kept of the run: its checkpoints. */
export const HEADS: readonly KnownHead[] = BODY.map(parse).flatMap((event) => {
  if (event.type !== "checkpoint") return [];
  const head = parseCheckpoint(`${event.value.note.split("\n\n")[0] ?? ""}\n`);
  return head.ok ? [{ ...head.value, from: "a kept note" }] : [];
});
const trusted = new TrustedKeys([RUN_KEY, NEXT_KEY].map(({ publicHex }) => ({ publicKey: publicHex })));
const PIN: Partial<VerifierDeps> = { signatures: { trusted } };
/** In the order of what they know. */
const READERS = { verify: {}, pin: PIN, witness: { ...PIN, heads: HEADS } } as const;
export const NAMES = ["verify", "pin", "witness"] as const;

type Tampered = readonly string[] | Buffer;

interface Trial {
  readonly logs: readonly Tampered[];
  /** The run is said to be open. */
  readonly isOpen?: boolean;
}

const open = (logs: readonly Tampered[]): Trial => ({ logs, isOpen: true });
export const closed = (logs: readonly Tampered[]): Trial => ({ logs });

export function read(log: Tampered, reader: (typeof NAMES)[number], isOpen = false): VerifyReport {
  const more = { verifySignature: verifyEd25519, ...READERS[reader], mayBeOpen: isOpen };
  return Buffer.isBuffer(log) ? verifyBytes(log, more) : verifyLines(log, more);
}

/** The log from a head on, under a header that anybody can make. */
function pruned(size: number): readonly string[] {
  const folder = mkdtempSync(join(tmpdir(), "agentk-matrix-"));
  try {
    const file = join(folder, "run.jsonl");
    writeFileSync(file, fileOf(LOG));
    pruneLog({ file }, join(folder, "pruned.jsonl"), { kind: "before", number: size });
    return readFileSync(join(folder, "pruned.jsonl"), "utf8").split("\n").slice(0, -1);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A line with one member changed: as it stands, or with its own hash made anew. */
function edited(line: string, how: "as-it-stands" | "hashed"): readonly string[] {
  const whole = parse(line);
  if (how === "as-it-stands") return edits(whole as unknown as Json).map((each) => canonicalJson(each as never));
  const { seq, prev, time, type, value } = whole;
  const rest = { seq, prev, time, type, value };
  return edits(rest as unknown as Json).flatMap((each) => {
    const { seq, prev, time, ...event } = each as unknown as ReturnType<typeof parse>;
    const isWhole = Object.keys(each as object).length === Object.keys(rest).length;
    return isWhole ? [encodeLine(digests, event, { seq, prev, time }).text] : [];
  });
}

/** The log with one member of one line changed, in every way. */
function editedAt(i: number, how: "as-it-stands" | "hashed"): readonly (readonly string[])[] {
  return edited(at(i), how).map((line) => LOG.with(i, line));
}

/** The log with one member of a line's time, type or value changed, and the chain made anew. */
function remadeAt(i: number, log: readonly string[] = LOG): readonly (readonly string[])[] {
  const { time, type, value } = parse(log[i] ?? "");
  return edits({ time, type, value }).flatMap((each) => {
    const lacking = Object.keys(each as object).length < 3;
    return lacking ? [] : [rehash(log.with(i, JSON.stringify({ ...parse(log[i] ?? ""), ...(each as object) })))];
  });
}

const withValue = (line: string, change: (value: Record<string, unknown>) => object): string => {
  const event = parse(line);
  return JSON.stringify({ ...event, value: change(event.value) });
};
const without =
  (...names: readonly string[]) =>
  (value: Record<string, unknown>): object =>
    Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name)));

/** Each log with one signature less. */
const unsignedOnce = LOG.flatMap((line, i) => {
  const { type } = parse(line);
  const bare = (name: string): readonly string[] => LOG.with(i, withValue(line, without(name)));
  if (type === "receipts") return [bare("signature")];
  if (type === "close") return [bare("seal")];
  if (type === "key") return [bare("signature_previous"), bare("signature_next")];
  const cut = ({ note }: Record<string, unknown>): object => ({ note: String(note).replace(/\u2014 .*\n$/u, "") });
  return type === "checkpoint" ? [LOG.with(i, withValue(line, cut))] : [];
});

/** The chain made anew, and every call and page named after its new place. */
function renamed(lines: readonly string[]): string[] {
  const places = new Map(lines.map((line, i) => [String(parse(line).seq), String(i)]));
  const name = (whole: string, letter: string, seq: string): string => {
    const place = places.get(seq);
    return place === undefined ? whole : `"${letter}${place}"`;
  };
  return rehash(lines.map((line) => line.replace(/"([cp])(\d+)"/g, name)));
}

const stripped = (lines: readonly string[]): string[] =>
  lines.filter((line) => !isOf(line, "checkpoint", "receipts", "key"));
const flipped = LOG.map((line) => line.replace('"verdict":"deny"', '"verdict":"allow"'));
const OLDER = ["agentk-flight/1", "agentk-flight/2"] as const;
const older = (line: string, to: number): string => line.replace("agentk-flight/4", `agentk-flight/${String(to)}`);
const afterHeads = BODY.flatMap((line, i) => (i > 3 && isOf(line, "checkpoint") ? [i + 1] : []));
/** A run that was read, or killed, two lines after its last checkpoint. */
const unfinished: readonly string[] = (() => {
  const log = told();
  log.call("deny");
  log.call("deny");
  return log.lines;
})();
const tail = [unfinished.length - 2, unfinished.length - 1];
const refused = (() => {
  const log = told({ isBare: true }).lines.slice(0, 2);
  return [...log, ...[2, 3].map((seq) => JSON.stringify({ ...parse(at(seq)), ...callEvent(seq, "deny") }))];
})();

/** Bytes at random places, from a fixed seed, so that a failure comes again. */
function bytesChanged(count: number): readonly Buffer[] {
  const file = fileOf(LOG);
  let state = 20261121;
  const next = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
  return Array.from({ length: count }, () => {
    const bytes = Buffer.from(file);
    const i = next(bytes.length);
    bytes[i] = (bytes[i] ?? 0) ^ (1 + next(255));
    return bytes;
  });
}

/** A change to the stranger's key at each place where the operator's does not sign it, and what follows by that key. */
const usurped = (() => {
  const log = told();
  log.rekey(STRANGER, { previous: STRANGER });
  log.call("deny");
  log.checkpoint();
  return log.closed();
})();

const swapped = LOG.slice(1).map((line, i) => LOG.with(i, line).with(i + 1, at(i)));
const deleted = places.map((i) => LOG.toSpliced(i, 1));
const repeated = places.map((i) => LOG.toSpliced(i, 0, at(i)));
const inserted = [...places, LOG.length].map((i) => LOG.toSpliced(i, 0, FOREIGN));
/** Chain and numbers anew, by a forger who leaves the names of calls and pages, and by one who mends them as well. */
const remade = (logs: readonly (readonly string[])[]): Trial =>
  closed(logs.flatMap((log) => [rehash(log), renamed(log)]));

export const TRIALS: Readonly<Record<string, Trial>> = {
  "delete: take out a line": closed(deleted),
  "delete: take out a line; make numbers and chain anew": remade(deleted),
  "edit: change any byte of any line": closed([
    ...bytesChanged(500),
    Buffer.from(fileOf(LOG).toString().replace('"mono_us":5000', '"mono_us":5e00')),
    Buffer.concat([fileOf(LOG).subarray(0, -1), Buffer.from("x")]),
  ]),
  "edit: change any field": closed(places.flatMap((i) => editedAt(i, "as-it-stands"))),
  "edit: change any field; make the line's hash anew": closed(places.flatMap((i) => editedAt(i, "hashed"))),
  "edit: change any field; make the chain anew": closed(places.flatMap((i) => remadeAt(i))),
  "reorder: swap two lines": closed(swapped),
  "reorder: swap two lines; make numbers and chain anew": remade(swapped),
  "insert: put in a line of another run, or one made up": closed([
    ...inserted,
    ...["", "{}", "\u0000"].flatMap((made) => places.map((i) => LOG.toSpliced(i, 0, made))),
    ...places.map((i) =>
      fileOf(LOG.toSpliced(i, 0, "x")).fill(0xff, fileOf(LOG.slice(0, i)).length, fileOf(LOG.slice(0, i)).length + 1),
    ),
  ]),
  "insert: put in a line; make numbers and chain anew": remade([
    ...inserted,
    ...places.map((i) => LOG.toSpliced(i, 0, at(0))),
  ]),
  "insert: put in a change to a key of one's own; sign with it what follows": closed([usurped]),
  "duplicate: repeat a line": closed(repeated),
  "duplicate: repeat a line; make numbers and chain anew": remade(repeated),
  "truncate: leave out the beginning as `agentk prune` does": closed(heads.slice(1).map((i) => pruned(i))),
  "truncate: cut after any line": closed(places.map((i) => LOG.slice(0, i))),
  "truncate: cut within a line": closed(
    [...fileOf(LOG).entries()].flatMap(([i, byte]) =>
      i % 31 === 0 && byte !== 10 ? [fileOf(LOG).subarray(0, i + 1)] : [],
    ),
  ),
  "truncate: cut, and write a close line with counts that fit": closed(
    places.slice(2).map((i) => closedBy(LOG.slice(0, i), [], { reason: "eof" })),
  ),
  "truncate: cut, and close as a recovery does": closed(places.slice(2).map((i) => recovered(LOG.slice(0, i)))),
  "strip-signatures: take out seal, checkpoints and receipts": closed([stripped(LOG).slice(0, -1), stripped(LOG)]),
  "strip-signatures: take them out; make the chain anew": closed([
    ...[BODY, told({ isFlipped: true }).lines].flatMap((lines) => [
      closedBy(renamed(stripped(lines)), [], { reason: "sigint" }),
      recovered(renamed(stripped(lines))),
    ]),
    closedBy(refused, [], { reason: "sigint" }),
  ]),
  "strip-signatures: leave one signature out; make the chain anew": remade(unsignedOnce),
  "strip-signatures: take them out of a run without a call that began; close as a recovery does": closed([
    recovered(refused),
  ]),
  "strip-signatures: take them out; sign everything anew with another key": closed([told({ key: STRANGER }).closed()]),
  "flip-deny: turn a deny into an allow; make the chain anew": remade([flipped]),
  "flip-deny: turn a deny into an allow; sign everything anew with another key": closed([
    told({ key: STRANGER, isFlipped: true }).closed(),
  ]),
  "flip-deny: turn a deny into an allow with the operator's own key, after a checkpoint was kept or cosigned": closed([
    told({ isFlipped: true }).closed(),
  ]),
  "flip-deny: the operator writes a log anew with his own key, and nobody kept a checkpoint": closed([
    told({ isFlipped: true }).closed(),
  ]),
  "rewrite-last: change the last event; make its hash and the chain anew": closed(
    places
      .slice(-3)
      .flatMap((i) => remadeAt(i))
      .filter((log) => parse(log[LOG.length - 1] ?? "").time.mono_us >= parse(at(LOG.length - 2)).time.mono_us),
  ),
  "rewrite-last: change lines after the last checkpoint of a run that is open, or was killed": open(
    tail.flatMap((i) => {
      const logs = remadeAt(i, unfinished).filter((log) => verifyLines(log, { mayBeOpen: true }).ok);
      return [...logs, ...logs.map(recovered)];
    }),
  ),
  "rewrite-last: change the time in the line of the last checkpoint, where a log ends in it": open([
    rehash(BODY.with(-1, JSON.stringify({ ...parse(BODY.at(-1) ?? ""), time: { mono_us: 900_000, wall_ms: 1 } }))),
  ]),
  "empty: empty the file": closed([[], Buffer.alloc(0)]),
  "swap-agent: write another agent into the first line, or into a call's; make the chain anew": remade(
    places.flatMap((i) =>
      at(i).includes('"agent":"') ? [LOG.with(i, at(i).replace(/"agent":"[^"]*"/, '"agent":"x"'))] : [],
    ),
  ),
  "swap-agent: run another program under the agent's name": closed([LOG]),
  "roll-back: show an older copy, which ends in a checkpoint": closed(afterHeads.map((i) => LOG.slice(0, i))),
  "roll-back: show an older copy as that of a run that is still open, when a later checkpoint was kept or cosigned":
    open(afterHeads.slice(0, -1).map((i) => LOG.slice(0, i))),
  "roll-back: show an older copy, which ends in a checkpoint, as that of a run that is still open, and nobody kept a later one":
    open(afterHeads.map((i) => LOG.slice(0, i))),
  "fork: write two histories of one run with the operator's key; show each to another": closed([
    told({ target: "files/other" }).closed(),
  ]),
  "fork: write two histories of one run with the operator's key, and show each to readers who have no witness and never compare":
    closed([LOG, told({ target: "files/other" }).closed()]),
  "omit-session: take a session's lines out of a run; make numbers and chain anew": remade(
    ["s1", "s2"].map((session) => LOG.filter((line) => !line.includes(`"session":"${session}"`))),
  ),
  "omit-session: leave out the log of a whole run": closed([LOG]),
  "downgrade-version: state an older format; make the chain anew": remade(
    [1, 2].map((to) => LOG.with(0, older(at(0), to))),
  ),
  "downgrade-version: write the log anew in an older format, with a key of its own": closed(
    OLDER.map((to) => told({ format: to, key: STRANGER, isBare: true }).closed()),
  ),
  "downgrade-version: write the log anew in an older format, closed as a recovery does": closed(
    OLDER.map((to) => recovered(told({ format: to, isBare: true }).lines)),
  ),
  "downgrade-version: write the log anew in an older format with the operator's key, after a checkpoint was kept or cosigned":
    closed(
      OLDER.map((to) => {
        const log = told({ format: to, isBare: true });
        while (log.seq < LOG.length) log.call("deny");
        return log.closed();
      }),
    ),
};
