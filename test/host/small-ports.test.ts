import { createHash } from "node:crypto";
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
});

describe("entropy", () => {
  it("is as long as asked for and never twice the same", () => {
    expect(nonce(6)).toMatch(/^[0-9a-f]{12}$/);
    expect(new Set(Array.from({ length: 100 }, () => nonce(16))).size).toBe(100);
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
