/** Every edit of a log is found, or stands on the list of what cannot be. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  buildLog,
  bodyEvents,
  callEvent,
  closeLog,
  commit,
  fileOf,
  findingsOf,
  openEvent,
  parse,
  rehash,
  testKey,
  verifyBytes,
  verifyLines,
} from "./fixture.js";

const LOG = buildLog();
const FILE = fileOf(LOG);
const COUNT = LOG.length;

/** 1-based number of the line that holds the byte at this offset; a newline belongs to the line it ends. */
function lineAt(offset: number): number {
  return FILE.subarray(0, offset).filter((byte) => byte === 10).length + 1;
}

describe("the untouched log", () => {
  test("verifies, sealed, without a finding", () => {
    const report = verifyBytes(FILE);
    expect(report).toMatchObject({ ok: true, ending: "sealed", lines: 8, allowed: 1, denied: 1, findingCount: 0 });
    expect(report.unanswered.count).toBe(0);
    expect(report.proved[0]).toContain("all 8 lines");
  });
});

describe("edits without the key", () => {
  test("a flipped bit is found at its line and nowhere else", () => {
    const offset = fc.integer({ min: 0, max: FILE.length - 1 });
    fc.assert(
      fc.property(offset, fc.integer({ min: 0, max: 7 }), (at, bit) => {
        const bytes = Buffer.from(FILE);
        bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
        fc.pre(FILE[at] !== 10 && bytes[at] !== 10);
        const report = verifyBytes(bytes);
        expect(report.ok).toBe(false);
        const failures = report.findings.filter(({ code }) => code !== "unsealed");
        expect(failures.map(({ line }) => line)).toEqual([lineAt(at)]);
      }),
      { numRuns: 1500 },
    );
  });

  test("a replaced byte, newlines included, is found at or right after its line", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: FILE.length - 1 }), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        fc.pre(FILE[at] !== byte);
        const bytes = Buffer.from(FILE);
        bytes[at] = byte;
        const report = verifyBytes(bytes);
        expect(report.ok).toBe(false);
        expect(report.findings[0]?.line).toBe(lineAt(at));
        expect(report.findingCount).toBeLessThan(5);
      }),
      { numRuns: 500 },
    );
  });

  test.each(LOG.map((_, i) => i))("line %i (from 0) deleted", (i) => {
    const found = findingsOf(verifyLines(LOG.filter((_, at) => at !== i)));
    if (i === 0) expect(found).toEqual(["first-not-open@1", "seq-gap@1", "count-mismatch@7"]);
    else if (i === COUNT - 1) expect(found).toEqual(["unsealed@7"]);
    else expect(found).toEqual([`seq-gap@${String(i + 1)}`, "count-mismatch@7"]);
  });

  test.each(LOG.map((_, i) => i))("line %i (from 0) duplicated", (i) => {
    const found = findingsOf(verifyLines(LOG.flatMap((line, at) => (at === i ? [line, line] : [line]))));
    expect(found[0]).toBe(`${i === COUNT - 1 ? "after-close" : "seq-gap"}@${String(i + 2)}`);
  });

  test.each(LOG.slice(1).map((_, i) => i))("line %i (from 0) swapped with the next", (i) => {
    const swapped = LOG.map((line, at) => (at === i ? LOG[i + 1] : at === i + 1 ? LOG[i] : line)) as string[];
    const report = verifyLines(swapped);
    expect(report.ok).toBe(false);
    expect(report.findings[0]?.line).toBe(i + 1);
  });

  test.each(["", " ", "{}", "null", "garbage"])("a line %j put in anywhere is named, and only it", (junk) => {
    for (let i = 0; i < COUNT; i++) {
      const report = verifyLines([...LOG.slice(0, i), junk, ...LOG.slice(i)]);
      expect(report.findings[0]?.line).toBe(i + 1);
      expect(report.findings.slice(1).map(({ code }) => code)).toEqual(["count-mismatch"]);
    }
    expect(findingsOf(verifyLines([...LOG, junk]))).toHaveLength(1);
  });

  test("a line of another run put in anywhere is found there", () => {
    const [, foreign = ""] = closeLog([openEvent(testKey(9).publicHex), ...bodyEvents().slice(1)]);
    for (let i = 1; i < COUNT; i++) {
      const report = verifyLines([...LOG.slice(0, i), foreign, ...LOG.slice(i)]);
      expect(report.ok).toBe(false);
      expect(report.findings[0]?.line).toBe(i === 1 ? 2 : i + 1);
    }
  });

  test.each(LOG.map((_, i) => i))("cut after %i lines", (i) => {
    expect(findingsOf(verifyLines(LOG.slice(0, i)))).toEqual([i === 0 ? "empty@-" : `unsealed@${String(i)}`]);
  });

  test("cut at every byte of the last three lines", () => {
    const from = fileOf(LOG.slice(0, COUNT - 3)).length;
    for (let at = from; at < FILE.length; at++) {
      const report = verifyBytes(FILE.subarray(0, at));
      const codes = report.findings.map(({ code }) => code);
      const isBetweenLines = FILE[at - 1] === 10;
      expect(codes, `cut at ${String(at)}`).toEqual(isBetweenLines ? ["unsealed"] : ["torn-tail", "unsealed"]);
      expect(report.ok).toBe(false);
    }
  });

  test("bytes after the sealed end are a failure even where the run may be open", () => {
    const report = verifyBytes(Buffer.concat([FILE, Buffer.from("{")]), { mayBeOpen: true });
    expect(report.ok).toBe(false);
    expect(findingsOf(report)).toEqual(["torn-tail@9"]);
  });
});

