/** Keys that ran out while they signed: only a later key that is trusted vouches for that, and never for a thief. */
import { expect, test } from "vitest";
import { TrustedKeys, type TrustedKey } from "../../src/evidence/trust.js";
import type { VerifyReport } from "../../src/evidence/verify.js";
import { findingsOf, parse, RUN_KEY, verifyLines } from "./fixture.js";
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
