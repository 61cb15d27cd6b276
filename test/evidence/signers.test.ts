/** Who signed a log, how each stood, and what no signature covers; who vouches for a key that ran out, and who never. */
import { describe, expect, test } from "vitest";
import type { SignedItem } from "../../src/evidence/authority.js";
import { FindingList, type Finding } from "../../src/evidence/findings.js";
import type { Ending } from "../../src/evidence/proof.js";
import { Signers, type SignerRow } from "../../src/evidence/signers.js";
import { TrustedKeys, type TrustedKey } from "../../src/evidence/trust.js";
import type { VerifyReport } from "../../src/evidence/verify.js";
import { digests, findingsOf, parse, RUN_KEY, testKey, verifyLines } from "./fixture.js";
import { SignedLog } from "./signed-log.js";
import { NEXT_KEY } from "./tamper-matrix-run.js";

/** Heads by the first key in lines 3 and 4, the change in line 5, a head by the next key in line 6. */
const handedOver = (): SignedLog => new SignedLog().checkpoint().checkpoint().rekey(NEXT_KEY).checkpoint();
const timeAt = (i: number): number => parse(handedOver().lines[i] ?? "").time.wall_ms;
/** Between the two heads of the first key. */
const CHANGED = timeAt(3);

function judged(
  lines: readonly string[],
  first: Partial<TrustedKey>,
  next: Partial<TrustedKey> | undefined,
): VerifyReport {
  const keys = [{ publicKey: RUN_KEY.publicHex, notAfter: CHANGED, ...first }];
  if (next !== undefined) keys.push({ publicKey: NEXT_KEY.publicHex, ...next } as (typeof keys)[number]);
  return verifyLines(lines, { signatures: { trusted: new TrustedKeys(keys) } });
}

test("the next key, trusted, vouches for what the last one signed late", () => {
  const report = judged(handedOver().closed(), {}, { notBefore: CHANGED });
  expect(findingsOf(report)).toEqual([]);
  expect(report.signers?.map(({ standing }) => standing)).toEqual(["trusted", "trusted"]);
});

test("one that is not trusted then, or not at all, vouches for nothing", () => {
  const lines = handedOver().closed();
  expect(findingsOf(judged(lines, {}, undefined)).sort()).toEqual(["signer-expired@4", "signer-unknown@6"]);
  const early = judged(lines, {}, { notBefore: CHANGED + 60_000 });
  expect(findingsOf(early).sort()).toEqual(["signer-expired@4", "signer-not-yet-valid@6"]);
});

test("nor does one that never signed a head or the seal: the change alone is not enough", () => {
  const log = new SignedLog().checkpoint().checkpoint().rekey(NEXT_KEY);
  expect(findingsOf(judged(log.lines, {}, {}))).toContain("signer-expired@4");
});

test("what comes after the next key has signed is late for good, and so is a key that never gave way", () => {
  const back = handedOver().rekey(RUN_KEY).checkpoint();
  expect(findingsOf(judged(back.closed(), {}, {}))).toEqual(["signer-expired@8"]);
  const alone = new SignedLog().checkpoint().checkpoint();
  expect(findingsOf(judged(alone.closed(), {}, {}))).toEqual(["signer-expired@4"]);
});

test.each([
  ["revoked", { notAfter: Infinity, revokedAt: CHANGED }],
  ["suspect", { notAfter: Infinity, revokedAt: CHANGED + 60_000, suspectFrom: CHANGED }],
] as const)("nobody vouches for a key that is %s", (standing, first) => {
  const report = judged(handedOver().closed(), first, {});
  expect(findingsOf(report)).toEqual([`signer-${standing}@4`]);
  expect(report.signers?.[0]?.standing).toBe(standing);
});

const KEY = RUN_KEY.publicHex;
const NEXT = NEXT_KEY.publicHex;
const fingerprintOf = (key: string): string => `sha256:${digests.sha256Hex(Buffer.from(key, "hex"))}`;

interface Signature {
  readonly what?: SignedItem;
  readonly key?: string;
  readonly at?: number;
  readonly line: number;
}

/** What is said of these signatures in a log of so many lines. */
function told(
  signatures: readonly Signature[],
  {
    trusted,
    lines = 9,
    ending = "unsealed",
  }: { trusted?: readonly TrustedKey[]; lines?: number; ending?: Ending } = {},
): { readonly rows: readonly SignerRow[]; readonly findings: readonly Finding[] } {
  const found = new FindingList();
  const signers = new Signers(digests, { trusted: trusted && new TrustedKeys(trusted) }, found);
  for (const { what = "checkpoint", key = KEY, at = 5, line } of signatures)
    signers.signed(what, { key, wall_ms: at, line });
  return { rows: signers.end(lines, ending), findings: found.list };
}

