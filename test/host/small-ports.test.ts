import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { createClock } from "../../src/host/clock.js";
import { nodeDigests } from "../../src/host/digests.js";
import { newRunId, nonce } from "../../src/host/entropy.js";
import { codeOf } from "./folder.js";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe("digests", () => {
  it("agree with an independent implementation", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.uint8Array(), (text, bytes) => {
        expect(nodeDigests.sha256Hex(text)).toBe(hex(sha256(Buffer.from(text, "utf8"))));
        expect(nodeDigests.sha256Hex(bytes)).toBe(hex(sha256(bytes)));
        expect(nodeDigests.hmacSha256Hex(hex(bytes), text)).toBe(hex(hmac(sha256, bytes, Buffer.from(text, "utf8"))));
      }),
    );
    expect(nodeDigests.sha256Hex("abc")).toBe(createHash("sha256").update("abc").digest("hex"));
  });

  it("keep one key's pads, whatever the keys and texts before were and however long they are", () => {
    const keys = fc.uint8Array({ minLength: 0, maxLength: 200 });
    const calls = fc.array(fc.tuple(fc.nat(2), fc.string({ unit: "binary", maxLength: 600 })), { maxLength: 12 });
    fc.assert(
      fc.property(fc.tuple(keys, keys, keys), calls, (given, asked) => {
        for (const [which, text] of asked) {
          const key = given[which] ?? new Uint8Array();
          const expected = createHmac("sha256", key).update(text, "utf8").digest("hex");
          expect(nodeDigests.hmacSha256Hex(hex(key), text)).toBe(expected);
        }
      }),
    );
  });
});

describe("entropy", () => {
  it("is as long as asked for and never twice the same", () => {
    expect(nonce(6)).toMatch(/^[0-9a-f]{12}$/);
    expect(new Set(Array.from({ length: 1000 }, () => nonce(16))).size).toBe(1000);
    expect(nonce(1024)).toMatch(/^[0-9a-f]{2048}$/);
  });

  it("never gives a byte of what it holds twice, in whatever portions it is asked", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 8, max: 1024 }), { maxLength: 20 }), (sizes) => {
        const given = sizes.map((size) => nonce(size));
        expect(given.map(({ length }) => length / 2)).toEqual(sizes);
        const pieces = given.flatMap((text) => text.match(/.{16}/g) ?? []);
        expect(new Set(pieces).size).toBe(pieces.length);
      }),
    );
  });

  it("refuses more than it draws in one go", () => {
    expect(codeOf(() => nonce(1025))).toBe("internal");
  });

  it("names runs so that they sort by time", () => {
    expect(newRunId(new Date(Date.UTC(2026, 10, 5, 7, 8, 9, 123)), "0123456789ab")).toBe(
      "20261105T070809Z-0123456789ab",
    );
  });

  it("refuses a nonce that would not make a run id", () => {
    for (const bad of ["", "0123", "0123456789AB", "../0123456789"])
      expect(codeOf(() => newRunId(new Date(0), bad))).toBe("internal");
  });
});

describe("a clock", () => {
  it("gives integers, and its monotonic half never goes back", () => {
    const now = createClock();
    let last = 0;
    for (let n = 0; n < 1000; n++) {
      const { mono_us, wall_ms } = now();
      expect(Number.isSafeInteger(mono_us) && Number.isSafeInteger(wall_ms)).toBe(true);
      expect(mono_us).toBeGreaterThanOrEqual(last);
      last = mono_us;
    }
  });
});
