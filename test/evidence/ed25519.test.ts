/** Keys that may not be believed, and the crafted signatures on which verifiers disagree. */
import { createHash } from "node:crypto";
import { Point } from "@noble/ed25519";
import { describe, expect, it } from "vitest";
import { keyName } from "../../src/evidence/note.js";
import { fingerprint, isWeakKey, keyFault } from "../../src/evidence/ed25519.js";
import { nodeDigests } from "../../src/host/digests.js";
import { verifyEd25519 } from "../../src/host/signer.js";

const P = 2n ** 255n - 19n;
const SIGN = 2n ** 255n;
const encode = (value: bigint): string =>
  Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse().toString("hex");
const ORDER_EIGHT = [
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
];
const withSign = (key: string): string => key.slice(0, 62) + (Number.parseInt(key.slice(62), 16) ^ 0x80).toString(16);
const SMALL = [encode(0n), encode(1n), encode(P - 1n), ...ORDER_EIGHT].flatMap((key) => [key, withSign(key)]);
const NOT_CANONICAL = [P, P + 1n, P + 18n].flatMap((y) => [encode(y), encode(y + SIGN)]);
/** RFC 8032 section 7.1, TEST 1. */
const HONEST = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

describe("a key to trust", () => {
  it("is not of small order: 64 crafted signatures of one key are accepted 0 times", () => {
    const [key = ""] = ORDER_EIGHT;
    const crafted = encode(1n) + "0".repeat(64);
    const accepted = Array.from({ length: 64 }, (_, n) => verifyEd25519(key, `message ${String(n)}`, crafted));
    expect(accepted.filter(Boolean).length).toBe(0);
  });

  it.each(SMALL)("is not %s, a multiple of whose challenge is the identity", (key) => {
    expect(isWeakKey(key)).toBe(true);
    expect(keyFault(key)).toMatch(/small order/);
  });

  it("is on the list exactly when an independent implementation finds it of small order", () => {
    const found = [...SMALL, HONEST].map((key) => {
      try {
        return Point.fromHex(key, true).isSmallOrder();
      } catch {
        return "no point";
      }
    });
    expect(found.at(-1)).toBe(false);
    expect(found.slice(0, -1).filter((small) => small === false)).toEqual([]);
    expect(found.filter((small) => small === true).length).toBeGreaterThanOrEqual(8);
  });

  it.each(NOT_CANONICAL)("is not %s, the second spelling of another", (key) => {
    expect(keyFault(key)).toMatch(/not canonical/);
  });

  it.each(["", "ab", HONEST.toUpperCase(), `${HONEST}00`, `${HONEST}\n`, HONEST.slice(2)])("is not %j", (text) => {
    expect(keyFault(text)).toMatch(/64 lower-case/);
  });

  it("is not one whose private half is public", () => {
    const published = "db995fe25169d141cab9bbba92baa01f9f2e1ece7df4cb2ac05190f37fcc1f9d";
    expect(keyFault(published)).toContain("development key of the Rust AgentK");
  });

  it("may be any other, and is named after its digest", () => {
    expect(keyFault(HONEST)).toBeUndefined();
    const digest = createHash("sha256").update(Buffer.from(HONEST, "hex")).digest("hex");
    expect(fingerprint(nodeDigests, HONEST)).toBe(`sha256:${digest}`);
    expect(keyName(nodeDigests, HONEST)).toBe(`agentk/${digest.slice(0, 16)}`);
  });
});
