/** Paths below a folder: the many spellings of one path, and the ways out of the folder. */
import { posix, win32 } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PathPattern } from "../../../src/policy/ast.js";
import { compileUnder, underFault } from "../../../src/policy/match/path.js";

function isUnder(folder: string, text: string, mode?: PathPattern["case"]): boolean {
  return compileUnder({ under: [folder], ...(mode === undefined ? {} : { case: mode }) })(text);
}

describe("compileUnder", () => {
  it.each([
    ["/work", "/work", true],
    ["/work", "/work/", true],
    ["/work/", "/work", true],
    ["/work", "/work/a/b.txt", true],
    ["/work", "//work///a", true],
    ["/work", "/work/./a", true],
    ["/work", "/./work/a/../b", true],
    ["/work", "/work/..", false],
    ["/work", "/work/../etc/passwd", false],
    ["/work", "/work/a/../../etc", false],
    ["/work", "/etc/../work/a", true],
    ["/work", "/../../work/a", true],
    ["/work", "/workshop", false],
    ["/work", "/work.txt", false],
    ["/work", "/WORK/a", false],
    ["/work", "/", false],
    ["/work", "", false],
    ["/work", "work/a", false],
    ["/work", "./work", false],
    ["/work", "~/work", false],
    ["/work", " /work/a", false],
    ["/work", "/work/a b.txt", true],
    ["/work", "/work/.../a", false],
    ["/work", "/work/.. /etc", false],
    ["/work", "/work/a\u0000/../../etc", false],
    ["/work", "/work/a\nb", false],
    ["/work", "/work/100%.txt", true],
    ["/work", "/work/a%20b", true],
    ["/work", "/work/%2e%2e/etc", false],
    ["/work", "/work/.%2E/etc", false],
    ["/work", "/work%2fa", false],
    ["/work", "/work/..%2f..%2fetc", false],
    ["/work", "/work/..%5cetc", false],
    ["/work", "/work/%252e%252e/etc", false],
    ["/work", "/work/%25252e/etc", false],
    ["/work", "/work/%c0%ae%c0%ae/etc", false],
    ["/work", "/work/%u002e%u002e/etc", false],
    ["/work", "/work/a%00", false],
    ["/work", "/work/．．/etc", false],
    ["/work", "/work/‥/etc", false],
    ["/work", "/work/..／etc", false],
    ["/work", "/work/a\\b", true],
    ["/work", "/work/a\\..\\..\\..\\etc", false],
    ["/work", "/etc\\../work/a", false],
    ["/work", "/x/..\\../work/a", false],
    ["/work", "\\work\\a", false],
    ["/work", "C:/work/a", false],
    ["/work", "file:///work/a", true],
    ["/work", "FILE:/work/a", true],
    ["/work", "file://localhost/work/a%20b", true],
    ["/work", "file:///work/../etc", false],
    ["/work", "file:///work/%2e%2e/etc", false],
    ["/work", "file:///w%6frk/a", true],
    ["/work", "file:///work/a?/../../etc", false],
    ["/work", "file:///work/a#b", false],
    ["/work", "file:///work\\..\\etc", false],
    ["/work", "file:////work/a", false],
    ["/work", "file://server/work/a", false],
    ["/work", "file:work/a", false],
    ["/work", "file:///work/%ff", false],
    ["/work", "file:///work/%0a", false],
    ["/work", "https://x/work/a", false],
    ["/", "/etc/passwd", true],
    ["/", "etc", false],
    ["/", "C:\\x", false],
    ["/a b", "/a b/c", true],
    ["docs", "docs/a", true],
    ["docs", "./docs//a", true],
    ["docs", "x/../docs/a", true],
    ["docs", "docs/../a", false],
    ["docs", "../docs/a", false],
    ["docs", "docs/../../docs/a", false],
    ["docs", "/docs/a", false],
    ["docs", "docs\\..\\..\\a", false],
    [".", "docs/a", true],
    [".", "..", false],
    [".", "~/x", false],
    [".", "c:x", false],
    [".", "https://x/y", false],
  ])("of %j, %j is %j", (folder, text, expected) => {
    expect(isUnder(folder, text)).toBe(expected);
  });

  it.each([
    ["C:\\work", "C:\\work\\a", true],
    ["C:\\work", "c:/WORK/a", true],
    ["C:/work", "C:\\work\\a/b", true],
    ["C:\\work", "C:\\work\\..\\Windows", false],
    ["C:\\work", "C:\\work/../Windows", false],
    ["C:\\work", "C:\\..\\..\\work\\a", true],
    ["C:\\work", "D:\\work\\a", false],
    ["C:\\work", "C:work\\a", false],
    ["C:\\work", "\\work\\a", false],
    ["C:\\work", "/work/a", false],
    ["C:\\work", "C:\\workshop", false],
    ["C:\\work", "C:\\work\\a.", false],
    ["C:\\work", "C:\\work\\a ", false],
    ["C:\\work", "C:\\work\\.. \\x", false],
    ["C:\\work", "C:\\work\\...\\x", false],
    ["C:\\work", "C:\\work\\a::$DATA", false],
    ["C:\\work", "C:\\work\\a:b", false],
    ["C:\\work", "C:\\work\\LONGNA~1.TXT", false],
    ["C:\\work", "C:\\work\\nul", false],
    ["C:\\work", "C:\\work\\COM1.txt", false],
    ["C:\\work", "C:\\work\\con .txt", false],
    ["C:\\work", "C:\\work\\console", true],
    ["C:\\work", "C:\\work\\*", false],
    ["C:\\work", "\\\\?\\C:\\work\\a", false],
    ["C:\\work", "\\\\.\\C:\\work\\a", false],
    ["C:\\work", "file:///C:/work/a", true],
    ["C:\\work", "file:///c:/work/../a", false],
    ["C:\\", "C:\\anything", true],
    ["\\\\Server\\share\\x", "\\\\server\\SHARE\\X\\a", true],
    ["\\\\server\\share\\x", "\\\\server\\share\\x\\..\\y", false],
    ["\\\\server\\share", "\\\\server\\share\\..\\..\\other", true],
    ["\\\\server\\share", "\\\\server\\other\\a", false],
    ["\\\\server\\share", "\\\\server\\..\\a", false],
    ["\\\\server\\share", "//server/share/a", false],
  ])("on Windows, of %j, %j is %j", (folder, text, expected) => {
    expect(isUnder(folder, text)).toBe(expected);
  });

  it.each([
    ["/Work", "/wORK/a", "insensitive", true],
    ["/Work", "/wORK/a", "sensitive", false],
    ["/é", "/e\u0301/a", "insensitive", true],
    ["/é", "/É/a", "insensitive", true],
    ["/é", "/e\u0301/a", "sensitive", false],
    ["/οδος", "/ΟΔΟΣ/a", "insensitive", false],
    ["/οδοσ", "/ΟΔΟΣ/a", "insensitive", true],
    ["/strasse", "/straße/a", "insensitive", false],
    ["/k", "/\u212a", "insensitive", true],
    ["C:\\Work", "C:\\work", "sensitive", false],
    ["C:\\Work", "c:\\Work", "sensitive", true],
  ] as const)("of %j, %j, %s is %j", (folder, text, mode, expected) => {
    expect(isUnder(folder, text, mode)).toBe(expected);
  });

  it("holds when one of the folders does", () => {
    const test = compileUnder({ under: ["/a", "/b/c"] });
    expect(["/a/x", "/b/c", "/b", "/c"].map((text) => test(text))).toEqual([true, true, false, false]);
    expect(compileUnder({ under: [] })("/a")).toBe(false);
  });

  it("takes a path with a backslash only when both readings lie in the same folder", () => {
    const test = compileUnder({ under: ["/a", "/b"] });
    expect(test("/a/x\\y")).toBe(true);
    expect(test("/a/x\\..\\..\\b")).toBe(false);
  });

  it("never takes a path that a file system would open elsewhere", () => {
    const piece = fc.constantFrom("/", "/", "\\", "..", ".", "work", "etc", " ", "%2e", "~", "C:", "a");
    const texts = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
    const isWork = compileUnder({ under: ["/work"] });
    const isDrive = compileUnder({ under: ["C:\\work"] });
    const within = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`);
    fc.assert(
      fc.property(texts, (text) => {
        if (isWork(`/work/${text}`))
          expect(within("/work", posix.normalize(`/work/${text}`).replace(/\/$/, ""))).toBe(true);
        if (isWork(text)) expect(within("/work", posix.resolve("/", text))).toBe(true);
        const windows = win32.resolve("D:\\", `C:\\work\\${text}`).replaceAll("\\", "/");
        if (isDrive(`C:\\work\\${text}`)) expect(within("C:/work", windows)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it("never takes a path with more ways up than down", () => {
    const names = fc.array(fc.constantFrom("a", "b.txt", "..", ".", ""), { maxLength: 8 });
    const separators = fc.constantFrom("/", "//", "/./");
    fc.assert(
      fc.property(names, separators, (parts, separator) => {
        const downs = parts.filter((part) => !["..", ".", ""].includes(part)).length;
        const ups = new Array<string>(downs + 1).fill("..");
        const text = `/home/work/${[...parts, ...ups].join(separator)}`;
        expect([text, isUnder("/home/work", text)]).toEqual([text, false]);
      }),
    );
  });

  it("takes no path beyond the longest that a system has", () => {
    expect(isUnder("/work", `/work/${"a".repeat(32_761)}`)).toBe(true);
    expect(isUnder("/work", `/work/${"a".repeat(32_762)}`)).toBe(false);
  });
});

describe("underFault", () => {
  it.each([
    ["/work", undefined],
    ["C:\\work", undefined],
    ["docs", undefined],
    ["file:///work", undefined],
    ["~/work", "not expanded"],
    ["~", "not expanded"],
    ["", "no folder"],
    ["../x", "no folder"],
    ["/work/%2e%2e", "no folder"],
    ["/work\\x", "no folder"],
    ["C:work", "no folder"],
    ["C:\\PROGRA~1", "no folder"],
    ["https://x/y", "no folder"],
  ])("of %j names %j", (folder, expected) => {
    const fault = underFault({ under: [folder] });
    if (expected === undefined) expect(fault).toBeUndefined();
    else {
      expect(fault).toContain(expected);
      expect(() => compileUnder({ under: [folder] })).toThrow(RangeError);
    }
  });
});
