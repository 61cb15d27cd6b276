/** The archive writer: what tar reads back, the same bytes each time, a whole file or none. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fileEntry, textEntry, writeTarFile, type TarEntry } from "../../src/host/tar-file.js";
import { codeOf, modeOf, tempFolder, underUmask } from "./folder.js";

const TIME = Date.UTC(2026, 10, 21, 3, 54, 13) / 1000;

function sample(folder: string): readonly TarEntry[] {
  const source = join(folder, "source");
  writeFileSync(source, Buffer.alloc(3_000_000, "abcdefg\n"));
  return [
    textEntry("README.txt", "Grüße\n"),
    textEntry("empty", ""),
    textEntry("proofs/a.json", "x".repeat(512)),
    fileEntry("log", source, 2_000_001),
  ];
}

/** An entry that says it has two bytes. */
function saying(text: string): TarEntry {
  return { ...textEntry("a", text), size: 2 };
}

test("tar lists and extracts exactly what went in", () => {
  const folder = tempFolder();
  const tar = join(folder, "a.tar");
  writeTarFile(tar, TIME + 0.9, sample(folder));
  const list = execFileSync("tar", ["--list", "--verbose", "--numeric-owner", "--utc", "--full-time", "-f", tar], {
    encoding: "utf8",
  });
  expect(list.split("\n").map((line) => line.replace(/ +/g, " "))).toEqual([
    "-rw-r--r-- 0/0 8 2026-11-21 03:54:13 README.txt",
    "-rw-r--r-- 0/0 0 2026-11-21 03:54:13 empty",
    "-rw-r--r-- 0/0 512 2026-11-21 03:54:13 proofs/a.json",
    "-rw-r--r-- 0/0 2000001 2026-11-21 03:54:13 log",
    "",
  ]);
  const out = join(folder, "out");
  mkdirSync(out);
  execFileSync("tar", ["-xf", tar, "-C", out]);
  expect(readFileSync(join(out, "README.txt"), "utf8")).toBe("Grüße\n");
  expect(readFileSync(join(out, "proofs/a.json"), "utf8")).toBe("x".repeat(512));
  expect(readFileSync(join(out, "log")).equals(readFileSync(join(folder, "source")).subarray(0, 2_000_001))).toBe(true);
});

test("the same entries give the same bytes, 0600, and nothing is left beside them", () => {
  const folder = tempFolder();
  const made = ["a.tar", "b.tar"].map((name) => {
    underUmask(() => {
      writeTarFile(join(folder, name), TIME, sample(folder));
    });
    expect(modeOf(join(folder, name))).toBe("600");
    return readFileSync(join(folder, name));
  });
  expect(made[0]?.equals(made[1] ?? Buffer.alloc(0))).toBe(true);
  expect((made[0]?.length ?? 1) % 512).toBe(0);
  expect(readdirSync(folder).sort()).toEqual(["a.tar", "b.tar", "source"]);
});

test("a name that is taken is left as it is, also by a link to nothing", () => {
  const folder = tempFolder();
  const [tar, link] = [join(folder, "a.tar"), join(folder, "link.tar")];
  writeFileSync(tar, "mine");
  symlinkSync(join(folder, "nowhere"), link);
  for (const name of [tar, link])
    expect(
      codeOf(() => {
        writeTarFile(name, TIME, [textEntry("a", "a")]);
      }),
    ).toBe("file-exists");
  expect(readFileSync(tar, "utf8")).toBe("mine");
  expect(readdirSync(folder).sort()).toEqual(["a.tar", "link.tar"]);
});

test.each<[string, (folder: string) => TarEntry, string | undefined]>([
  ["a source that became shorter", (folder) => fileEntry("log", join(folder, "short"), 6), "file-unreadable"],
  ["a source that is gone", (folder) => fileEntry("log", join(folder, "gone"), 6), "file-unreadable"],
  ["a source that is a folder", (folder) => fileEntry("log", folder, 6), "file-unreadable"],
])("%s: an error, and no archive", (_what, entry, code) => {
  const folder = tempFolder();
  writeFileSync(join(folder, "short"), "12345");
  const write = (): void => {
    writeTarFile(join(folder, "a.tar"), TIME, [textEntry("first", "1"), entry(folder)]);
  };
  expect(codeOf(write)).toBe(code);
  expect(readdirSync(folder)).toEqual(["short"]);
});

test.each<[string, TarEntry]>([
  ["less than it said", saying("1")],
  ["more than it said", saying("123")],
  ["a name that is too long", textEntry("n".repeat(101), "1")],
  ["a name with a space", textEntry("a b", "1")],
  ["more than ustar can say", { name: "a", size: 8 ** 11, write: () => undefined }],
])("an entry with %s is refused", (_what, entry) => {
  const folder = tempFolder();
  expect(() => {
    writeTarFile(join(folder, "a.tar"), TIME, [entry]);
  }).toThrow(RangeError);
  expect(readdirSync(folder)).toEqual([]);
});

test("a folder that is not there is an error that says so; times that do not fit become the nearest", () => {
  const folder = tempFolder();
  expect(
    codeOf(() => {
      writeTarFile(join(folder, "none", "a.tar"), TIME, []);
    }),
  ).toBe("unsafe-file");
  for (const [name, time] of [
    ["past.tar", -5],
    ["future.tar", 2 ** 53],
  ] as const) {
    writeTarFile(join(folder, name), time, [textEntry("a", "1")]);
    expect(execFileSync("tar", ["-tf", join(folder, name)], { encoding: "utf8" })).toBe("a\n");
  }
});
