import { describe, expect, test } from "vitest";
import { fit, paintWith, textWidth, wantsColour, wrap } from "../../src/report/style.js";
import { layOut } from "../../src/report/table.js";

describe("colours", () => {
  test.each([
    [{}, true, true],
    [{}, false, false],
    [{ TERM: "dumb" }, true, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
  ])("with %j on a terminal %j: %j", (env, isTty, wanted) => {
    expect(wantsColour(env, isTty)).toBe(wanted);
  });

  test("come from the palette that was passed in", () => {
    const tag = (name: string) => (text: string) => `<${name}>${text}`;
    const palette = { bold: tag("bold"), green: tag("green"), red: tag("red"), yellow: tag("yellow"), dim: tag("dim") };
    const paint = paintWith(palette);
    expect([paint.title("a"), paint.good("b"), paint.bad("c"), paint.warn("d"), paint.dim("e")]).toEqual([
      "<bold>a",
      "<green>b",
      "<red>c",
      "<yellow>d",
      "<dim>e",
    ]);
  });
});

describe("widths", () => {
  test.each([
    ["plain", 5],
    ["漢字", 4],
    ["e\u0301", 1],
    ["né…", 3],
    ["🙂", 2],
  ])("of %j", (text, width) => {
    expect(textWidth(text)).toBe(width);
  });

  test("cutting keeps within them and shows that it cut", () => {
    expect(fit("abcdef", 6)).toBe("abcdef");
    expect(fit("abcdefg", 6)).toBe("abcde…");
    expect(fit("漢字漢字", 6)).toBe("漢字…");
  });

  test("wrapping breaks between words only", () => {
    expect(wrap("one two three", 9, "  ")).toBe("one two\n  three");
    expect(wrap("unbreakable", 4, "")).toBe("unbreakable");
  });
});

describe("a table", () => {
  const asIs = (cell: string): string => cell;

  test("aligns its columns and cuts the widest that may shrink", () => {
    const columns = [
      { title: "n", align: "right" as const },
      { title: "what", min: 5 },
      { title: "why", min: 3 },
    ];
    const table = layOut(columns, [["10", "a long story", "because"]], 18);
    expect(table.head(asIs)).toBe(" n  what    why");
    expect(table.row(["7", "a long story", "because"], asIs)).toBe(" 7  a lon…  becau…");
  });

  test("that needs not fit cuts nothing", () => {
    const table = layOut([{ title: "a", min: 1 }, { title: "b" }], [["x", "y"]], Infinity);
    expect(table.row(["longer than the sample", "z"], asIs)).toBe("longer than the sample  z");
  });
});
