/** Base64 against Node's own, and every other spelling refused. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { base64OfHex, hexOfBase64 } from "../../src/base/base64.js";
import { hexBytes } from "../../src/base/bytes.js";

const bytes = fc.uint8Array({ maxLength: 100 }).map((list) => Buffer.from(list));

test("is Node's, there and back", () => {
  fc.assert(
    fc.property(bytes, (buffer) => {
      expect(Buffer.from(hexBytes(buffer.toString("hex")))).toEqual(buffer);
      expect(base64OfHex(buffer.toString("hex"))).toBe(buffer.toString("base64"));
      expect(hexOfBase64(buffer.toString("base64"))).toBe(buffer.toString("hex"));
    }),
  );
});

test.each([
  ["no padding", "AA"],
  ["too much padding", "AAA=="],
  ["padding alone", "===="],
  ["padding in the middle", "AA==AAAA"],
  ["bits that stand for nothing", "AB=="],
  ["bits that stand for nothing, with two bytes", "AAB="],
  ["white space", "AAAA AAAA"],
  ["a newline at the end", "AAAA\n"],
  ["the alphabet of URLs", "_-AA"],
])("refuses %s", (_what, text) => {
  expect(hexOfBase64(text)).toBeUndefined();
});

test("reads only what it would write", () => {
  const letters = fc.string({
    unit: fc.constantFrom("A", "B", "a", "b", "0", "9", "+", "/", "=", "-", "_", " ", "\n"),
    maxLength: 12,
  });
  fc.assert(
    fc.property(letters, (text) => {
      const hex = hexOfBase64(text);
      if (hex !== undefined) expect(base64OfHex(hex)).toBe(text);
    }),
  );
});
