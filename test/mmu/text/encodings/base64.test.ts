/** Base64 to the character: what counts as a word or a run, where a reading begins and ends, and what is left. */
import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { base64, base64url } from "../../../../src/mmu/text/encodings/base64.js";

const EVE = "c2VuZCBpdCB0byBldmU";
const codeOf = (...parts: readonly (string | readonly number[])[]): string =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Buffer.from(part)))).toString(
    "base64",
  );
const textsOf = (text: string): readonly string[] => base64.decode(text).map((reading) => reading.text);

describe("a text that is nothing but words of base64", () => {
  it.each([
    ["cGF5IQ aWdub3Jl", ["pay! ignore"]],
    ["cGF5IQ== cGF5", ["pay! pay"]],
    ["cGF5 cGF5", ["pay pay", "paypay"]],
    ["cGF5cGF5", ["paypay"]],
    ["cGF 5cGF5", ["paypay"]],
  ])("%s is read, word by word and as one", (text, readings) => {
    expect(textsOf(text)).toEqual(readings);
  });

  it.each([
    ["more padding than there may be", "cGF5=== cGF5"],
    ["padding in a word", "cGF5=A cGF5"],
    ["a word of three characters", "YWI= YWJj"],
    ["a digit that makes no byte", "cGF5I cGF5"],
    ["a word whose bytes are no text", "cGF5 /////w=="],
    ["a control character", codeOf("0123456789\u0001")],
  ])("is not read with %s", (_, text) => {
    expect(base64.decode(text).filter(({ start, end }) => start === 0 && end === text.length)).toEqual([]);
  });
});

describe("a run of base64 in longer text", () => {
  it.each([
    ["with the padding that it has", `x: ${EVE}= .`, 3, 23],
    ["with no more padding than there may be", `x: ${EVE}=== .`, 3, 24],
    ["at the end of the text", `x: ${EVE}`, 3, 22],
    ["beside a slash that is not of it", `a/b ${EVE}= and`, 4, 24],
    ["over lines that are indented", `x ${EVE.slice(0, 16)}\n\t ${EVE.slice(16)}=== .`, 2, 26],
    ["over lines of the other kind", `x ${EVE.slice(0, 16)}\r\n${EVE.slice(16)}= .`, 2, 24],
    ["behind one more character", `. X${EVE}= .`, 3, 23],
    ["behind two more", `. XX${EVE}= .`, 4, 24],
    ["behind three more", `. XXX${EVE}= .`, 5, 25],
    ["behind three more, and a slash", `. /XX${EVE}= .`, 5, 25],
  ])("is read once, %s", (_, text, start, end) => {
    expect(base64.decode(text)).toEqual([{ text: "send it to eve", start, end }]);
  });

  it.each(["\r", " ", "\n\n", "\n ."])("is not continued behind %j", (between) => {
    const text = `x ${EVE.slice(0, 16)}${between}${EVE.slice(16)}= .`;
    expect(base64.decode(text)).toEqual([{ text: "send it to e", start: 2, end: 18 }]);
  });

  it("is read line by line where the lines make no text together", () => {
    expect(base64.decode(`x ${EVE}=\n${EVE} .`)).toEqual([
      { text: "send it to eve", start: 2, end: 22 },
      { text: "send it to eve", start: 23, end: 42 },
    ]);
    expect(base64.decode(`x ${EVE}\n ${EVE}\nYWJj\n${EVE}== .`)).toEqual([
      { text: "send it to eve", start: 2, end: 21 },
      { text: "send it to eve", start: 23, end: 42 },
      { text: "send it to eve", start: 48, end: 69 },
    ]);
  });

  it("is sixteen characters at least, of which one in ten may be unprintable", () => {
    const control = "01234567890\u0001";
    expect(base64.decode(`. ${codeOf(control)} .`)).toEqual([{ text: control, start: 2, end: 18 }]);
    expect(base64.decode(`. ${codeOf(control)}\n${codeOf("and")} .`)).toEqual([
      { text: `${control}and`, start: 2, end: 23 },
    ]);
    expect(textsOf(`x ${EVE}\n${EVE.slice(0, 16)} .`)).toEqual(["send it to eve", "send it to e"]);
    expect(textsOf(`. ${EVE.slice(0, 15)} .`)).toEqual([]);
  });

  it("ends before a digit that makes no byte", () => {
    expect(base64.decode(`. ${EVE.slice(0, 16)}X .`)).toEqual([{ text: "send it to e", start: 2, end: 18 }]);
  });

  const TEXT = "twelve bytes of text";
  it.each([
    ["in front of it", [[0xff], TEXT], 3, 30],
    ["in front of it and behind it", [[0xff], TEXT, [0xff]], 3, 30],
    ["two in front of it", [[0xff, 0xff], TEXT], 4, 34],
    ["two in front of it and two behind it", [[0xff, 0xff], TEXT, [0xff, 0xff]], 4, 32],
    ["three in front of it", [[0xff, 0xff, 0xff], TEXT], 6, 34],
    ["three in front of it and one behind it", [[0xff, 0xff, 0xff], TEXT, [0xff]], 6, 33],
  ])("is read where it is text, with bytes %s that are none", (_, parts, start, end) => {
    expect(base64.decode(`. ${codeOf(...parts)} .`)).toEqual([{ text: TEXT, start, end }]);
  });

  it("is read where most of it is text, from twelve bytes on", () => {
    const textIn = (...words: readonly string[]): readonly string[] =>
      textsOf(`. ${codeOf([0xff], ...words.flatMap((word) => [word, [0xff]]))} .`);
    expect(textIn("only eleven")).toEqual([]);
    expect(textIn("only twelve!")).toEqual(["only twelve!"]);
    expect(textIn("twelve bytes", "and thirteen!", "twelve again")).toEqual(["and thirteen!"]);
  });

  it("is of several stretches the one with the most characters, and of equals the first", () => {
    const two = (first: string, second: string): readonly string[] =>
      textsOf(`. ${codeOf([0xff], first)}A${codeOf(second)} .`);
    expect(two("stretch number", "second stretch")).toEqual(["stretch number"]);
    expect(two("ééééééé", "twelve bytes")).toEqual(["@twelve bytes"]);
  });
});

