/** What a writer who has the key can put in a log of version 3 without receipts, or with wrong ones: each is found. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FindingCode } from "../../src/evidence/findings.js";
import type { VerifyReport } from "../../src/evidence/verify.js";
import { checkpointOf } from "../../src/evidence/checkpoint.js";
import { writeNote, keyName } from "../../src/evidence/note.js";
import { verifyEd25519 } from "../../src/host/signer.js";
import { noteOver } from "./checkpointed.js";
import { commit, digests, fileOf, findingsOf, RUN, RUN_KEY } from "./fixture.js";
import { rehash, sessionEvent, testKey, verifyBytes, verifyLines, type TestKey } from "./fixture.js";
import type { Intent } from "../../src/evidence/receipt.js";
import { SignedLog, type Lie } from "./signed-log.js";

const OTHER = testKey(8);
const THIRD = testKey(9);
const keyFingerprintOf = ({ publicHex }: TestKey): string =>
  `sha256:${digests.sha256Hex(Buffer.from(publicHex, "hex"))}`;
const DEADBEEF = "d".repeat(64);

/** With every signature checked. */
function strictly(lines: readonly string[]): VerifyReport {
  return verifyLines(lines, { signatures: { trusted: undefined } });
}

function found(build: (log: SignedLog) => unknown): readonly string[] {
  const log = new SignedLog();
  build(log);
  return findingsOf(strictly(log.closed()));
}

/** A run with a group of two, one alone, a denied call, an approved one, heads between. */
function whole(): SignedLog {
  const log = new SignedLog().checkpoint();
  const [one, two] = [log.call("allow"), log.call("allow")];
  log.receipts([one, two]).answered(two).answered(one);
  log.call("deny");
  log.checkpoint();
  const asked = log.call("ask");
  log.approve(asked).receipts([asked]).answered(asked);
  return log.checkpoint();
}

describe("an honest log", () => {
  test("verifies, every signature checked, and says what was signed", () => {
    const lines = whole().closed();
    const report = strictly(lines);
    expect(report).toMatchObject({ ok: true, ending: "sealed", findingCount: 0, allowed: 3, denied: 1 });
    expect(report.signed).toEqual({ checkpoints: 3, receipts: 3, lines: lines.length });
    expect(report.signers).toMatchObject([
      { fingerprint: keyFingerprintOf(RUN_KEY), signed: { checkpoint: 3, receipts: 2, handle: 0, seal: 1, key: 0 } },
    ]);
  });

  test("that was killed says how far its last head reaches", () => {
    const log = whole();
    const size = log.seq - 1;
    log.call("deny");
    const report = verifyLines(log.lines, { mayBeOpen: true });
    expect(report.signed.lines).toBe(size);
    expect(report.proved.join("\n")).toContain(`first ${String(size)} of them`);
    expect(report.cannotProve.join("\n")).toContain(`after the first ${String(size)}`);
  });

  test.each(["agentk-flight/1", "agentk-flight/2"] as const)("of %s needs no receipt and no checkpoint", (format) => {
    const log = new SignedLog(format);
    log.answered(log.call("allow"));
    const asked = log.call("ask");
    log.approve(asked).answered(asked);
    expect(findingsOf(strictly(log.closed()))).toEqual([]);
  });

  test("may end with calls that never got their receipt: none of them began", () => {
    const statuses = ["unknown", "not-sent"] as const;
    expect(
      found((log) => {
        for (const status of statuses)
          log.add({ type: "outcome", value: { call: log.call("allow"), session: "s1", status } });
        log.call("allow");
      }),
    ).toEqual([]);
  });
});

