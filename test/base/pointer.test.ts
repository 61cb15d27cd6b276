/** Path patterns: what each form selects, against a naive oracle, and what is refused. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compilePath, escapeSegment, unescapeSegment, type PathPattern } from "../../src/base/pointer.js";

function pattern(text: string): PathPattern {
  const compiled = compilePath(text);
  if (!compiled.ok) throw new Error(compiled.error);
  return compiled.value;
}

describe("compilePath", () => {
  it.each([
    ["/to", "/to", true],
    ["/to", "/to/0", false],
    ["/to", "/to!", false],
    ["/to", "/to!/x", false],
    ["/to", "/to#", false],
    ["/to", "/too", false],
    ["/to", "/a/to", false],
    ["/to", "", false],
    ["/a~1b", "/a~1b", true],
    ["/a~1b", "/a/b", false],
    ["/a~2", "/a~2", true],
    ["/a~2", "/a#", false],
    ["/a~3/b", "/a~3/b", true],
    ["/a~3/b", "/a!/b", false],
    ["/", "/", true],
    ["/", "", false],
    ["/to/*", "/to/0", true],
    ["/to/*", "/to", false],
    ["/to/*", "/to/0/x", false],
    ["/to/*", "/to/", true],
    ["/to/*", "/to/0#", false],
    ["/to/*", "/to!", false],
    ["/to/*", "/to!/0", false],
    ["/*/to", "/a!/to", false],
    ["/**", "", true],
    ["/**", "/a", true],
    ["/**", "/a/b/c", true],
    ["/**", "/a#", true],
    ["/**", "/a!", true],
    ["/**", "/a!/b#", true],
    ["/a/**", "/a", true],
    ["/a/**", "/a/b/c", true],
    ["/a/**", "/a!/b", true],
    ["/a/**", "/a/b#", true],
    ["/a/**", "/a#", false],
    ["/a/**", "/ab", false],
    ["/**/a/**", "/a/a#", true],
    ["/**/to", "/to", true],
    ["/**/to", "/x/y/to", true],
    ["/**/to", "/x!/y/to", true],
    ["/**/to", "/x/to/z", false],
    ["/**/to", "/x/to#", false],
    ["/a/**/b", "/a/b", true],
    ["/a/**/b", "/a!/b", true],
    ["/a/**/b/*/c", "/a/b/b/x/c", true],
    ["/**/**", "/a", true],
    ["/shared_with/*#", "/shared_with/a@b.example#", true],
    ["/shared_with/*#", "/shared_with/a@b.example", false],
    ["/shared_with/*#", "/shared_with/x/y#", false],
    ["/a#", "/a#", true],
    ["/a#", "/a", false],
    ["/**#", "/a/b#", true],
    ["/**#", "/a/b", false],
    ["/body!/to/0", "/body!/to/0", true],
    ["/body!/to/0", "/body/to/0", false],
    ["/body!/*", "/body!/to", true],
    ["/body!/*", "/body!", false],
    ["/body!", "/body!", true],
    ["/body!", "/body", false],
    ["/body!/**", "/body!", true],
    ["/body!/**", "/body", false],
    ["/body!!/x", "/body!!/x", true],
    ["!/x", "!/x", true],
    ["!/x", "/x", false],
  ])("%j on %j is %j", (text, path, expected) => {
    expect(pattern(text).matches(path)).toBe(expected);
  });

  it("takes no name for a wildcard", () => {
    expect(pattern("/a").matches("/*")).toBe(false);
    expect(pattern("/*/b").matches("/**/b")).toBe(true);
    expect(pattern("/**").text).toBe("/**");
  });

  it.each([
    ["", "empty"],
    ["to", "start with `/`"],
    ["**", "start with `/`"],
    ["#", "start with `/`"],
    ["/a!#", "no key stands"],
    ["/a#/b", "`~2`"],
    ["/a##", "`~2`"],
    ["/a!b", "`~3`"],
    ["/a~", "`~0`"],
    ["/a~4b", "`~0`"],
    ["/to_*", "`*` within a name"],
    ["/*_to", "`*` within a name"],
    ["/***", "`*` within a name"],
    ["/a**", "`*` within a name"],
  ])("refuses %j", (text, expected) => {
    const compiled = compilePath(text);
    expect(compiled.ok ? "" : compiled.error).toContain(expected);
  });

  it("refuses a pattern that is longer than the bound", () => {
    expect(compilePath(`/${"a".repeat(1024)}`)).toEqual({ ok: false, error: "a path is longer than 1024 characters" });
    expect(compilePath(`/${"a".repeat(1023)}`).ok).toBe(true);
  });

  it("agrees with a naive recursive matcher", () => {
    const piece = fc.constantFrom("/a", "/b", "!");
    const paths = fc.array(piece, { maxLength: 7 });
    const patterns = fc.array(fc.constantFrom("/a", "!", "/*", "/**"), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(patterns, paths, (wanted, path) => {
        expect(pattern(wanted.join("")).matches(path.join(""))).toBe(fits(wanted, path));
      }),
      { numRuns: 3000 },
    );
  });

  it("selects the place of any name by its escaped form, and no other place", () => {
    const names = fc.array(fc.string({ unit: fc.constantFrom("a", "~", "/", "#", "!", "1", "😀") }), { minLength: 1 });
    fc.assert(
      fc.property(names, names, (some, other) => {
        const place = (parts: readonly string[]): string => parts.map((part) => `/${escapeSegment(part)}`).join("");
        expect(pattern(place(some)).matches(place(some))).toBe(true);
        expect(pattern(place(some)).matches(place(other))).toBe(place(some) === place(other));
        expect(place(some) === place(other)).toBe(JSON.stringify(some) === JSON.stringify(other));
      }),
    );
  });

  it("ends on a pattern and a path made to make matchers go back for ever", () => {
    const many = pattern(`${"/**/a".repeat(100)}/**/b`);
    expect(many.matches("/a".repeat(5000))).toBe(false);
    expect(many.matches(`${"/a".repeat(5000)}/b`)).toBe(true);
  });
});

function fits(wanted: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = wanted;
  const [head, ...tail] = path;
  if (first === undefined) return head === undefined;
  if (first === "/**") return fits(rest, path) || (head !== undefined && fits(wanted, tail));
  if (head === undefined) return false;
  return (first === "/*" ? head !== "!" : first === head) && fits(rest, tail);
}

it("gives a name back from its segment, whatever is in it", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (name) => unescapeSegment(escapeSegment(name)) === name));
});
