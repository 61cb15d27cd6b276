/** What is said to be plain has no readings: the quick look may never hide what the encodings would undo. */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodings } from "../../../src/mmu/text/decode.js";
import { isPlain } from "../../../src/mmu/text/plain.js";
import { readmes, windowsOf } from "./prose.js";

const NONE = { readings: [], isComplete: true };

describe("isPlain", () => {
  it("holds for prose, addresses and paths, and for most of what is written", () => {
    expect(isPlain("Please write to bob@acme.example about it, and soon.")).toBe(true);
    expect(isPlain("see /etc/passwd (or not).")).toBe(true);
    const windows = readmes().flatMap((text) => windowsOf(text, 60).slice(0, 20));
    const share = windows.filter(isPlain).length / windows.length;
    expect(share).toBeGreaterThan(0.3);
  });

  it("holds for no text that has readings", () => {
    for (const text of readmes()) {
      for (const window of windowsOf(text, 80).slice(0, 20))
        if (isPlain(window)) expect(decodings(window)).toEqual(NONE);
    }
    const encoded = fc
      .string({ maxLength: 24 })
      .chain((text) =>
        fc.constantFrom(
          text,
          Buffer.from(text).toString("base64"),
          Buffer.from(text).toString("base64url"),
          Buffer.from(text).toString("hex"),
          encodeURIComponent(Buffer.from(text).toString()),
          JSON.stringify(text),
          [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, "0")).join(":"),
          Array.from(text, (one) => `&#${String(one.codePointAt(0))};`).join(""),
        ),
      );
    const around = fc.constantFrom("", ".", " (x) ", "so: ", "a b ", "\n", "!");
    fc.assert(
      fc.property(around, encoded, around, (before, text, after) => {
        const whole = before + text + after;
        if (isPlain(whole)) expect(decodings(whole)).toEqual(NONE);
      }),
      { numRuns: 3000 },
    );
  });
});
