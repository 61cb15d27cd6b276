/** The forms of a log's lines: which lines they read, and how much of them is kept and tried, whatever a log is made of. */
import { describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { decodeLine, encodeLine, GENESIS } from "../../src/evidence/codec.js";
import { LineForms } from "../../src/evidence/line-forms.js";
import { digests, openEvent, pageEvent, parse, sessionEvent } from "./fixture.js";

const lineOf = (event: FlightEvent, seq: number): string =>
  encodeLine(digests, event, { seq, prev: GENESIS, time: { mono_us: seq, wall_ms: seq } }).text;

/** A line with these members more than an `open` line has. */
const openWith = (more: object): string =>
  lineOf({ type: "open", value: { ...openEvent().value, ...more } } as FlightEvent, 0);

/** Which of the lines are read by a form, when all of them were learned one after the other. */
function known(lines: readonly string[], forms = new LineForms()): readonly boolean[] {
  for (const line of lines) forms.learn(line, parse(line));
  return lines.map((line) => forms.read(line) !== undefined);
}

test("reads lines of a form that it knows, and no others", () => {
  const forms = new LineForms();
  const page = lineOf(pageEvent(5, "c4"), 5);
  expect(forms.read(page)).toBeUndefined();
  forms.learn(page, parse(page));
  const other = lineOf(pageEvent(9, "c8"), 9);
  expect(decodeLine(digests, other)).toEqual({ ok: true, value: forms.read(other) });
  expect(forms.read(lineOf(pageEvent(9), 9))).toBeUndefined();
  expect(forms.read(lineOf(sessionEvent(), 6))).toBeUndefined();
});

test("learns no more than it has room for, however many forms a log has", () => {
  const forms = new LineForms();
  let read = 0;
  for (let i = 0; i < 3000; i++) {
    const value = { ...openEvent().value, [`m${String(i)}`]: "x" };
    const line = lineOf({ type: "open", value } as FlightEvent, 0);
    forms.learn(line, parse(line));
    if (forms.read(line) !== undefined) read++;
  }
  expect(read).toBeGreaterThan(100);
  expect(read).toBeLessThan(1000);
});

test("reads a line of a known form that is a little longer", () => {
  const forms = new LineForms();
  const [page, longer] = [lineOf(pageEvent(5, "c4"), 5), lineOf(pageEvent(10, "c4"), 5)];
  expect(longer.length).toBe(page.length + 1);
  expect(Math.floor(longer.length / 64)).toBe(Math.floor(page.length / 64));
  forms.learn(page, parse(page));
  expect(forms.read(longer)).toEqual(parse(longer));
});

describe("of lines of one type", () => {
  const alike = (count: number): readonly string[] =>
    Array.from({ length: count }, (_, i) => openWith({ [`m${String(i + 10)}`]: "x" }));

  test("as many as eight forms of one length are known, and stay so whichever is read", () => {
    const lines = alike(8);
    const forms = new LineForms();
    expect(known(lines, forms)).toEqual(Array<boolean>(8).fill(true));
    for (const i of [0, 0, 5, 2, 7, 5, 1, 3, 4, 6]) expect(forms.read(lines[i] ?? "")).toEqual(parse(lines[i] ?? ""));
  });

  test("no more than eight of one length are tried", () => {
    expect(known(alike(20)).filter(Boolean)).toHaveLength(8);
  });

  test("those of another length do not count among them", () => {
    const lines = Array.from({ length: 20 }, (_, i) => openWith({ m: "x".repeat(64 * i), [`m${String(i + 10)}`]: 1 }));
    expect(known(lines)).toEqual(Array<boolean>(20).fill(true));
  });
});

test("learns lines of up to 16384 characters, and no line with an escape", () => {
  const room = 16_384 - openWith({ m: "" }).length;
  expect(known([openWith({ m: "x".repeat(room) })])).toEqual([true]);
  expect(known([openWith({ m: "x".repeat(room + 1) })])).toEqual([false]);
  expect(known([openWith({ m: "\n" })])).toEqual([false]);
});

describe("its room", () => {
  const LABELS = 200;
  const page = pageEvent(5);
  /** Lines of one skeleton, each with one more label that is new: each makes the form wider. */
  const wider = Array.from({ length: LABELS + 1 }, (_, i) => {
    const labels = Array.from({ length: LABELS }, (_label, at) => (at < i ? "n" : "o").repeat(48));
    return lineOf({ ...page, value: { ...page.value, labels } } as FlightEvent, 5);
  });

  test("is used up by forms made wider as well", () => {
    const forms = new LineForms();
    const read = wider.map((line) => known([line], forms)[0]);
    expect(read.slice(0, 20)).toEqual(Array<boolean>(20).fill(true));
    expect(read.slice(60)).toEqual(Array<boolean>(LABELS - 59).fill(false));
  });

  /** As long as the others, and of another skeleton. */
  const other = lineOf(
    {
      ...page,
      value: { ...page.value, call: "c4", labels: [...Array<string>(LABELS - 1).fill("o".repeat(48)), "o".repeat(36)] },
    } as FlightEvent,
    5,
  );

  test("is not used up by lines whose form is known", () => {
    const forms = new LineForms();
    const [first = ""] = wider;
    for (let i = 0; i < LABELS; i++) forms.learn(first, parse(first));
    expect(known([other], forms)).toEqual([true]);
  });
});
