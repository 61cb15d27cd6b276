/** How a key stands when several sources speak of it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TrustedKeys, type TrustedKey } from "../../src/evidence/trust.js";
import { newSigningKey } from "../../src/host/signing-key.js";

const [KEY = "", OTHER = ""] = Array.from({ length: 2 }, () => newSigningKey().key.publicKeyHex);

describe("trusted keys", () => {
  it("a pin holds at any time, and for no other key", () => {
    const keys = new TrustedKeys([{ publicKey: KEY }]);
    expect([keys.judge(KEY, 0), keys.judge(KEY, 8.64e15), keys.judge(OTHER, 0)]).toEqual([
      "trusted",
      "trusted",
      "unknown",
    ]);
    expect(keys.size).toBe(1);
  });

  it("a pin does not save a key that a manifest revokes", () => {
    const manifest = { publicKey: KEY, revokedAt: 2000, suspectFrom: 1000, label: "ops" };
    for (const sources of [
      [{ publicKey: KEY }, manifest],
      [manifest, { publicKey: KEY }],
    ]) {
      const keys = new TrustedKeys(sources);
      expect([999, 1000, 1999, 2000].map((at) => keys.judge(KEY, at))).toEqual([
        "trusted",
        "suspect",
        "suspect",
        "revoked",
      ]);
      expect(keys.labelOf(KEY)).toBe("ops");
    }
  });

  // Claim: K2
  it("more sources never make a no a yes", () => {
    const time = fc.option(fc.nat(20), { nil: undefined });
    const source = fc
      .record({ notBefore: time, notAfter: time, revokedAt: time, suspectFrom: time })
      .map((times): TrustedKey => ({
        publicKey: KEY,
        ...Object.fromEntries(Object.entries(times).filter(([, value]) => value !== undefined)),
      }));
    fc.assert(
      fc.property(fc.array(source, { minLength: 1, maxLength: 4 }), source, fc.nat(20), (sources, more, at) => {
        const before = new TrustedKeys(sources).judge(KEY, at);
        const after = new TrustedKeys([...sources, more]).judge(KEY, at);
        expect(before !== "trusted" && after === "trusted").toBe(false);
      }),
    );
  });

  it("a moment that is no number is never trusted", () => {
    expect(new TrustedKeys([{ publicKey: KEY }]).judge(KEY, Number.NaN)).not.toBe("trusted");
  });

  it("takes no key that cannot be trusted", () => {
    for (const publicKey of ["", "ab", "0".repeat(64), `01${"0".repeat(62)}`])
      expect(() => new TrustedKeys([{ publicKey }])).toThrow(RangeError);
  });
});
