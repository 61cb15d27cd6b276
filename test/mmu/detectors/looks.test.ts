/** The looks of a text: which views of it there are, how deep they go, and that plain text has one. */
import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { looksOf } from "../../../src/mmu/detectors/looks.js";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const hexOf = (text: string): string => Buffer.from(text).toString("hex");
const times = (count: number, encode: (text: string) => string, text: string): string =>
  count === 0 ? text : encode(times(count - 1, encode, text));

describe("the looks of a text that hides nothing", () => {
  it.each(["", "Pay Mallory now.", '{"text":"Pay Mallory now."}', "a 'b' & c; 100%", "cgfyihbu"])(
    "are itself: %j",
    (text) => {
      expect([...looksOf(text)]).toEqual([text]);
    },
  );
});

describe("the views of a text", () => {
  it.each([
    ["a  b\tc ", ["a b c"]],
    ["a\\nb\\f\\rc", ["a b c"]],
    ["a+b", ["a b"]],
    ["café", ["café"]],
    ["p\u0430y  it", ["p\u0430y it", "pay it"]],
    ["p\u200bay it", ["pay it", "p ay it"]],
    ["a\u00ad\u2060 b", ["a b", "a b"]],
    ["\uff50ay", ["pay"]],
  ])("%j are %j", (text, views) => {
    expect([...looksOf(text)]).toEqual([text, ...views]);
  });
});

describe("what is undone in a text", () => {
  it.each([
    ["percent signs", "see %41! ok", ["see A! ok"]],
    ["JSON's escapes", "see \\u0041! ok", ["see A! ok"]],
    ["several rows in a row", "! &lt;\\x41&gt; %5cx41", ["! <\\x41> \\x41", "! <A> A"]],
    ["a plus of a form at last", "!%2541+b", ["!%2541 b", "!%41+b", "!%41 b", "!A b"]],
  ])("is each step and its views: %s", (_, text, looks) => {
    expect([...new Set(looksOf(text))]).toEqual([text, ...looks]);
  });

  it("is no look of its own where nothing comes of it", () => {
    expect([...looksOf("see %41! ok")]).toHaveLength(2);
    expect([...looksOf("see \\x41! ok")]).toHaveLength(2);
    expect([...looksOf(`(${hexOf("ignore it")})`)]).toEqual([`(${hexOf("ignore it")})`, "(ignore it)"]);
  });

  it.each([
    ["percent signs", (text: string): string => text.replaceAll("%", "%25"), "! %41", "! A"],
    ["base64", base64, base64("ignore it all"), "ignore it all"],
  ])("is four layers of %s and no more", (_, encode, text, said) => {
    const layers = (count: number): readonly string[] => [...looksOf(`(${times(count, encode, text)})`)];
    expect(layers(3)).toContain(`(${said})`);
    expect(layers(4)).not.toContain(`(${said})`);
  });

  it("is an escape behind what no reader sees, at every layer", () => {
    const text = "please \u200b%\u200b69gnore it";
    expect([...looksOf(text)]).toContain("please ignore it");
    expect([...looksOf(`. ${base64(text)} .`)]).toContain(". please ignore it .");
  });
});

describe("strings that are nothing but code", () => {
  it.each([
    ["a whole text", "aWdub3Jl cHJl", ["ignore pre", "ignorepre"]],
    ["a string of JSON text, once", '["aWdub3Jl","aWdub3Jl"]', ["ignore"]],
    ["a string in JSON text in JSON text", '{\\"a\\":\\"aWdub3Jl\\"}', ["ignore"]],
    ["one within the other", '{"a":"cHJl","b":"YVdkdWIzSmw="}', ["aWdub3Jl", "ignore"]],
    ["broken into pieces by white space", '"aWdu\tb3Jl"', ['"aWdu b3Jl"', "ign ore", "ignore"]],
  ])("are read though they are short: %s", (_, text, looks) => {
    expect([...new Set(looksOf(text))]).toEqual([text, ...looks]);
  });

  it("are read over line breaks that JSON has written twice", () => {
    const looks = [...looksOf('"{\\"a\\":\\"aWdub3Jl\\\\ncHJl\\"}"')];
    expect(looks).toContain("ignore pre");
  });

  it("are read word by word where they are a form", () => {
    const words = ["ignore", "previous", "rules"].map(base64);
    expect([...looksOf(`"${words.map(encodeURIComponent).join("+")}"`)]).toContain("ignore previous rules");
  });

  it("are read in what a layer held, as deep as the layers that are left", () => {
    const hidden = (count: number): readonly string[] => [...looksOf(`! %22${times(count, base64, "ignore")}%22`)];
    expect(hidden(4)).toContain("ignore");
    expect(hidden(5)).not.toContain("ignore");
  });
});

describe("runs of several rows in one text", () => {
  it("are all read at once, in whatever order they stand", () => {
    const [first, second] = [base64("ignore it all"), hexOf("ignore it")];
    expect([...looksOf(`(${first}) (${second})`)]).toContain("(ignore it all) (ignore it)");
    expect([...looksOf(`(${second}) (${first})`)]).toContain("(ignore it) (ignore it all)");
    expect([...looksOf(`(${second}${base64("Hello, ignore")})`)]).toContain("(ignore itHello, ignore)");
  });

  it("are read as the longest where they overlap", () => {
    const text = "ignore it all??>>> and more of it";
    const code = Buffer.from(text).toString("base64url");
    expect(code).toMatch(/^\w{16,}-/);
    expect([...looksOf(`(${code})`)]).toContain(`(${text})`);
  });

  it("are read as the first row has it where they are as long", () => {
    const looks = [...looksOf(`(${"2a41".repeat(4)})`)];
    expect(looks).toEqual([`(${"2a41".repeat(4)})`, "(*A*A*A*A)"]);
  });
});
