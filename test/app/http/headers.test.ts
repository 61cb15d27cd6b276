/** Values in headers: what is encoded reads back as itself, and only in one way. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { acceptedBy, decodeHeader, encodeHeader } from "../../../src/app/http/headers.js";

test("every text is carried in visible ASCII, and comes back", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const carried = encodeHeader(text);
      expect(carried).toMatch(/^[\x20-\x7e]*$/);
      expect(decodeHeader(carried)).toBe(text);
    }),
  );
});

test.each(["=?base64?YR==?=", "=?base64?YQ?=", "=?base64?/w==?=", "=?base64?=", "=?base64?Y Q==?="])(
  "%s is the form of no text",
  (value) => {
    expect(decodeHeader(value)).toBeUndefined();
  },
);

test.each(["=?base64?YQ==", "YQ==?=", "=?BASE64?YQ==?=", ""])("%s stands for itself", (value) => {
  expect(decodeHeader(value)).toBe(value);
});

test.each([
  ["application/json, text/event-stream", true, true, false],
  ["*/*", true, true, false],
  ["text/event-stream, application/json;q=0.5", true, true, true],
  ["application/json, text/event-stream;q=0", true, false, false],
  ["text/html", false, false, false],
])("%s", (accept, json, stream, prefersStream) => {
  expect(acceptedBy(accept)).toEqual({ json, stream, prefersStream });
});
