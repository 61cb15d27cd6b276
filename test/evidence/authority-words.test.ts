/** What is told of receipts, heads and changes of key that do not hold; and what a good one counts for where lines are gone. */
import { describe, expect, test } from "vitest";
import { writeNote, keyName } from "../../src/evidence/note.js";
import type { VerifierDeps, VerifyReport } from "../../src/evidence/verify.js";
import { noteOver } from "./checkpointed.js";
import { digests, outcomeEvent, pageEvent, RUN_KEY, sessionEvent, testKey, verifyLines } from "./fixture.js";
import { prunedForm } from "./pruned-log.js";
import { SignedLog } from "./signed-log.js";

const OTHER = testKey(8);
const LONG = `c${"1".repeat(40)}`;
const CUT = `c${"1".repeat(31)}`;
const HANDLE = { argument: "/password", host: "mail.example", tool: "send" };

/** With every signature checked. */
function strictly(lines: readonly string[], more: Partial<VerifierDeps> = {}): VerifyReport {
  return verifyLines(lines, { signatures: { trusted: undefined }, mayBeOpen: true, ...more });
}

/** `code@line: detail` of each failure. */
function told({ findings }: VerifyReport): readonly string[] {
  return findings
    .filter(({ severity }) => severity === "failure")
    .map(({ code, line, detail }) => `${code}@${String(line)}: ${detail}`);
}

/** A signed note by the run's key over any text. */
function noteOf(text: string): string {
  const name = keyName(digests, RUN_KEY.publicHex);
  return writeNote(digests, text, { name, publicKey: RUN_KEY.publicHex, signature: RUN_KEY.sign(text) });
}

describe("a reader is told", () => {
  const [short, lines] = [new SignedLog().lines.slice(0, 1), new SignedLog().lines];
  const misnamed = `call-id-wrong@3: is named \`${CUT}\` where \`c2\` is due`;

  test.each<readonly [string, (log: SignedLog) => unknown, readonly string[]]>([
    [
      "which call went on without a receipt, its name cut",
      (log) => log.add(outcomeEvent(log.call("allow", { call: LONG }))),
      [misnamed, `receipt-missing@4: call \`${CUT}\` went on without a receipt`],
    ],
    [
      "of a root that is of other receipts",
      (log) => log.receipts([log.call("allow")], { root: "d".repeat(64) }),
      ["receipt-wrong@4: the root is not that of its receipts"],
    ],
    [
      "of receipts that another key signed",
      (log) => log.receipts([log.call("allow")], { signature: "0".repeat(128) }),
      ["receipt-signature@4: has a signature that the key in force did not make over its root"],
    ],
    [
      "which call waits for no receipt, its name cut",
      (log) => log.receipts([log.call("allow")], { entry: (entry) => ({ ...entry, call: LONG }) }),
      [`receipt-wrong@4: \`${CUT}\` waits for no receipt`],
    ],
    [
      "whose receipt binds something else, its name cut",
      (log) =>
        log.receipts([log.call("allow", { call: LONG })], {
          entry: (entry) => ({ ...entry, id: `cap_${"0".repeat(16)}` }),
        }),
      [misnamed, `receipt-wrong@4: the receipt of \`${CUT}\` does not bind what its line says`],
    ],
    [
      "whose receipt was over before it was made, its name cut",
      (log) => log.receipts([log.call("allow", { call: LONG })], { expires: { ms: 1 } }),
      [misnamed, `receipt-wrong@4: the receipt of \`${CUT}\` had ended when it was made`],
    ],
    [
      "of a signed note that is no head",
      (log) => log.checkpoint(noteOf("some text\n")),
      ["checkpoint-wrong@3: has no plain decimal size"],
    ],
    [
      "of a head of another run",
      (log) => log.checkpoint(noteOver(lines, RUN_KEY, "20261121T035413Z-ffffffffffff")),
      ["checkpoint-wrong@3: is of another log"],
    ],
    ["of a head of fewer lines", (log) => log.checkpoint(noteOver(short)), ["checkpoint-wrong@3: is of 1 lines"]],
    [
      "of a head of other lines",
      (log) => log.checkpoint(noteOver([...short, "x"])),
      ["checkpoint-wrong@3: is of other lines than those before it"],
    ],
    [
      "of a head with a signature that is not the key's",
      (log) => log.checkpoint(noteOver(lines).replace(/— .*\n/u, `${noteOver(short).split("\n").at(-2) ?? ""}\n`)),
      ["checkpoint-signature@3: is not signed by the key in force, and by it alone"],
    ],
    [
      "of a key that comes in without both signatures",
      (log) => log.rekey(OTHER, { previous: OTHER }),
      ["key-change-invalid@3: is not signed by the key before and by the new one"],
    ],
  ])("%s, and of nothing else", (_what, build, words) => {
    const log = new SignedLog();
    build(log);
    expect(told(strictly(log.lines))).toEqual(words);
  });
});

