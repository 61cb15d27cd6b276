import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createLineSplitter } from "../../src/host/line-splitter.js";

/** Everything a splitter says, in order. */
function split(chunks: readonly Buffer[], maxBytes: number, returns: "strip" | "keep" = "strip"): string[] {
  const said: string[] = [];
  const splitter = createLineSplitter({
    maxBytes,
    returns,
    onLine: (bytes) => said.push(`line ${bytes.toString("latin1")}`),
    onOversize: () => said.push("oversize"),
    onRest: (bytes) => said.push(`rest ${bytes.toString("latin1")}`),
  });
  for (const chunk of chunks) splitter.push(chunk);
  splitter.end();
  return said;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const stops = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let start = 0;
  return stops.map((stop) => {
    const piece = bytes.subarray(start, stop);
    start = stop;
    return piece;
  });
}

/** The plain meaning, with nothing clever in it. */
function oracle(bytes: Buffer, maxBytes: number): string[] {
  const lines = bytes.toString("latin1").split("\n");
  const rest = lines.pop() ?? "";
  const said = lines.map((line) => (line.length > maxBytes ? "oversize" : `line ${line.replace(/\r$/, "")}`));
  if (rest.length > maxBytes) said.push("oversize");
  else if (rest !== "") said.push(`rest ${rest}`);
  return said;
}

describe("a line splitter", () => {
  const letters = fc.array(fc.constantFrom("\n", "\n", "\r", "a", "é", "\0"), { maxLength: 80 });

  it("says the same however the bytes are cut", () => {
    fc.assert(
      fc.property(
        letters,
        fc.array(fc.nat(200), { maxLength: 12 }),
        fc.integer({ min: 1, max: 9 }),
        (text, places, max) => {
          const bytes = Buffer.from(text.join(""), "latin1");
          expect(split(cut(bytes, places), max)).toEqual(oracle(bytes, max));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("takes one carriage return off, and none when it is told to keep them", () => {
    const bytes = [Buffer.from("a\r\r\n\r\nb\r")];
    expect(split(bytes, 9)).toEqual(["line a\r", "line ", "rest b\r"]);
    expect(split(bytes, 9, "keep")).toEqual(["line a\r\r", "line \r", "rest b\r"]);
  });

  it("says once that a line is too long, as soon as it is, and goes on after its newline", () => {
    const said: string[] = [];
    const splitter = createLineSplitter({
      maxBytes: 4,
      onLine: (bytes) => said.push(bytes.toString()),
      onOversize: () => said.push("oversize"),
    });
    splitter.push(Buffer.from("123"));
    expect(said).toEqual([]);
    splitter.push(Buffer.from("45"));
    expect(said).toEqual(["oversize"]);
    splitter.push(Buffer.from("6789"));
    splitter.push(Buffer.from("0\nok\n"));
    expect(said).toEqual(["oversize", "ok"]);
  });

  it("accepts a line of exactly the bound", () => {
    expect(split([Buffer.from("1234\n12345\n")], 4)).toEqual(["line 1234", "oversize"]);
  });

  it("joins a megabyte that comes byte by byte", () => {
    const line = Buffer.alloc(1024 * 1024, "x");
    const chunks = Array.from(line, (byte) => Buffer.from([byte]));
    expect(split([...chunks, Buffer.from("\n")], line.length)).toEqual([`line ${line.toString()}`]);
  });

  it("gives lines that do not change when more is pushed", () => {
    const lines: Buffer[] = [];
    const splitter = createLineSplitter({
      maxBytes: 9,
      onLine: (bytes) => lines.push(bytes),
      onOversize: () => undefined,
    });
    for (const chunk of ["ab", "c\n", "de", "f\n"]) splitter.push(Buffer.from(chunk));
    expect(lines.map(String)).toEqual(["abc", "def"]);
  });
});
