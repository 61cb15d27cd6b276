/** `verify --chain-only` sees every edit that did not make the hashes anew, and no more than that. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tmpdir } from "node:os";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifyFile } from "../../../src/app/log/verify-file.js";
import { verifyChain } from "../../../src/app/log/verify-chain.js";
import { fileOf, rehash, verifyBytes } from "../../evidence/fixture.js";
import { longLog } from "../../evidence/long-log.js";

const LOG = longLog();
const FILE = join(mkdtempSync(join(tmpdir(), "agentk-chain-")), "run.jsonl");

function chainOf(bytes: Buffer): ReturnType<typeof verifyChain> {
  writeFileSync(FILE, bytes);
  return verifyChain({ file: FILE });
}

describe("verify --chain-only", () => {
  test("follows a good log to its end", () => {
    const head = (JSON.parse(LOG.at(-1) ?? "") as { hash: string }).hash;
    expect(chainOf(fileOf(LOG))).toEqual({ ok: true, lines: LOG.length, head, broken: undefined });
  });

  test("finds any changed byte of a line, in that line or the next", () => {
    const whole = fileOf(LOG);
    const starts = LOG.map((_, i) => fileOf(LOG.slice(0, i)).length);
    fc.assert(
      fc.property(fc.nat(whole.length - 2), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const bytes = Buffer.from(whole);
        bytes[at] = (bytes[at] ?? 0) ^ flip;
        const line = starts.filter((start) => start <= at).length;
        const { ok, broken } = chainOf(bytes);
        expect(ok).toBe(false);
        expect(broken?.line).toBe(line);
        expect(verifyFile({ file: FILE }, {}).ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ["a line left out", [...LOG.slice(0, 4), ...LOG.slice(5)], 5],
    ["two lines changed about", [...LOG.slice(0, 4), LOG[5] ?? "", LOG[4] ?? "", ...LOG.slice(6)], 5],
    ["a line twice", [...LOG.slice(0, 5), ...LOG.slice(4)], 6],
    ["its beginning left out", LOG.slice(1), 1],
    ["a line that is no line of a log", [...LOG.slice(0, 4), "{}", ...LOG.slice(4)], 5],
    ["no line", [], 1],
  ])("finds a log with %s", (_name, lines, line) => {
    expect(chainOf(fileOf(lines)).broken?.line).toBe(line);
  });

  test("finds a last line without its end", () => {
    expect(chainOf(fileOf(LOG).subarray(0, -1)).broken?.line).toBe(LOG.length);
  });

  test("takes what only the whole verification refuses, as its report says", () => {
    const [last, forged] = [LOG.slice(0, -1), rehash(LOG.map((line) => line.replace('"files"', '"filed"')))];
    for (const lines of [last, forged]) {
      expect(chainOf(fileOf(lines)).ok).toBe(true);
      expect(verifyBytes(fileOf(lines)).ok).toBe(false);
    }
  });
});
