/** JSON values as the strict reader can carry them, for properties. */
import fc from "fast-check";
import type { JsonValue } from "../../src/base/json.js";

/** `depth` lists, one in the other. */
export function nested(depth: number): JsonValue {
  let value: JsonValue = [];
  for (let i = 1; i < depth; i++) value = [value];
  return value;
}

const number = fc.oneof(
  fc.maxSafeInteger(),
  fc.double({ noDefaultInfinity: true, noNaN: true }).filter((n) => !isWrittenOutUnsafe(n)),
  fc.constantFrom(0, 1e21, 1e300, 5e-324, -1.5),
);

/** Integers beyond 2^53 that are written digit by digit: refused by the strict reader. */
function isWrittenOutUnsafe(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && !String(value).includes("e");
}

const word = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("10", "9", "constructor", "toJSON", 'a\n"\\'));
const key = word.filter((name) => name !== "__proto__");

/** Any value that the strict reader accepts. */
export const strictValue: fc.Arbitrary<JsonValue> = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    word,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
  ),
})).value;

/** What an edit of JSON text puts in: each of them can change what the text says, or that it is JSON at all. */
export const JSON_BITS: readonly string[] = '" \\ { } [ ] , : 0 - e .'.split(" ").concat(" ", "\u0000", "\ud800");
