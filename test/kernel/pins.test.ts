/** The operator's pins as text: what is written is read back, and nothing else is read. */
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/base/canonical.js";
import { MAX_PINS_BYTES } from "../../src/base/limits.js";
import type { JsonValue } from "../../src/base/json.js";
import { formatPins, NO_PINS, parsePins, type Pins } from "../../src/kernel/pins.js";

const HASH = "5e".repeat(32);
const OTHER = "7c".repeat(32);
const PINS: Pins = new Map([
  [
    "files",
    {
      tools: new Map([["read", HASH]]),
      prompts: new Map([["greet", OTHER]]),
      templates: new Map([["file:///{path}", HASH]]),
    },
  ],
  ["bank", NO_PINS],
]);

describe("pins", () => {
  it("are written as canonical JSON, server by server and list by list", () => {
    expect(formatPins(PINS)).toBe(
      `{"bank":{"prompts":{},"templates":{},"tools":{}},` +
        `"files":{"prompts":{"greet":"${OTHER}"},"templates":{"file:///{path}":"${HASH}"},"tools":{"read":"${HASH}"}}}`,
    );
  });

  it("are read back as they were", () => {
    expect(parsePins(formatPins(PINS))).toEqual(PINS);
    expect(parsePins("{}")).toEqual(new Map());
  });

  it("of a server without an entry are none", () => {
    expect(NO_PINS).toEqual({ tools: new Map(), prompts: new Map(), templates: new Map() });
  });

  it("fill a line of the log to its last byte, and no further", () => {
    const empty = formatPins(new Map([["", { ...NO_PINS, tools: new Map([["", HASH]]) }]])).length;
    const ofBytes = (bytes: number): Pins =>
      new Map([["", { ...NO_PINS, tools: new Map([["ü".repeat(50) + "x".repeat(bytes - empty - 100), HASH]]) }]]);
    expect(Buffer.byteLength(formatPins(ofBytes(MAX_PINS_BYTES)))).toBe(MAX_PINS_BYTES);
    expect(() => formatPins(ofBytes(MAX_PINS_BYTES + 1))).toThrow("there are more pins than a line of the log holds");
  });
});

describe("a line of pins that no kernel has written", () => {
  const lists = { prompts: {}, templates: {}, tools: {} };
  const of = (value: JsonValue): string => canonicalJson({ files: value });

  it.each<readonly [why: string, source: string, fault: string]>([
    ["a list", "[]", "the pins are no canonical object"],
    ["white space", "{ }", "the pins are no canonical object"],
    ["another order", `{"files":{"tools":{},"prompts":{},"templates":{}}}`, "the pins are no canonical object"],
    ["a server without lists", of(null), "no lists of pins"],
    ["a server that is a text", of("abc"), "no lists of pins"],
    ["a server that is a list", of([{}, {}, {}]), "no lists of pins"],
    ["a list too few", of({ prompts: {}, tools: {} }), "no lists of pins"],
    ["a list too many", of({ ...lists, resources: {} }), "no lists of pins"],
    ["another list", of({ prompts: {}, resources: {}, tools: {} }), "a list of pins is missing"],
    ["a list that is none", of({ ...lists, tools: [HASH] }), "a list of pins is missing"],
    ["a list that is nothing", of({ ...lists, templates: null }), "a list of pins is missing"],
    ["a hash that is no text", of({ ...lists, tools: { read: 7 } }), "a pin is no SHA-256"],
    ["a hash in a list", of({ ...lists, tools: { read: [HASH] } }), "a pin is no SHA-256"],
    ["a hash too short", of({ ...lists, prompts: { read: HASH.slice(1) } }), "a pin is no SHA-256"],
    ["a hash too long", of({ ...lists, templates: { read: `${HASH}0` } }), "a pin is no SHA-256"],
  ])("is not read: %s", (_why, source, fault) => {
    expect(() => parsePins(source)).toThrow(new Error(fault));
  });

  it("is not read: no JSON", () => {
    expect(() => parsePins("{")).toThrow(SyntaxError);
  });
});