describe("a receipt", () => {
  test("holds up to the very line and moment of its end", () => {
    const log = new SignedLog();
    log.receipts([log.call("allow")], { expires: { seq: 3 } });
    const call = log.call("allow");
    log.receipts([call], { expires: { ms: log.wallMs } });
    expect(told(strictly(log.lines))).toEqual([]);
  });

  test("for a secret counts as a handle signed: once for its group, however many of it there are", () => {
    const log = new SignedLog();
    const calls = [log.call("allow"), log.call("allow", { handle: HANDLE })];
    log.receipts(calls).receipts([log.call("allow")]);
    const [signer] = strictly(log.lines).signers ?? [];
    expect(signer?.signed).toEqual({ checkpoint: 0, receipts: 2, handle: 1, seal: 0, key: 0 });
  });

  test("that the key did not sign makes no signer of it, whatever secret it is for", () => {
    const log = new SignedLog();
    log.receipts([log.call("allow", { handle: HANDLE })], { signature: OTHER.sign("something else") });
    expect(strictly(log.lines).signers).toEqual([]);
  });
});

describe("where lines are gone", () => {
  /** Six lines and a head in the seventh. */
  const log = new SignedLog().checkpoint().add(sessionEvent()).add(sessionEvent()).add(sessionEvent()).checkpoint();
  const damaged = log.lines.with(3, "broken");

  test("a head is the run's, and vouches for nothing that could not be read", () => {
    const report = strictly(damaged);
    expect(told(report)).toEqual(["line-not-json@4: is not JSON"]);
    expect(report.signed).toMatchObject({ checkpoints: 2, lines: 2 });
    expect(report.lastCheckpoint).toBe(noteOver(log.lines.slice(0, 2)).split("\n\n")[0]?.concat("\n"));
  });

  test("a head of fewer lines is wrong all the same", () => {
    const wrong = new SignedLog().add(sessionEvent()).add(sessionEvent());
    wrong.checkpoint(noteOver(wrong.lines.slice(0, 3)));
    expect(told(strictly(wrong.lines.with(2, "broken")))).toEqual([
      "line-not-json@3: is not JSON",
      "checkpoint-wrong@5: is of 3 lines",
    ]);
  });

  test("a receipt may be of a call that was pruned, and of none that came after", () => {
    const kept = new SignedLog().checkpoint().add(pageEvent(3)).add(sessionEvent()).checkpoint();
    const size = kept.seq - 1;
    const from = `c${String(size)}`;
    for (const call of [`c${String(size - 1)}`, from])
      kept.receipts([kept.call("allow")], { entry: (entry) => ({ ...entry, call }) });
    const report = strictly(prunedForm(kept.lines, size), { mayBePruned: true });
    expect(told(report)).toEqual([`receipt-wrong@6: \`${from}\` waits for no receipt`]);
  });

  test("a call that bears a pruned one's name is held to its own session, as any that waits", () => {
    const kept = new SignedLog().checkpoint().checkpoint();
    const call = kept.call("allow", { call: "c2" });
    kept.receipts([call], { entry: (entry) => ({ ...entry, session: "s2" }) });
    expect(told(strictly(prunedForm(kept.lines, 3), { mayBePruned: true }))).toEqual([
      "call-id-wrong@3: is named `c2` where `c4` is due",
      "receipt-wrong@4: `c2` waits for no receipt",
    ]);
  });
});
