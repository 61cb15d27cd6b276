/** Normal forms themselves; path.test.ts tries what lies below a folder by them. */
import { describe, expect, it } from "vitest";
import { normalPaths } from "../../../src/policy/match/normal-path.js";

describe("normalPaths", () => {
  it.each([
    ["/a//./b/", "/", ["a", "b"], false],
    ["a/../b", "", ["b"], false],
    ["C:\\Desk\\.\\a b.txt", "c:", ["Desk", "a b.txt"], true],
    ["\\\\Server\\Share\\..\\x", "//server/share", ["x"], true],
    ["file:///C:/Desk", "c:", ["Desk"], true],
    ["file:///desk/c:/x", "/", ["desk", "c:", "x"], false],
    ["/desk/c:x", "/", ["desk", "c:x"], false],
    ["C:\\falcon\\mycom1.txt", "c:", ["falcon", "mycom1.txt"], true],
  ])("reads %j as one path", (text, root, segments, isWindows) => {
    expect(normalPaths(text)).toEqual([{ root, segments, isWindows }]);
  });

  it("reads a backslash in a path from `/` both ways", () => {
    expect(normalPaths("/a/b\\c")?.map(({ segments }) => segments)).toEqual([
      ["a", "b\\c"],
      ["a", "b", "c"],
    ]);
  });

  it.each([
    ["a scheme that ends in `file`", "xfile:///desk/a"],
    ["a name of dots and a backslash", "/desk/.\\"],
    ["look-alikes of dots on a drive", "C:\\desk\\．．\\x"],
  ])("has none for %s", (_what, text) => {
    expect(normalPaths(text)).toBeUndefined();
  });
});