describe("a call without its receipt", () => {
  test.each(["ok", "tool-error", "rpc-error", "invalid-answer", "timeout", "cancelled", "child-exited"] as const)(
    "that ends as %s went on without",
    (status) => {
      const cheat = (log: SignedLog): unknown =>
        log.add({ type: "outcome", value: { call: log.call("allow"), session: "s1", status } });
      expect(found(cheat)).toEqual(["receipt-missing@4"]);
    },
  );

  test("that gets a page went on without, and is reported once", () => {
    expect(found((log) => log.answered(log.call("allow")))).toEqual(["receipt-missing@4"]);
  });

  test("that a human approved went on without", () => {
    expect(
      found((log) => {
        const call = log.call("ask");
        log.approve(call).answered(call);
      }),
    ).toEqual(["receipt-missing@5"]);
  });

  test("is not helped by the receipt of another", () => {
    expect(
      found((log) => {
        const [one, two] = [log.call("allow"), log.call("allow")];
        log.receipts([one]).answered(one).answered(two);
      }),
    ).toEqual(["receipt-missing@8"]);
  });

  test("is not helped by one that comes too late", () => {
    const late = found((log) => {
      const call = log.call("allow");
      log.answered(call).receipts([call]);
    });
    expect(late).toEqual(["receipt-missing@4", "receipt-wrong@6", "receipt-wrong@6"].slice(0, late.length));
    expect(late.length).toBeGreaterThan(1);
  });
});

describe("a receipt", () => {
  const ofCall = (build: (log: SignedLog) => string): readonly string[] =>
    found((log) => {
      log.receipts([build(log)]);
    }).map((one) => one.replace(/@.*/, ""));

  test.each<readonly [string, (log: SignedLog) => string]>([
    ["a denied call", (log) => log.call("deny")],
    ["a call that a human is asked about", (log) => log.call("ask")],
    [
      "a call that a human refused",
      (log) => {
        const call = log.call("ask");
        log.approve(call, false);
        return call;
      },
    ],
    [
      "a call that has one",
      (log) => {
        const call = log.call("allow");
        log.receipts([call]);
        return call;
      },
    ],
    [
      "a call that is over",
      (log) => {
        const call = log.call("allow");
        log.add({ type: "outcome", value: { call, session: "s1", status: "unknown" } });
        return call;
      },
    ],
  ])("for %s is wrong", (_what, build) => {
    expect(new Set(ofCall(build))).toEqual(new Set(["receipt-wrong"]));
  });

  const lies: readonly (readonly [string, Lie])[] = [
    ["nonce", { entry: (entry) => ({ ...entry, nonce: "0b".repeat(16) }) }],
    ["time of its end", { entry: (entry) => ({ ...entry, expires_ms: entry.expires_ms + 1 }) }],
    ["line of its end", { entry: (entry) => ({ ...entry, expires_seq: entry.expires_seq + 1 }) }],
    ["id", { entry: (entry) => ({ ...entry, id: "cap_0000000000000000" }) }],
    ["session", { entry: (entry) => ({ ...entry, session: "s2" }) }],
    ["call", { entry: (entry) => ({ ...entry, call: "c99" }) }],
    ["handle, put in", { entry: (entry) => ({ ...entry, handle: "secret_fd_0000000000000000" }) }],
    ["root", { root: DEADBEEF }],
    ["end, in the past", { expires: { ms: 1 } }],
    ["end, at a line before its own", { expires: { seq: 1 } }],
    ...(["agent", "intent", "kind", "policy", "server", "session", "target"] as const).map(
      (name): readonly [string, Lie] => [`${name} bound`, { intent: (intent) => ({ ...intent, [name]: "x" }) }],
    ),
    ["call bound", { intent: (intent) => ({ ...intent, call: "c99" }) }],
    ["arguments bound", { intent: (intent) => ({ ...intent, arguments: DEADBEEF }) }],
    ["arguments to be sent bound", { intent: (intent) => ({ ...intent, sent: DEADBEEF }) }],
    ["subject bound", { intent: (intent) => ({ ...intent, subject: DEADBEEF }) }],
  ];
  test.each(lies)("with another %s is wrong, though the key signed it", (_what, lie) => {
    const findings = found((log) => {
      const call = log.call("allow");
      log.receipts([call], lie).answered(call);
    });
    expect(findings[0]).toBe("receipt-wrong@4");
    const after = findings.map((one) => one.replace(/@.*/, "")).filter((code) => code !== "receipt-missing");
    expect(new Set(after)).toEqual(new Set(["receipt-wrong"]));
  });

  test.each(["arguments", "sent", "subject"] as const)("binds the commitment to %s of its line", (name) => {
    const build = (lie: Lie): readonly string[] =>
      found((log) => log.receipts([log.call("allow", { [name]: commit(99) })], lie));
    expect(build({})).toEqual([]);
    expect(
      build({
        intent: (intent) =>
          Object.fromEntries(Object.entries(intent).filter(([key]) => key !== name)) as unknown as Intent,
      })[0],
    ).toBe("receipt-wrong@4");
  });

  test("twice in one line is wrong, and so is a line with none", () => {
    expect(found((log) => ((call) => log.receipts([call, call]))(log.call("allow")))[0]).toBe("receipt-wrong@4");
    expect(found((log) => log.receipts([]))).toEqual(["receipt-wrong@3"]);
  });

  test("that another key signed, or signed for another run, is found where signatures are checked", () => {
    const root = DEADBEEF;
    for (const signature of [OTHER.sign(`agentk/receipts/1\n${RUN}\n${root}\n`), "0".repeat(128)]) {
      const log = new SignedLog();
      const call = log.call("allow");
      const lines = log.receipts([call], { signature }).answered(call).closed();
      expect(findingsOf(strictly(lines))).toEqual(["receipt-signature@4"]);
    }
  });
});

