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
    ["/desk", "/desk", true],
    ["/desk", "/desk/", true],
    ["/desk/", "/desk", true],
    ["/desk", "/desk/a/b.txt", true],
    ["/desk", "//desk///a", true],
    ["/desk", "/desk/./a", true],
    ["/desk", "/./desk/a/../b", true],
    ["/desk", "/desk/..", false],
    ["/desk", "/desk/../etc/passwd", false],
    ["/desk", "/desk/a/../../etc", false],
    ["/desk", "/etc/../desk/a", true],
    ["/desk", "/../../desk/a", true],
    ["/desk", "/desktop", false],
    ["/desk", "/desk.txt", false],
    ["/desk", "/DESK/a", false],
    ["/desk", "/", false],
    ["/desk", "", false],
    ["/desk", "desk/a", false],
    ["/desk", "./desk", false],
    ["/desk", "~/desk", false],
    ["/desk", " /desk/a", false],
    ["/desk", "/desk/a b.txt", true],
    ["/desk", "/desk/.../a", false],
    ["/desk", "/desk/.. /etc", false],
    ["/desk", "/desk/a\u0000/../../etc", false],
    ["/desk", "/desk/a\nb", false],
    ["/desk", "/desk/100%.txt", true],
    ["/desk", "/desk/a%20b", true],
    ["/desk", "/desk/%2e%2e/etc", false],
    ["/desk", "/desk/.%2E/etc", false],
    ["/desk", "/desk%2fa", false],
    ["/desk", "/desk/..%2f..%2fetc", false],
    ["/desk", "/desk/..%5cetc", false],
    ["/desk", "/desk/%252e%252e/etc", false],
    ["/desk", "/desk/%25252e/etc", false],
    ["/desk", "/desk/%c0%ae%c0%ae/etc", false],
    ["/desk", "/desk/%u002e%u002e/etc", false],
    ["/desk", "/desk/a%00", false],
    ["/desk", "/desk/．．/etc", false],
    ["/desk", "/desk/‥/etc", false],
    ["/desk", "/desk/..／etc", false],
    ["/desk", "/desk/a\\b", true],
    ["/desk", "/desk/a\\..\\..\\..\\etc", false],
    ["/desk", "/etc\\../desk/a", false],
    ["/desk", "/x/..\\../desk/a", false],
    ["/desk", "\\desk\\a", false],
    ["/desk", "C:/desk/a", false],
    ["/desk", "file:///desk/a", true],
    ["/desk", "FILE:/desk/a", true],
    ["/desk", "file://localhost/desk/a%20b", true],
    ["/desk", "file:///desk/../etc", false],
    ["/desk", "file:///desk/%2e%2e/etc", false],
    ["/desk", "file:///d%65sk/a", true],
    ["/desk", "file:///desk/a?/../../etc", false],
    ["/desk", "file:///desk/a#b", false],
    ["/desk", "file:///desk\\..\\etc", false],
    ["/desk", "file:////desk/a", false],
    ["/desk", "file://server/desk/a", false],
    ["/desk", "file:desk/a", false],
    ["/desk", "file:///desk/%ff", false],
    ["/desk", "file:///desk/%0a", false],
    ["/desk", "https://x/desk/a", false],
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
    ["C:\\desk", "C:\\desk\\a", true],
    ["C:\\desk", "c:/DESK/a", true],
    ["C:/desk", "C:\\desk\\a/b", true],
    ["C:\\desk", "C:\\desk\\..\\Windows", false],
    ["C:\\desk", "C:\\desk/../Windows", false],
    ["C:\\desk", "C:\\..\\..\\desk\\a", true],
    ["C:\\desk", "D:\\desk\\a", false],
    ["C:\\desk", "C:desk\\a", false],
    ["C:\\desk", "\\desk\\a", false],
    ["C:\\desk", "/desk/a", false],
    ["C:\\desk", "C:\\desktop", false],
    ["C:\\desk", "C:\\desk\\a.", false],
    ["C:\\desk", "C:\\desk\\a ", false],
    ["C:\\desk", "C:\\desk\\.. \\x", false],
    ["C:\\desk", "C:\\desk\\...\\x", false],
    ["C:\\desk", "C:\\desk\\a::$DATA", false],
    ["C:\\desk", "C:\\desk\\a:b", false],
    ["C:\\desk", "C:\\desk\\LONGNA~1.TXT", false],
    ["C:\\desk", "C:\\desk\\nul", false],
    ["C:\\desk", "C:\\desk\\COM1.txt", false],
    ["C:\\desk", "C:\\desk\\con .txt", false],
    ["C:\\desk", "C:\\desk\\console", true],
    ["C:\\desk", "C:\\desk\\*", false],
    ["C:\\desk", "\\\\?\\C:\\desk\\a", false],
    ["C:\\desk", "\\\\.\\C:\\desk\\a", false],
    ["C:\\desk", "file:///C:/desk/a", true],
    ["C:\\desk", "file:///c:/desk/../a", false],
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
    ["/Desk", "/dESK/a", "insensitive", true],
    ["/Desk", "/dESK/a", "sensitive", false],
    ["/é", "/e\u0301/a", "insensitive", true],
    ["/é", "/É/a", "insensitive", true],
    ["/é", "/e\u0301/a", "sensitive", false],
    ["/οδος", "/ΟΔΟΣ/a", "insensitive", false],
    ["/οδοσ", "/ΟΔΟΣ/a", "insensitive", true],
    ["/strasse", "/straße/a", "insensitive", false],
    ["/k", "/\u212a", "insensitive", true],
    ["C:\\Desk", "C:\\desk", "sensitive", false],
    ["C:\\Desk", "c:\\Desk", "sensitive", true],
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
    const piece = fc.constantFrom("/", "/", "\\", "..", ".", "desk", "etc", " ", "%2e", "~", "C:", "a");
    const texts = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(""));
    const isDesk = compileUnder({ under: ["/desk"] });
    const isDrive = compileUnder({ under: ["C:\\desk"] });
    const within = (folder: string, path: string): boolean => path === folder || path.startsWith(`${folder}/`);
    fc.assert(
      fc.property(texts, (text) => {
        if (isDesk(`/desk/${text}`))
          expect(within("/desk", posix.normalize(`/desk/${text}`).replace(/\/$/, ""))).toBe(true);
        if (isDesk(text)) expect(within("/desk", posix.resolve("/", text))).toBe(true);
        const windows = win32.resolve("D:\\", `C:\\desk\\${text}`).replaceAll("\\", "/");
        if (isDrive(`C:\\desk\\${text}`)) expect(within("C:/desk", windows)).toBe(true);
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
        const text = `/home/desk/${[...parts, ...ups].join(separator)}`;
        expect([text, isUnder("/home/desk", text)]).toEqual([text, false]);
      }),
    );
  });

  it("takes no path beyond the longest that a system has", () => {
    expect(isUnder("/desk", `/desk/${"a".repeat(32_761)}`)).toBe(true);
    expect(isUnder("/desk", `/desk/${"a".repeat(32_762)}`)).toBe(false);
  });
});

describe("underFault", () => {
  it.each([
    ["/desk", undefined],
    ["C:\\desk", undefined],
    ["docs", undefined],
    ["file:///desk", undefined],
    ["~/desk", "not expanded"],
    ["~", "not expanded"],
    ["", "no folder"],
    ["../x", "no folder"],
    ["/desk/%2e%2e", "no folder"],
    ["/desk\\x", "no folder"],
    ["C:desk", "no folder"],
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
