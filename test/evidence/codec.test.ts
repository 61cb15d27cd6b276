import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { decodeLine, encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { buildLog, digests, openEvent, sessionEvent } from "./fixture.js";

const time = { mono_us: 5, wall_ms: 6 };
const [openLine = ""] = buildLog();

function faultOf(line: string): string {
  const read = decodeLine(digests, line);
  return read.ok ? "ok" : read.error.code;
}

describe("a line of the log", () => {
  test("reads back as the event that was written", () => {
    const word = fc.stringMatching(/^[a-zA-Z0-9é漢"\\]{1,40}$/u);
    const note = fc.record({ session: word, fault: word, exit_code: fc.nat() });
    fc.assert(
      fc.property(note, fc.nat(), fc.nat(), (value, seq, mono_us) => {
        const event: FlightEvent = { type: "session", value: { ...value, fact: "child-fault" } };
        const place = { seq, prev: digests.sha256Hex("x"), time: { mono_us, wall_ms: 1 } };
        const line = encodeLine(digests, event, place);
        const read = decodeLine(digests, line.text);
        expect(read).toEqual({ ok: true, value: { ...event, ...place, hash: line.hash } });
      }),
    );
  });

  test("has its hash and prev at fixed offsets", () => {
    const { text, hash } = encodeLine(digests, openEvent(), { seq: 0, prev: GENESIS, time });
    expect(text.slice(0, 9)).toBe('{"hash":"');
    expect(text.slice(9, 73)).toBe(hash);
    expect(text.slice(73, 84)).toBe('","prev":"0');
  });

  test.each([
    ["an unknown member", (line: string) => line.replace('"seq":', '"sep":1,"seq":'), "line-shape"],
    [
      "an unknown member of the value",
      (line: string) => line.replace('"agent":', '"ageless":1,"agent":'),
      "line-shape",
    ],
    ["a missing member", (line: string) => line.replace('"payloads":"none",', ""), "line-shape"],
    ["a prototype member", (line: string) => line.replace('"seq":', '"__proto__":{},"seq":'), "line-shape"],
    ["an unknown type", (line: string) => line.replace('"type":"open"', '"type":"opened"'), "line-shape"],
    ["an inherited name as type", (line: string) => line.replace('"type":"open"', '"type":"toString"'), "line-shape"],
    ["a duplicate member", (line: string) => line.replace('"seq":0', '"seq":9,"seq":0'), "line-not-canonical"],
    [
      "a duplicate member of the value",
      (line: string) => line.replace('"agentk":', '"agentk":"9","agentk":'),
      "line-not-canonical",
    ],
    ["white space", (line: string) => line.replace('"seq":0', '"seq": 0'), "line-not-canonical"],
    ["another number form", (line: string) => line.replace('"seq":0', '"seq":0e0'), "line-not-canonical"],
    ["a negative zero", (line: string) => line.replace('"seq":0', '"seq":-0'), "line-not-canonical"],
    [
      "an escape that needs none",
      (line: string) => line.replace('"type":"open"', '"type":"\\u006fpen"'),
      "line-not-canonical",
    ],
    ["a carriage return", (line: string) => `${line}\r`, "line-not-canonical"],
    ["a byte order mark", (line: string) => `\uFEFF${line}`, "line-not-json"],
    ["nothing", () => "", "line-not-json"],
    ["null", () => "null", "line-shape"],
    [
      "another digest",
      (line: string) => line.replace(/"hash":"./, '"hash":"g').replace("g", line[9] === "0" ? "1" : "0"),
      "hash-mismatch",
    ],
    ["another value", (line: string) => line.replace('"0.1.0"', '"0.1.1"'), "hash-mismatch"],
  ])("is refused with %s", (_name, change, code) => {
    const changed = change(openLine);
    expect(changed).not.toBe(openLine);
    expect(faultOf(changed)).toBe(code);
  });

  test("cannot be written with what JSON cannot carry", () => {
    const event = sessionEvent();
    const broken = { ...event, value: { ...event.value, session: "\ud800" } } as FlightEvent;
    expect(() => encodeLine(digests, broken, { seq: 0, prev: GENESIS, time })).toThrow("lone surrogate");
  });
});