describe("edits with the chain made anew", () => {
  const edits: [string, (lines: string[]) => string[]][] = [
    ["a target changed", (lines) => lines.map((line) => line.replace("write_file", "write_flie"))],
    ["a time changed", (lines) => lines.map((line) => line.replace('"mono_us":2000', '"mono_us":2001'))],
    ["a label changed", (lines) => lines.map((line) => line.replace('["trusted"]', '["private"]'))],
    ["the session line cut out", (lines) => renumbered(lines.filter((line) => !line.includes('"type":"session"')))],
    ["the denied call cut out, counts and all", cutDenied],
    ["a deny turned into an allow, counts and all", allowDenied],
    ["the key replaced", (lines) => lines.map((line) => line.replace(/"public_key":"\w+"/, newKey))],
    ["the run renamed", (lines) => lines.map((line) => line.replace("0123456789ab", "0123456789ac"))],
  ];
  const newKey = `"public_key":"${testKey(8).publicHex}"`;

  test.each(edits)("%s: the seal does not fit", (_name, edit) => {
    const edited = rehash(edit(LOG));
    expect(edited).not.toEqual(LOG);
    const report = verifyLines(edited);
    expect(report.ok).toBe(false);
    expect(report.ending).toBe("unsealed");
    expect(findingsOf(report)).toEqual([`seal-invalid@${String(edited.length)}`]);
  });

  test("the seal left out is a failure of its own", () => {
    expect(findingsOf(verifyLines(closeLog(bodyEvents(), "unsigned")))).toEqual(["seal-invalid@8"]);
  });
});

