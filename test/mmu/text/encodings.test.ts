/** Each row of the table: what it must undo, what it must leave, and its bounds on hostile text. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ENCODINGS } from "../../../src/mmu/text/encodings.js";
import { normalize } from "../../../src/mmu/text/normalize.js";
import { CODERS } from "./encoders.js";

interface Positive {
  readonly text: string;
  readonly reads: string;
  readonly start?: number;
  readonly end?: number;
}
interface Vector {
  readonly positive: readonly Positive[];
  readonly near: readonly string[];
}
const vectors = JSON.parse(readFileSync(new URL("../../vectors/encodings.json", import.meta.url), "utf8")) as Record<
  string,
  Vector
>;
const positives = Object.entries(vectors).flatMap(([id, { positive }]) => positive.map((one) => [id, one] as const));
const nears = Object.entries(vectors).flatMap(([id, { near }]) => near.map((text) => [id, text] as const));

function decode(id: string, text: string): readonly { text: string; start: number; end: number }[] {
  return ENCODINGS.find((row) => row.id === id)?.decode(text) ?? [];
}

describe("the table of encodings", () => {
  it("has at least six positives and six near misses for every row, and no vector without a row", () => {
    expect(Object.keys(vectors).sort()).toEqual(ENCODINGS.map(({ id }) => id).sort());
    for (const { positive, near } of Object.values(vectors)) {
      expect(positive.length).toBeGreaterThanOrEqual(6);
      expect(near.length).toBeGreaterThanOrEqual(6);
    }
  });

  it("has versioned ids, each once", () => {
    const ids = ENCODINGS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) expect(id).toMatch(/^[a-z0-9]+(?:-[a-z]+)*@\d+$/);
  });

  it("stands in the documentation, row by row", () => {
    const page = readFileSync(new URL("../../../docs/encodings.md", import.meta.url), "utf8");
    for (const { id, undoes } of ENCODINGS) expect(page).toContain(`| \`${id}\` | ${undoes} |`);
  });

  it.each(positives)("%s undoes %j", (id, { text, reads, start = 0, end = text.length }) => {
    expect(decode(id, text)).toContainEqual({ text: reads, start, end });
  });

  it.each(nears)("%s leaves %j", (id, text) => {
    expect(decode(id, text)).toEqual([]);
  });

  it.each(["zero-width@1", "unicode@1", "case@1", "space@1"])("%s is a step of normalisation", (id) => {
    for (const { text, reads } of vectors[id]?.positive ?? []) expect(normalize(text)).toBe(normalize(reads));
  });
});

describe("an encoded run within longer text", () => {
  const secret = "the launch code is 7741, keep it";
  const runCoders = CODERS.filter(({ id }) => /^(?:base64|hex)/.test(id)).map((coder) => [coder.name, coder] as const);

  it.each(runCoders)("is found and placed (%s)", (_, { encode }) => {
    const run = encode(secret);
    const text = `Notes on "${run}" (yes).`;
    const decoded = ENCODINGS.flatMap((row) => row.decode(text));
    const found = decoded.find((part) => part.text === secret);
    // A prefix of the first byte may stay outside.
    expect(found?.start).toBeGreaterThanOrEqual(10);
    expect(found?.start).toBeLessThanOrEqual(12);
    expect(found?.end).toBe(10 + run.length);
  });

  it("is not lost behind many others", () => {
    const run = Buffer.from(secret).toString("base64");
    const decoy = Buffer.from("nothing to see in here").toString("base64");
    const decoded = decode("base64@1", `${`${decoy}, `.repeat(200)}${run}`);
    expect(decoded).toHaveLength(64);
    expect(decoded[0]?.text).toBe(`${"nothing to see in here, ".repeat(200)}${secret}`);
  });

  it.each([
    ["a byte that is not UTF-8", Buffer.from([...Buffer.from("mostly readable"), 0xff, 0x41])],
    ["an overlong form", Buffer.from([...Buffer.from("sixteen letters!"), 0xc0, 0xaf])],
    ["a surrogate", Buffer.from([...Buffer.from("sixteen letters!"), 0xed, 0xa0, 0x80])],
  ])("is read up to %s", (_, bytes) => {
    const decoded = decode("hex@1", `see ${bytes.toString("hex")} there`);
    expect(decoded.map(({ text }) => text)).toEqual([bytes.subarray(0, bytes.length === 17 ? 15 : 16).toString()]);
  });

  it.each([
    [1, 1],
    [2, 0],
  ])("with %i unprintable of its 10 characters gives %i readings", (controls, readings) => {
    const bytes = Buffer.from("\u0001".repeat(controls) + "0123456789".slice(controls));
    const decoded = decode("hex@1", `.${bytes.toString("hex")}.`).filter(({ text }) => text.length === 10);
    expect(decoded).toHaveLength(readings);
  });
});

describe("rows on hostile text", () => {
  const UNITS = ["A", "/", "A/", "-_", "%25", "%", "+a", "\\", "\\u00", '\\"', '"', "&", "&#", "&#65;", "41", "41 "];
  const MORE = ["ff ", "0x", "\\x41", "\n", " ", "\u200b", "e\u0301", "\u0301\u0323", "\ufdfa", "\u3300", "\ud800"];

  it.each([...UNITS, ...MORE])("give at most four times the input on %j, over and over", (unit) => {
    const text = unit.repeat(Math.ceil(100_000 / unit.length));
    for (const { decode: undo } of ENCODINGS) {
      const size = undo(text).reduce((sum, part) => sum + part.text.length, 0);
      expect(size).toBeLessThanOrEqual(4 * text.length + 4096);
    }
  });

  it("give spans within the text, in order, and never the text itself", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.tuple(fc.string({ minLength: 12 }), fc.constantFrom(...CODERS)).map(([text, { encode }]) => encode(text)),
    );
    fc.assert(
      fc.property(fc.array(piece), fc.constantFrom(...ENCODINGS), (pieces, row) => {
        const text = pieces.join(" ");
        const decoded = row.decode(text);
        const runs = decoded.filter(({ start, end }) => start > 0 || end < text.length);
        for (const part of decoded) {
          expect(part.start).toBeGreaterThanOrEqual(0);
          expect(part.end).toBeLessThanOrEqual(text.length);
          expect(part.text).not.toBe(text.slice(part.start, part.end));
        }
        for (const [index, run] of runs.entries()) expect(run.start).toBeGreaterThanOrEqual(runs[index - 1]?.end ?? 0);
      }),
    );
  });
});
