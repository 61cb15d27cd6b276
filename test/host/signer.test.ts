import { verifyAsync, getPublicKeyAsync, signAsync, Point } from "@noble/ed25519";
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { newSigningKey, type SigningKey } from "../../src/host/signing-key.js";
import { verifyEd25519 } from "../../src/host/signer.js";

function createSigner(): SigningKey {
  return newSigningKey().key;
}

describe("a signing key", () => {
  it("signs what an independent implementation accepts", async () => {
    const signer = createSigner();
    const signature = signer.sign("päper\n");
    expect(signer.publicKeyHex).toMatch(/^[0-9a-f]{64}$/);
    expect(signature).toMatch(/^[0-9a-f]{128}$/);
    const [sig, key] = [Buffer.from(signature, "hex"), Buffer.from(signer.publicKeyHex, "hex")];
    expect(await verifyAsync(sig, Buffer.from("päper\n"), key)).toBe(true);
    expect(verifyEd25519(signer.publicKeyHex, "päper\n", signature)).toBe(true);
  });

  it("accepts what an independent implementation signed", async () => {
    const secret = randomBytes(32);
    const key = Buffer.from(await getPublicKeyAsync(secret)).toString("hex");
    const signature = Buffer.from(await signAsync(Buffer.from("s"), secret)).toString("hex");
    expect(verifyEd25519(key, "s", signature)).toBe(true);
  });

  it("refuses another statement, another key and every flipped bit of the signature", () => {
    const signer = createSigner();
    const signature = signer.sign("s");
    expect(verifyEd25519(signer.publicKeyHex, "t", signature)).toBe(false);
    expect(verifyEd25519(createSigner().publicKeyHex, "s", signature)).toBe(false);
    for (let bit = 0; bit < 512; bit++) {
      const bytes = Buffer.from(signature, "hex");
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(verifyEd25519(signer.publicKeyHex, "s", bytes.toString("hex"))).toBe(false);
    }
  });

  it.each(["", "zz", "ab", "0".repeat(63), "0".repeat(66)])("refuses the malformed text %j", (text) => {
    const signer = createSigner();
    const signature = signer.sign("s");
    expect(verifyEd25519(text, "s", signature)).toBe(false);
    expect(verifyEd25519(signer.publicKeyHex, "s", text)).toBe(false);
    expect(verifyEd25519(signer.publicKeyHex.toUpperCase(), "s", signature)).toBe(false);
  });
});

describe("weak keys", () => {
  const P = 2n ** 255n - 19n;
  const encode = (value: bigint): string =>
    Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse().toString("hex");
  const SIGN = 2n ** 255n;
  const orderEight = [
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  ];
  const keys = [
    ...[0n, 1n, P - 1n, P, P + 1n, 2n ** 255n - 1n].flatMap((y) => [encode(y), encode(y + SIGN)]),
    ...orderEight,
  ];

  it("are of small order or spelt in a second way", () => {
    for (const key of [...orderEight, encode(0n), encode(1n), encode(P - 1n)])
      expect(Point.fromHex(key, true).isSmallOrder()).toBe(true);
  });

  it.each(keys)("cannot make one signature fit any statement: %s", (key) => {
    // R = identity and S = 0 satisfies the equation for a key of small order whenever the challenge is a multiple
    // of its order, so some of 64 statements pass in OpenSSL 3.0.
    const signature = encode(1n) + "0".repeat(64);
    for (let n = 0; n < 64; n++) expect(verifyEd25519(key, String(n), signature)).toBe(false);
  });
});
