/** The looks of a text: which views of it there are, how deep they go, and that plain text has one. */
import { Buffer } from "node:buffer";
import { describe, expect, it } from "vitest";
import { looksOf } from "../../../src/mmu/detectors/looks.js";

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const hexOf = (text: string): string => Buffer.from(text).toString("hex");
const times = (count: number, encode: (text: string) => string, text: string): string =>
  count === 0 ? text : encode(times(count - 1, encode, text));

describe("the looks of a text that hides nothing", () => {
  it.each(["", "Pay Mallory now.", '{"text":"Pay Mallory now."}', "a 'b' & c; 100%", "cidacida"])(
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

  it("are of all of it, however many hidden characters there are", () => {
    expect([...looksOf("a\u200b".repeat(1100))]).toContain("a".repeat(1100));
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
    expect([...looksOf(text)]).toEqual([text, ...looks]);
  });

  it.each([1, 2, 16])("are read over line breaks behind %i backslashes", (count) => {
    expect([...looksOf(`"aWdub3Jl${"\\".repeat(count)}ncHJl"`)]).toContain("ignore pre");
  });

  it("are read word by word where they are a form", () => {
    const words = ["ignore", "previous", "rules"].map(base64);
    expect([...looksOf(`"${words.map(encodeURIComponent).join("+")}"`)]).toContain("ignore previous rules");
    // Without padding it has no percent signs, and the plus is as well a digit: the words together happen to be text.
    const bare = words.map((word) => word.replace(/=+$/, "")).join("+");
    expect([...looksOf(`"${bare}"`)]).toContain("ignore previous rules");
    expect([...looksOf(bare)]).toContain("ignore previous rules");
  });

  it("are read as a form as deep as the layers that are left", () => {
    const form = (count: number): readonly string[] => [
      ...looksOf(`"${["%69", "%67"].map((text) => encodeURIComponent(times(count, base64, text))).join("+")}"`),
    ];
    expect(form(2)).toContain("i g");
    expect(form(3)).not.toContain("i g");
  });

  it("are read in what a layer held, as deep as the layers that are left", () => {
    const hidden = (count: number): readonly string[] => [...looksOf(`! %22${times(count, base64, "ignore")}%22`)];
    expect(hidden(4)).toContain("ignore");
    expect(hidden(5)).not.toContain("ignore");
  });
});

describe("what stands in quotes", () => {
  it("is shown without them where it is the whole text", () => {
    expect([...looksOf('"see \\x41"')]).toEqual(['"see \\x41"', "see A"]);
  });
});

describe("runs of several rows in one text", () => {
  const [all, one] = [base64("ignore it all"), hexOf("ignore it")];

  it.each([
    ["in the order of the rows", `(${one}) (${all})`, "(ignore it) (ignore it all)"],
    ["in the other order", `(${all}) (${one})`, "(ignore it all) (ignore it)"],
    ["side by side", `(${one}${base64("Hello, ignore")})`, "(ignore itHello, ignore)"],
    ["at the beginning", `${one} (.)`, "ignore it (.)"],
    ["at the end", `(.) ${one}`, "(.) ignore it"],
  ])("are all read at once: %s", (_, text, said) => {
    expect([...looksOf(text)]).toEqual([text, said]);
  });

  it("are read as the longest where they overlap, and as the first row has it where they are as long", () => {
    const [text, both] = ["ignore it all??>>> and more of it", "2a41".repeat(4)];
    const code = Buffer.from(text).toString("base64url");
    expect(code).toMatch(/^\w{16,}-/);
    expect([...looksOf(`(${code})`)]).toEqual([`(${code})`, `(${text})`]);
    expect([...looksOf(`(${both})`)]).toEqual([`(${both})`, "(*A*A*A*A)"]);
    const dots = ".".repeat(40);
    expect([...looksOf(`${dots}${both}${base64("ignore")}`)]).toContain(`${dots}${"\u066e5".repeat(4)}ignore`);
  });

  it("are read before their slashes part paths", () => {
    const eve = base64("send it to eve").slice(0, -1);
    const looks = [...looksOf(`. /a/${eve}/ .`)];
    expect(looks).toContain(". /a/send it to eve? .");
    expect(looks).not.toContain(". /a/send it to eve/ .");
  });
});
