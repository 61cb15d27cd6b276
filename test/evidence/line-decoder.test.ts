/** The quick reader of lines is the slow one: whatever it has read before, it says of a line what decodeLine says. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { canonicalJson } from "../../src/base/canonical.js";
import type { JsonObject, JsonValue } from "../../src/base/json.js";
import { decodeLine, encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { LineDecoder } from "../../src/evidence/line-decoder.js";
import { JSON_BITS } from "../base/values.js";
import { digests, restated } from "./fixture.js";
import { longLog } from "./long-log.js";

const LOG = longLog();

/** A decoder that has read a log some times over: the last times by its forms. */
function experienced(): LineDecoder {
  const decoder = new LineDecoder(digests);
  for (const line of [LOG, LOG, LOG, LOG].flat()) expect(decoder.decode(line)).toEqual(decodeLine(digests, line));
  return decoder;
}

const decoder = experienced();

function expectSame(line: string): void {
  expect(decoder.decode(line)).toEqual(decodeLine(digests, line));
}

const BITS = [...JSON_BITS, "\\u0061", "é", "Z"];
const edit = fc.record({
  line: fc.constantFrom(...LOG),
  at: fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }),
  cut: fc.nat({ max: 3 }),
  put: fc.oneof(fc.constantFrom(...BITS), fc.string({ maxLength: 3 })),
});

describe("LineDecoder says what decodeLine says", () => {
  test("of lines with a few characters changed", () => {
    fc.assert(
      fc.property(edit, ({ line, at, cut, put }) => {
        const from = Math.floor(at * line.length);
        const edited = line.slice(0, from) + put + line.slice(from + cut);
        expectSame(edited);
        expectSame(restated(edited));
      }),
      { numRuns: 3000 },
    );
  });

  test("of lines with a value in place of another, and a true hash", () => {
    const leaf = fc.oneof(
      fc.constantFrom(
        "",
        "a".repeat(64),
        "c1",
        "p7",
        "s1",
        "allow",
        "\u007f",
        "\u2028",
        "\ud83d\ude00",
        "x".repeat(2000),
      ),
      fc.constantFrom(0, -1, 1.5, 1e15, 999_999_999_999_999, 2 ** 53 - 1, 1e21, true, null),
      fc.string({ unit: "binary" }),
    ) as fc.Arbitrary<JsonValue>;
    fc.assert(
      fc.property(fc.constantFrom(...LOG), fc.nat(), leaf, (line, which, put) => {
        expectSame(restated(canonicalJson(withLeaf(JSON.parse(line) as JsonObject, which, put))));
      }),
      { numRuns: 3000 },
    );
  });

  test.each([
    ["a member twice", (line: string) => line.replace('"type":', '"type":"open","type":')],
    ["a number in another form", (line: string) => line.replace(/"seq":(\d+)/, '"seq":$1.0')],
    ["a number with a zero before it", (line: string) => line.replace(/"seq":/, '"seq":0')],
    ["a number of 16 digits", (line: string) => line.replace(/"mono_us":\d+/, '"mono_us":9007199254740991')],
    ["a number that a double rounds", (line: string) => line.replace(/"mono_us":\d+/, '"mono_us":9007199254740993')],
    ["white space at its end", (line: string) => `${line} `],
    ["a newline at its end", (line: string) => `${line}\n`],
    ["an escape that need not be", (line: string) => line.replace('"type":"', '"type":"\\u006f')],
  ])("of every line with %s", (_name, change) => {
    for (const line of LOG) {
      expectSame(change(line));
      expectSame(restated(change(line)));
    }
  });

  test("of every line with its hash, or the one before it, changed by a digit", () => {
    for (const line of LOG)
      for (const at of [9, 72, 83, 146])
        expectSame(line.slice(0, at) + (line[at] === "0" ? "1" : "0") + line.slice(at + 1));
  });

  test("of lines that it has not seen the like of, in any order", () => {
    const word = fc.stringMatching(/^[a-zé"\\ 漢]{1,12}$/u);
    const events = fc
      .record({ session: word, fault: word })
      .map((value) => ({ ...value, fact: "child-fault" as const }));
    fc.assert(
      fc.property(fc.array(events, { maxLength: 12 }), (values) => {
        const fresh = new LineDecoder(digests);
        for (const line of [LOG, LOG].flat()) fresh.decode(line);
        for (const [seq, value] of values.entries()) {
          const event: FlightEvent = { type: "session", value };
          const { text } = encodeLine(digests, event, { seq, prev: GENESIS, time: { mono_us: seq, wall_ms: seq } });
          expect(fresh.decode(text)).toEqual(decodeLine(digests, text));
        }
      }),
    );
  });
});

/** The value with one of its leaves another one, at any depth. */
function withLeaf(value: JsonObject, which: number, put: JsonValue): JsonValue {
  const places: { holder: Record<string, JsonValue>; name: string }[] = [];
  const visit = (holder: Record<string, JsonValue>): void => {
    for (const [name, member] of Object.entries(holder)) {
      if (typeof member === "object" && member !== null) visit(member as Record<string, JsonValue>);
      else places.push({ holder, name });
    }
  };
  visit(value);
  const place = places[which % places.length];
  if (place !== undefined) place.holder[place.name] = put;
  return value;
}
