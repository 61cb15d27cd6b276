import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { replaceFile } from "../../src/host/whole-file.js";
import { modeOf, tempFolder } from "./folder.js";

describe("replacing a file", () => {
  it("puts the whole text in the place of what was there, for ourselves alone", () => {
    const folder = tempFolder();
    const path = join(folder, "a");
    writeFileSync(path, "old");
    replaceFile(path, "new\n");
    expect(readFileSync(path, "utf8")).toBe("new\n");
    expect(modeOf(path)).toBe("600");
    expect(readdirSync(folder)).toEqual(["a"]);
  });

  it("says why it could not, and leaves nothing behind", () => {
    const folder = tempFolder();
    const inNone = join(folder, "none", "a");
    expect(() => {
      replaceFile(inNone, "new\n");
    }).toThrow(`\`${inNone}\` cannot be written (ENOENT)`);
    mkdirSync(join(folder, "a"));
    expect(() => {
      replaceFile(join(folder, "a"), "new\n");
    }).toThrow("cannot be written (EISDIR)");
    expect(readdirSync(folder)).toEqual(["a"]);
  });
});