describe("a checkpoint", () => {
  const lines = new SignedLog().lines;
  const head = { publicKey: RUN_KEY.publicHex, run: RUN, size: 2, root: DEADBEEF };
  const noteOf = (more: Partial<typeof head>, key = RUN_KEY): string => {
    const { statement, note } = checkpointOf(digests, { ...head, ...more });
    return note(key.sign(statement));
  };
  const good = noteOver(lines);
  const cosigned = (): string => {
    const text = good.split("\n\n")[0] ?? "";
    const name = keyName(digests, OTHER.publicHex);
    const other = writeNote(digests, `${text}\n`, {
      name,
      publicKey: OTHER.publicHex,
      signature: OTHER.sign(`${text}\n`),
    });
    return good + other.slice(text.length + 2);
  };
  test.each<readonly [string, string, readonly FindingCode[]]>([
    ["another root", noteOf({}), ["checkpoint-wrong"]],
    ["fewer lines", noteOver(lines.slice(0, 1)), ["checkpoint-wrong"]],
    ["more lines", noteOver([...lines, "x"]), ["checkpoint-wrong"]],
    ["another run", noteOver(lines, RUN_KEY, "20261121T035413Z-ffffffffffff"), ["checkpoint-wrong"]],
    ["another key's", noteOver(lines, OTHER), ["checkpoint-wrong", "checkpoint-signature"]],
    [
      "a signature by another key in its name",
      good.replace(/— .*\n/u, `${noteOver(lines, OTHER).split("\n").at(-2) ?? ""}\n`),
      ["checkpoint-signature"],
    ],
    [
      "a signature of other lines",
      good.replace(/— .*\n/u, (noteOf({}).split("\n").at(-2) ?? "") + "\n"),
      ["checkpoint-signature"],
    ],
    ["two signatures", cosigned(), ["checkpoint-signature"]],
    ["its signature twice", good + (good.split("\n").at(-2) ?? "") + "\n", ["checkpoint-wrong"]],
    ["no note", "not a note", ["checkpoint-wrong"]],
    ["no signature", good.split("—")[0] ?? "", ["checkpoint-wrong"]],
    ["nothing at all", "", ["checkpoint-wrong"]],
  ])("of %s is found", (_what, note, codes) => {
    const log = new SignedLog();
    const report = strictly(log.checkpoint(note).closed());
    expect(findingsOf(report)).toEqual(codes.map((code) => `${code}@3`));
  });

  test("that is wrong extends nothing that is said to be signed", () => {
    const log = new SignedLog().checkpoint();
    log.add(sessionEvent()).checkpoint(noteOf({ size: 4 }));
    const report = verifyLines(log.lines, { mayBeOpen: true });
    expect(findingsOf(report)[0]).toBe("checkpoint-wrong@5");
    expect(report.signed.lines).toBe(2);
  });

  test("shows that a line before it was changed, though the chain was made anew", () => {
    const log = new SignedLog();
    log.call("deny");
    const edited = rehash(
      log
        .checkpoint()
        .lines.map((line) => line.replace("write_file", "read_file").replace("default-deny", "other-rule")),
    );
    expect(findingsOf(verifyLines(edited, { mayBeOpen: true }))[0]).toBe("checkpoint-wrong@4");
  });
});