describe("edits of the close line, its hash made anew", () => {
  const log = closeLog(bodyEvents(), undefined, { stderr: commit(64), stderr_bytes: 64 });
  const other = commit(65).commitment;
  const edits: [string, string | RegExp, string][] = [
    ["the reason", '"reason":"eof"', '"reason":"sigint"'],
    ["the reason, to a recovery", '"reason":"eof"', '"reason":"recovered"'],
    ["the wall clock", /"wall_ms":\d+/, '"wall_ms":1'],
    ["the monotonic clock", '"mono_us":7000', '"mono_us":7001'],
    ["the strays", '"strays":0', '"strays":3'],
    ["the stderr", commit(64).commitment, other],
    ["the kept length of the stderr", '"bytes":64', '"bytes":63'],
    ["the whole length of the stderr", '"stderr_bytes":64', '"stderr_bytes":65'],
    ["the stderr, taken out", /"stderr":[^}]*\},/, ""],
    ["the stderr's length, taken out", '"stderr_bytes":64,', ""],
  ];

  test("the untouched one is sealed, and nothing about it is left unproved", () => {
    const report = verifyLines(log);
    expect(report).toMatchObject({ ok: true, ending: "sealed", findingCount: 0 });
    expect(report.cannotProve.join("\n")).not.toContain("close line");
  });

  test.each(edits)("%s: the seal does not fit", (_name, from, to) => {
    const last = log.at(-1) ?? "";
    const edited = rehash([...log.slice(0, -1), last.replace(from, to)]);
    expect(edited.at(-1)).not.toBe(last);
    const report = verifyLines(edited);
    expect(report).toMatchObject({ ok: false, ending: "unsealed" });
    expect(findingsOf(report)).toEqual(["seal-invalid@8"]);
  });

  test.each(["lines", "allowed", "denied"])("the count of %s does not fit either", (name) => {
    const edited = rehash(log.map((line) => line.replace(new RegExp(`"${name}":\\d`), `"${name}":5`)));
    expect(findingsOf(verifyLines(edited))).toEqual(["count-mismatch@8", "seal-invalid@8"]);
  });

  test("the seal of another close line of the same run", () => {
    const seal = /"seal":"\w+"/;
    const [foreign = ""] = seal.exec(buildLog().at(-1) ?? "") ?? [];
    expect(findingsOf(verifyLines(rehash(log.map((line) => line.replace(seal, foreign)))))).toEqual(["seal-invalid@8"]);
  });
});

/** Names and references follow the new numbers, as a careful forger would make them. */
function renumbered(lines: string[]): string[] {
  return lines.map((line) => {
    const { seq } = parse(line);
    const last = `"lines":${String(seq + 1)}`;
    return line
      .replace(/"([cp])([3-9])"/g, (_all, letter: string, digit: string) => `"${letter}${String(Number(digit) - 1)}"`)
      .replace(last, `"lines":${String(seq)}`);
  });
}

function cutDenied(lines: string[]): string[] {
  return lines
    .filter((line) => !line.includes('"verdict":"deny"'))
    .map((line) => line.replace('"denied":1', '"denied":0').replace('"lines":8', '"lines":7'));
}

function allowDenied(lines: string[]): string[] {
  return lines.map((line) =>
    line
      .replace(
        '"reason":"no-rule","rule":"default-deny","verdict":"deny"',
        '"reason":"policy-allow","rule":"read-only","verdict":"allow"',
      )
      .replace('"allowed":1,"denied":1', '"allowed":2,"denied":0'),
  );
}

describe("what a log by itself cannot show is said", () => {
  test("written anew under another key", () => {
    const forger = testKey(8);
    const events = [openEvent(forger.publicHex), ...bodyEvents().slice(1, -1), callEvent(6, "deny", "files/list")];
    const report = verifyLines(closeLog(events, forger));
    expect(report.ok).toBe(true);
    expect(report.run?.publicKey).toBe(forger.publicHex);
    expect(report.cannotProve.join("\n")).toContain("written anew under another key");
    expect(report.cannotProve.join("\n")).toContain("holds the run's signing key");
  });

  test("cut and closed by a recovery: consistent, never sealed", () => {
    const cut = bodyEvents().slice(0, 5);
    const torn = { type: "recovery", value: { torn_bytes: 17, torn_sha256: "a".repeat(64) } } as const;
    const report = verifyLines(closeLog([...cut, torn], "unsigned", { reason: "recovered" }));
    expect(report).toMatchObject({ ok: true, ending: "recovered", unanswered: { count: 1 } });
    expect(findingsOf(report)).toEqual(["closed-by-recovery@7"]);
    const gaps = report.cannotProve.join("\n");
    expect(gaps).toContain("no line was cut before the recovery");
    expect(gaps).toContain("no signature covers them");
    expect(gaps).toContain("calls without an outcome (1)");
    expect(report.proved.join("\n")).not.toContain("seal");
  });

  test("a run still going", () => {
    const report = verifyLines(LOG.slice(0, 4), { mayBeOpen: true });
    expect(report).toMatchObject({ ok: true, ending: "unsealed", unanswered: { count: 1 } });
    expect(report.cannotProve[0]).toBe("that no line was cut from the end");
  });
});
