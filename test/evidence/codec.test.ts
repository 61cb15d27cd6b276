import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EVENT_SHAPES, type FlightEvent } from "../../src/abi/event.js";
import { decodeLine, encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { buildLog, digests, openEvent, parse, restated, sessionEvent } from "./fixture.js";
import { told } from "./tamper-matrix-run.js";

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
    ["a byte order mark", (line: string) => `\uFEFF${line}`, "line-not-json"],
    ["nothing", () => "", "line-not-json"],
    ["null", () => "null", "line-shape"],
    ["a space before its hash", (line: string) => line.replace('"hash":', '"hash": '), "line-shape"],
    ["a digest of capitals", (line: string) => line.replace(/"hash":"\w+/, (hash) => hash.toUpperCase()), "line-shape"],
    ["a member between its digests", (line: string) => line.replace('"prev":', '"ment":1,"prev":'), "line-shape"],
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

  test.each([
    ["an unknown member", '"seq":', '"sep":1,"seq":', "line-shape"],
    ["an unknown member of the value", '"agent":', '"age":1,"agent":', "line-shape"],
    ["a missing member", '"payloads":"none",', "", "line-shape"],
    ["a prototype member", '"value":{', '"value":{"__proto__":{},', "line-shape"],
    ["an unknown type", '"type":"open"', '"type":"opened"', "line-shape"],
    ["an inherited name as type", '"type":"open"', '"type":"toString"', "line-shape"],
    ["a number that is too big", '"seq":0', '"seq":9007199254740992', "line-shape"],
    ["a number below none", '"seq":0', '"seq":-1', "line-shape"],
    ["a fraction", '"seq":0', '"seq":0.5', "line-shape"],
    ["a truth where a number is", '"seq":0', '"seq":true', "line-shape"],
    ["a text where a number is", '"seq":0', '"seq":"0"', "line-shape"],
    ["a duplicate member", '"seq":0', '"seq":9,"seq":0', "line-not-canonical"],
    ["a second hash", '"prev":', `"prev":"${GENESIS}","hash":"${GENESIS}","prev":`, "line-not-canonical"],
    ["a duplicate member of the value", '"agentk":', '"agentk":"9","agentk":', "line-not-canonical"],
    ["white space", '"seq":0', '"seq": 0', "line-not-canonical"],
    ["another number form", '"seq":0', '"seq":0e0', "line-not-canonical"],
    ["a whole fraction", '"seq":0', '"seq":0.0', "line-not-canonical"],
    ["a number beyond all", '"seq":0', '"seq":1e999', "line-not-canonical"],
    ["a negative zero", '"seq":0', '"seq":-0', "line-not-canonical"],
    ["an escape that needs none", '"type":"open"', '"type":"\\u006fpen"', "line-not-canonical"],
    ["half a surrogate pair", '"agentk":"', '"agentk":"\\ud800', "line-not-canonical"],
    ["lists within lists", '"server":"files"', `"server":${"[".repeat(999)}${"]".repeat(999)}`, "line-not-canonical"],
    ["a carriage return", /$/, "\r", "line-not-canonical"],
  ])("with %s is not the one that was hashed; hashed anew, it is still refused", (_name, from, to, code) => {
    const changed = openLine.replace(from, () => to);
    expect(changed).not.toBe(openLine);
    expect(faultOf(changed)).toBe("hash-mismatch");
    expect(faultOf(restated(changed))).toBe(code);
  });

  const torn: FlightEvent = { type: "recovery", value: { torn_bytes: 17, torn_sha256: GENESIS } };
  const samples = new Map([...told().closed().map(parse), torn].map(({ type, value }) => [type, value as object]));

  test.each(Object.keys(EVENT_SHAPES))("of type `%s` has its members, of their kinds, and no others", (type) => {
    const value = samples.get(type as FlightEvent["type"]) ?? {};
    const written = (value: object): string =>
      faultOf(encodeLine(digests, { type, value } as FlightEvent, { seq: 1, prev: GENESIS, time }).text);
    expect(written(value)).toBe("ok");
    expect(written({})).toBe("line-shape");
    expect(written({ ...value, more: 1 })).toBe("line-shape");
    for (const name of Object.keys(value)) {
      expect([name, written({ ...value, [name]: null })]).toEqual([name, "line-shape"]);
      expect([name, written({ ...value, [name]: { more: 1 } })]).toEqual([name, "line-shape"]);
    }
  });

  test("cannot be written with what JSON cannot carry", () => {
    const event = sessionEvent();
    const broken = { ...event, value: { ...event.value, session: "\ud800" } } as FlightEvent;
    expect(() => encodeLine(digests, broken, { seq: 0, prev: GENESIS, time })).toThrow("lone surrogate");
  });
});