describe("a change of the key", () => {
  test("by both keys goes on under the next one, for heads, receipts and seal", () => {
    const log = new SignedLog().rekey(OTHER);
    const call = log.call("allow");
    log.receipts([call]).answered(call).checkpoint().rekey(THIRD).checkpoint();
    const report = strictly(log.closed());
    expect(findingsOf(report)).toEqual([]);
    expect(report.run?.publicKey).toBe(RUN_KEY.publicHex);
    expect(report.signers).toMatchObject([
      { fingerprint: keyFingerprintOf(RUN_KEY), signed: { checkpoint: 0, receipts: 0, seal: 0, key: 1 } },
      { fingerprint: keyFingerprintOf(OTHER), signed: { checkpoint: 1, receipts: 1, seal: 0, key: 1 } },
      { fingerprint: keyFingerprintOf(THIRD), signed: { checkpoint: 1, receipts: 0, seal: 1, key: 0 } },
    ]);
  });

  test.each<readonly [string, Parameters<SignedLog["rekey"]>[1]]>([
    ["that the key in force did not sign", { previous: OTHER }],
    ["that the next key did not sign", { next: RUN_KEY }],
    ["made for another line", { seq: 7 }],
    ["made after another line", { prev: DEADBEEF }],
    ["made for another run", { run: "20261121T035413Z-ffffffffffff" }],
  ])("%s is found, and the new key counts for nothing", (_what, lie) => {
    const log = new SignedLog().rekey(OTHER, lie).checkpoint();
    expect(findingsOf(strictly(log.closed()))).toEqual([
      ...["key-change-invalid@3", "checkpoint-wrong@4", "checkpoint-signature@4", "seal-invalid@5", "not-signed@-"],
    ]);
  });

  test("leaves the key before it nothing to sign", () => {
    const log = new SignedLog().rekey(OTHER);
    const call = log.call("allow");
    log.key = RUN_KEY;
    log.receipts([call]).checkpoint();
    expect(findingsOf(strictly(log.closed()))).toEqual([
      ...["receipt-signature@5", "checkpoint-wrong@6", "checkpoint-signature@6", "seal-invalid@7", "not-signed@-"],
    ]);
  });
});

describe("damage", () => {
  const lines = whole().closed();
  const file = fileOf(lines);

  test.each(lines.map((_, index) => index))(
    "to line %i (from 0) is found there and blamed on nothing else",
    (index) => {
      const damaged = lines.map((line, at) => (at === index ? line.replace('"seq":', '"sqe":') : line));
      const report = verifyLines(damaged, { signatures: { trusted: undefined }, verifySignature: verifyEd25519 });
      const [first, ...more] = findingsOf(report).filter((one) => !/^(?:unsealed|not-signed|unsigned-tail)@/.test(one));
      expect(first).toBe(`hash-mismatch@${String(index + 1)}`);
      // Without an approval its call is no allowed one, and without the first line there is no key.
      if (index !== 0 && !lines[index]?.includes('"type":"approval"')) expect(more).toEqual([]);
    },
  );

  test("of any one byte fails the log at its line", () => {
    fc.assert(
      fc.property(fc.nat({ max: file.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, mask) => {
        const bytes = Buffer.from(file);
        bytes[at] = (bytes[at] ?? 0) ^ mask;
        fc.pre(file[at] !== 10 && bytes[at] !== 10);
        const report = verifyBytes(bytes);
        const line = file.subarray(0, at).filter((byte) => byte === 10).length + 1;
        expect([report.ok, report.findings[0]?.line]).toEqual([false, line]);
      }),
      { numRuns: 300 },
    );
  });
});
