import fc from "fast-check";
import { expect, it } from "vitest";
import { utf8Length } from "../../src/base/bytes.js";

it("counts the bytes of UTF-8 without writing them all down, whatever the text and its length", () => {
  const part = fc.string({ unit: "binary", maxLength: 40 });
  fc.assert(
    fc.property(part, part, fc.integer({ min: 0, max: 3000 }), (before, repeated, times) => {
      const text = before + repeated.repeat(times);
      expect(utf8Length(text)).toBe(Buffer.byteLength(text, "utf8"));
    }),
  );
});
