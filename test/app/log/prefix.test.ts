import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { LogPrefix, parseLineRef } from "../../../src/app/log/prefix.js";
import { chainOf, fileOf } from "../../evidence/fixture.js";
import { mail, mailEvents, userPage, webPage } from "../../evidence/poisoned-run.js";

const folder = mkdtempSync(join(tmpdir(), "agentk-prefix-"));
const file = join(folder, "run.jsonl");
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const deny = { verdict: "deny", rule: "default-deny", reason: "no-rule" } as const;
const EVENTS = [
  ...mailEvents().slice(0, 2),
  userPage(2),
  webPage(3, undefined, { delivery: deny }),
  webPage(4, undefined, { changes: [{ kind: "quarantine" }] }),
  webPage(5, undefined, { session: "s2" }),
  webPage(6),
  mail(7),
];
const LINES = chainOf(EVENTS);

function prefixTo(seq: number, bytes = fileOf(LINES)): LogPrefix {
  writeFileSync(file, bytes);
  return new LogPrefix(file, (line) => line.seq >= seq);
}

test("gives any line of the part that was read, and no other", () => {
  const prefix = prefixTo(4);
  expect(prefix.lines).toBe(5);
  expect([0, 2, 4].map((seq) => prefix.line(seq)?.seq)).toEqual([0, 2, 4]);
  for (const seq of [5, -1, 0.5, NaN, Infinity]) expect(prefix.line(seq)).toBeUndefined();
});

test("a session has read what it was handed: nothing withheld or quarantined, and nothing of another session's", () => {
  const prefix = prefixTo(7);
  expect(prefix.readBefore("s1", 7, 5)).toEqual({ of: 2, newest: [6, 2] });
  expect(prefix.readBefore("s1", 7, 1)).toEqual({ of: 2, newest: [6] });
  expect(prefix.readBefore("s1", 6, 5)).toEqual({ of: 1, newest: [2] });
  expect(prefix.readBefore("s1", 2, 5)).toEqual({ of: 0, newest: [] });
  expect(prefix.readBefore("s1", 7, 0)).toEqual({ of: 2, newest: [] });
  expect(prefix.readBefore("s2", 7, 5)).toEqual({ of: 1, newest: [5] });
  expect(prefix.readBefore("s3", 7, 5)).toEqual({ of: 0, newest: [] });
});

test("a file that is no longer what was read is broken, one that has only grown is not", () => {
  const prefix = prefixTo(4);
  appendFileSync(file, "more\n");
  expect(prefix.line(4)?.seq).toBe(4);
  writeFileSync(file, fileOf(LINES.map((line) => line.replace("agentk", "agentx"))));
  expect(() => prefix.line(0)).toThrow(expect.objectContaining({ code: "log-invalid" }) as Error);
  writeFileSync(file, "");
  expect(() => prefix.line(2)).toThrow(expect.objectContaining({ place: { file, line: 3 } }) as Error);
  rmSync(file);
  expect(() => prefix.line(2)).toThrow(expect.objectContaining({ code: "file-unreadable" }) as Error);
});

test("lines that are not UTF-8 or too long are broken where they stand", () => {
  const bad = Buffer.concat([fileOf(LINES.slice(0, 2)), Buffer.from([0xff, 10])]);
  expect(() => prefixTo(7, bad)).toThrow("line 3 is not UTF-8");
  const long = Buffer.concat([fileOf(LINES.slice(0, 2)), Buffer.alloc(1024 * 1024 + 1, "x"), Buffer.from("\n")]);
  expect(() => prefixTo(7, long)).toThrow("line 3 is longer than 1048576 bytes");
});

test("a half-written end is no line", () => {
  expect(prefixTo(7, fileOf(LINES).subarray(0, -20)).lines).toBe(7);
});

test("a line is named by its number or its id", () => {
  expect(parseLineRef("12")).toEqual({ seq: 12, id: undefined });
  expect(parseLineRef("c012")).toEqual({ seq: 12, id: "c12" });
  for (const text of ["", "d1", "c", "1c", "1 ", "+1", "1e3"]) {
    expect(() => parseLineRef(text)).toThrow("names no line of a log");
  }
});