describe("slashes in a run of base64", () => {
  const SLASHED = "Pz8/Pz8/Pz8/AT8/Pz8/Pz8/Pz8/";

  it("are digits, or else part paths, and the other way comes last", () => {
    expect(base64.decode(`. ${SLASHED} .`)).toEqual([
      { text: "?????????\u0001???????????", start: 2, end: 2 + SLASHED.length },
    ]);
    const text = `. /c2VuZCBpdCB0bw/${EVE}/ .`;
    expect(base64.decode(text)).toEqual([
      { text: "send it to eve?", start: 18, end: 38 },
      { text: `. /c2VuZCBpdCB0bw/send it to eve/ .`, start: 0, end: text.length },
    ]);
  });

  it("part paths beside a run without any", () => {
    const text = `. ${EVE} /c2VuZCBpdCB0bw/${EVE}/ .`;
    expect(textsOf(text)).toEqual([
      "send it to eve",
      "send it to eve?",
      ". send it to eve /c2VuZCBpdCB0bw/send it to eve/ .",
    ]);
  });

  it("part all parts that are text", () => {
    expect(base64.decode(`. ${EVE}/XX/${EVE}/y .`)).toEqual([
      { text: "send it to eve", start: 2, end: 21 },
      { text: "send it to eve", start: 25, end: 44 },
    ]);
  });

  it("are left behind up to the eighth", () => {
    const behind = (slashes: number): readonly string[] => textsOf(`. ${"a/".repeat(slashes)}${SLASHED} .`);
    expect(behind(1)).toEqual(["?????????\u0001???????????"]);
    expect(behind(8)).toEqual(["?????????\u0001???????????"]);
    expect(behind(9)).toEqual([]);
  });
});

describe("the alphabet for URLs", () => {
  it.each([
    ["a run of the other alphabet beside a dash", `a-b ${EVE}`, []],
    [
      "a run whose second line alone has a dash",
      `. ${EVE.slice(0, 16)}\n${codeOf("??>").replace("+", "-")} .`,
      [{ text: "send it to e??>", start: 2, end: 23 }],
    ],
    [
      "of two runs the one that is of it",
      `. ${EVE} ${EVE}_ ${EVE} .`,
      [{ text: "send it to eve?", start: 22, end: 42 }],
    ],
  ])("reads of %s what is its own", (_, text, readings) => {
    expect(base64url.decode(text)).toEqual(readings);
  });
});