describe("each key has a row", () => {
  test("with its name, its label, what it signed and how often, from when to when, and how it stood", () => {
    const signed = [
      { at: 5, line: 3 },
      { what: "receipts", at: 9, line: 4 },
      { what: "checkpoint", at: 3, line: 5 },
      { what: "key", at: 4, line: 6 },
      { what: "seal", key: NEXT, at: 7, line: 9 },
    ] as const;
    const { rows } = told(signed, { trusted: [{ publicKey: KEY, label: "ops" }, { publicKey: NEXT }] });
    const none = { checkpoint: 0, receipts: 0, handle: 0, seal: 0, key: 0 };
    expect(rows).toStrictEqual([
      {
        ...{ fingerprint: fingerprintOf(KEY), label: "ops" },
        signed: { ...none, checkpoint: 2, receipts: 1, key: 1 },
        ...{ from_ms: 3, to_ms: 9, standing: "trusted" },
      },
      {
        fingerprint: fingerprintOf(NEXT),
        signed: { ...none, seal: 1 },
        ...{ from_ms: 7, to_ms: 7, standing: "trusted" },
      },
    ]);
  });

  test("without a standing where no key is named as trusted", () => {
    expect(told([{ line: 9 }]).rows[0]).not.toHaveProperty("standing");
  });

  test("with the worst standing that it had, and is told once for each", () => {
    const key = { publicKey: KEY, notBefore: 4, suspectFrom: 6, revokedAt: 8 };
    const signed = [5, 3, 6, 9, 9, 7, 4].map((at, i) => ({ at, line: i + 1 }));
    const { rows, findings } = told(signed, { trusted: [key], lines: 7 });
    expect(rows[0]?.standing).toBe("revoked");
    expect(findings).toEqual(
      (
        [
          ["not-yet-valid", 2],
          ["suspect", 3],
          ["revoked", 4],
        ] as const
      ).map(([standing, line]) => ({
        code: `signer-${standing}`,
        severity: "failure",
        line,
        detail: `signed by ${fingerprintOf(KEY)}`,
      })),
    );
  });

  test("up to 256: what more keys sign is told once, and covers nothing", () => {
    const keys = Array.from({ length: 258 }, (_, i) => digests.sha256Hex(String(i)));
    const signed = keys.map((key, i) => ({ key, line: i + 1 }));
    const tail = { severity: "failure", code: "unsigned-tail", line: 257 };
    const { rows, findings } = told(signed, { trusted: keys.map((publicKey) => ({ publicKey })), lines: 258 });
    expect(rows.map(({ fingerprint }) => fingerprint)).toEqual(keys.slice(0, 256).map(fingerprintOf));
    expect(findings).toMatchObject([
      { severity: "failure", code: "signer-unknown", line: 257, detail: "more than 256 keys signed" },
      tail,
    ]);
    const untold = told(signed, { lines: 258 });
    expect([untold.rows.length, untold.findings]).toMatchObject([256, [{ ...tail, severity: "note" }]]);
  });
});

describe("a key that signed after its time", () => {
  const first = { publicKey: KEY, notAfter: 10 };

  test("stands as trusted, once the next key has vouched for it", () => {
    const { rows, findings } = told(
      [
        { at: 20, line: 3 },
        { key: NEXT, at: 21, line: 9 },
      ],
      {
        trusted: [first, { publicKey: NEXT }],
      },
    );
    expect(findings).toEqual([]);
    expect(rows.map(({ standing }) => standing)).toEqual(["trusted", "trusted"]);
  });

  test("cannot vouch for itself by a clock that it sets back", () => {
    const { rows, findings } = told(
      [
        { at: 20, line: 3 },
        { at: 5, line: 9 },
      ],
      { trusted: [first] },
    );
    expect(findings).toMatchObject([{ code: "signer-expired", line: 3 }]);
    expect(rows[0]?.standing).toBe("expired");
  });
});

describe("lines that no signature covers", () => {
  const trusted = [{ publicKey: KEY }];
  const covered: readonly (readonly [string, readonly Signature[], Ending, number])[] = [
    ["a head in the last line", [{ line: 9 }], "unsealed", 9],
    ["a seal", [{ line: 3 }, { what: "seal", line: 8 }], "sealed", 9],
  ];
  test.each(covered)("are none under %s", (_what, signatures, ending, lines) => {
    expect(told(signatures, { trusted, ending, lines }).findings).toEqual([]);
  });

  test.each(["unsealed", "recovered"] as const)("are told from the first on, in a log that is %s", (ending) => {
    const { findings } = told([{ line: 3 }, { line: 5 }], { trusted, ending, lines: 9 });
    const detail = "4 lines stand after the last signature";
    expect(findings).toEqual([{ code: "unsigned-tail", severity: "failure", line: 6, detail }]);
  });

  test("are all, when only receipts and changes of key are signed", () => {
    const detail = "no valid signature stands in it";
    for (const what of ["receipts", "handle", "key"] as const)
      expect(told([{ what, line: 9 }], { trusted }).findings).toEqual([
        { code: "not-signed", severity: "failure", detail },
      ]);
  });

  test("are no more than a note to a reader who names no trusted keys", () => {
    expect(told([]).findings).toMatchObject([{ code: "not-signed", severity: "note" }]);
    expect(told([{ line: 3 }]).findings).toMatchObject([{ code: "unsigned-tail", severity: "note" }]);
  });
});

test("a key that nobody named is unknown, and told by its fingerprint", () => {
  const stranger = testKey(9).publicHex;
  const { rows, findings } = told([{ key: stranger, line: 9 }], { trusted: [{ publicKey: KEY }] });
  expect(rows[0]?.standing).toBe("unknown");
  expect(findings).toMatchObject([{ code: "signer-unknown", line: 9, detail: `signed by ${fingerprintOf(stranger)}` }]);
});
