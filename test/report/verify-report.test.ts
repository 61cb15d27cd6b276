import { describe, expect, test } from "vitest";
import { plainPaint } from "../../src/report/style.js";
import { verifyJson, verifyText } from "../../src/report/verify-report.js";
import { bodyEvents, buildLog, callEvent, closeLog, verifyLines } from "../evidence/fixture.js";
import { expectGolden } from "./golden.js";

const look = { paint: plainPaint, width: 80 };
const PATH = ".agentk/runs/latest.jsonl";

const broken = (): string[] =>
  buildLog()
    .map((line, i) => (i === 6 ? line.replace("write_file", "write_flie") : line))
    .slice(0, 7);

describe("as text", () => {
  test("a verified log", () => {
    expectGolden("verify-ok.txt", verifyText(PATH, verifyLines(buildLog()), look));
  });

  test("a broken log", () => {
    expectGolden("verify-broken.txt", verifyText(PATH, verifyLines(broken()), look));
  });

  test("a log closed by a recovery, with a call that may have happened", () => {
    const lines = closeLog([...bodyEvents(), callEvent(7, "allow")], "unsigned", { reason: "recovered" });
    expectGolden("verify-recovered.txt", verifyText(PATH, verifyLines(lines), look));
  });

  test("an empty log", () => {
    expectGolden("verify-empty.txt", verifyText("\u001b[31mx", verifyLines([]), look));
  });

  test("a log with more findings than are listed", () => {
    const text = verifyText(PATH, verifyLines(Array.from({ length: 150 }, () => "")), look);
    expect(text).toContain("✗ not verified: more than 100 checks failed");
    expect(text).toContain("  and 51 more\n");
  });

  test("no line of prose is wider than the terminal, but for digests", () => {
    const text = verifyText(PATH, verifyLines(broken()), { ...look, width: 60 });
    const wide = text.split("\n").filter((line) => line.length > 60);
    expect(wide.filter((line) => !/[0-9a-f]{64}|^ {2}lines/.test(line))).toEqual([]);
  });
});

describe("as JSON", () => {
  test("a verified log", () => {
    expectGolden("verify-ok.json", verifyJson(PATH, verifyLines(buildLog())));
  });

  test("a broken log", () => {
    expectGolden("verify-broken.json", verifyJson(PATH, verifyLines(broken())));
  });

  test("has the same members when nothing could be read", () => {
    const members = (lines: string[]): string[] =>
      Object.keys(JSON.parse(verifyJson(PATH, verifyLines(lines))) as object);
    expect(members([])).toEqual(members(buildLog()));
  });

  test("holds no character that acts on a terminal", () => {
    const json = verifyJson("a\u009bb\u202e\u{e0041}", verifyLines([]));
    expect(json).toContain('"a\\u009bb\\u202e\\udb40\\udc41"');
    expect((JSON.parse(json) as { log: string }).log).toBe("a\u009bb\u202e\u{e0041}");
  });
});
