/** What is left of a pruned log verifies, whatever was cut; and nothing else that a forger makes of it does. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { pruneLog } from "../../../src/app/log/prune.js";
import { headerAt } from "../../../src/app/log/pruned-header.js";
import { canonicalJson } from "../../../src/base/canonical.js";
import type { JsonValue } from "../../../src/base/json.js";
import type { PrunedHeader } from "../../../src/evidence/pruned.js";
import { verifyEd25519 } from "../../../src/host/signer.js";
import type { VerifyReport } from "../../../src/evidence/verify.js";
import { buildLog, fileOf, RUN_KEY, sessionEvent, testKey, verifyLines } from "../../evidence/fixture.js";
import { checkpointsOf, longLog, NEXT_KEY } from "../../evidence/long-log.js";
import { SignedLog } from "../../evidence/signed-log.js";

const root = mkdtempSync(join(tmpdir(), "agentk-prune-"));
let made = 0;

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const LOG = longLog();
const HEADS = checkpointsOf(LOG);

function write(lines: readonly string[]): string {
  const file = join(root, `log-${String(made++)}`);
  writeFileSync(file, fileOf(lines));
  return file;
}

function linesOf(file: string): readonly string[] {
  return readFileSync(file, "utf8").split("\n").slice(0, -1);
}

function prunedAt(size: number, lines: readonly string[] = LOG): readonly string[] {
  const out = join(root, `out-${String(made++)}`);
  expect(pruneLog({ file: write(lines) }, out, { kind: "before", number: size }).pruned).toBe(size);
  return linesOf(out);
}

function headerOf(lines: readonly string[]): PrunedHeader {
  return JSON.parse(lines[0] ?? "") as PrunedHeader;
}

function withHeader(lines: readonly string[], header: object): readonly string[] {
  return lines.with(0, canonicalJson(header as JsonValue));
}

/** Every signature checked. */
function judged(lines: readonly string[]): VerifyReport {
  return verifyLines(lines, { verifySignature: verifyEd25519, signatures: { trusted: undefined }, mayBePruned: true });
}

function failures(lines: readonly string[]): readonly string[] {
  return judged(lines).findings.flatMap(({ code, severity }) => (severity === "failure" ? [code] : []));
}

describe("at every signed head", () => {
  test("the log that is cut has calls that are parted, changes of key and a second policy", () => {
    expect(judged(LOG)).toMatchObject({ ok: true, ending: "sealed" });
    expect(HEADS.length).toBeGreaterThan(30);
  });

  test.each(HEADS)("of %i lines: the rest is the same bytes, and verifies to the seal", (size) => {
    const rest = prunedAt(size);
    expect(rest.slice(1)).toEqual(LOG.slice(size));
    const report = judged(rest);
    expect(report.findings.map(({ code }) => code)).toEqual(["pruned"]);
    expect(report).toMatchObject({ ok: true, ending: "sealed", pruned: size, lines: rest.length });
    expect(report.head).toBe(judged(LOG).head);
    expect(report.signed.lines).toBe(LOG.length);
    expect(report.run?.publicKey).toBe(RUN_KEY.publicHex);
    expect(report.cannotProve.join("\n")).toContain(`what the ${String(size)} pruned lines held`);
  });

  test("and from there again at every later one, as if it had been cut there at once", () => {
    const seconds = HEADS.filter((_, i) => i % 7 === 3).map((size) => [size, prunedAt(size)] as const);
    for (const first of HEADS.filter((_, i) => i % 9 === 0)) {
      const once = prunedAt(first);
      for (const [size, rest] of seconds) if (size > first) expect(prunedAt(size, once)).toEqual(rest);
    }
  });

  test("of any tree: sizes, and second cuts, that no other test has", () => {
    const sizes = fc.uniqueArray(fc.integer({ min: 2, max: 70 }), { minLength: 2, maxLength: 4 });
    fc.assert(
      fc.property(sizes, (some) => {
        const at = [...some].sort((a, b) => a - b);
        const log = new SignedLog();
        while (log.seq < 72)
          if (at.includes(log.seq)) log.checkpoint();
          else log.add(sessionEvent());
        let rest = log.closed();
        for (const size of at) rest = prunedAt(size, rest);
        expect(judged(rest)).toMatchObject({ ok: true, pruned: at.at(-1) });
      }),
      { numRuns: 15 },
    );
  });
});

/** Every change of one leaf of a value, every member and item left out, every item twice. */
function editsOf(value: JsonValue): readonly JsonValue[] {
  if (typeof value === "string")
    return [value.replace(/[0-9a-f]/, (digit) => (digit === "0" ? "1" : "0")), `${value}0`];
  if (typeof value === "number") return [value + 1, value - 1, 0];
  if (Array.isArray(value)) {
    const items = value as readonly JsonValue[];
    const dropped = items.map((_, i) => items.toSpliced(i, 1));
    const twice = items.map((item, i) => items.toSpliced(i, 0, item));
    const edited = items.flatMap((item, i) => editsOf(item).map((edit) => items.with(i, edit)));
    return [...dropped, ...twice, ...edited] as readonly JsonValue[];
  }
  const members = Object.entries(value as Readonly<Record<string, JsonValue>>);
  return members.flatMap(([name, member]) => [
    Object.fromEntries(members.filter(([other]) => other !== name)),
    ...editsOf(member).map((edit) => ({ ...(value as object), [name]: edit })),
  ]);
}

describe("a header", () => {
  const nth = HEADS.length - 6;
  const size = HEADS[nth] ?? 0;
  const rest = prunedAt(size);
  const header = headerOf(rest);

  test("keeps what it must: the open line, the policy in force, every change of key", () => {
    expect(header.keys).toHaveLength(2);
    expect(header.open.line).toBe(LOG[0]);
    expect((JSON.parse(header.policy.line) as { seq: number }).seq).toBeGreaterThan(1);
  });

  test("with any member changed fails", () => {
    const edits = editsOf(header);
    expect(edits.length).toBeGreaterThan(60);
    for (const edit of edits) {
      const found = failures(withHeader(rest, edit as object));
      expect(found, JSON.stringify(edit)).not.toEqual([]);
    }
  });

  test("with any byte changed fails", () => {
    const text = rest[0] ?? "";
    for (let i = 0; i < text.length; i += 23) {
      const other = text[i] === "a" ? "b" : "a";
      expect(failures(rest.with(0, text.slice(0, i) + other + text.slice(i + 1)))).not.toEqual([]);
    }
  });

  test("in another spelling, or with a member more or twice, fails", () => {
    expect(failures(rest.with(0, `${rest[0] ?? ""} `))).toContain("pruned-header");
    expect(failures(withHeader(rest, { ...header, more: 1 }))).toContain("pruned-header");
    const twice = (rest[0] ?? "").replace(/}$/, `,"size":${String(size)}}`);
    expect(failures(rest.with(0, twice))).toContain("pruned-header");
  });

  test("without a change of key, or with one that both keys did not sign, fails", () => {
    expect(failures(withHeader(rest, { ...header, keys: header.keys.slice(1) }))).toContain("key-change-invalid");
    expect(failures(withHeader(rest, { ...header, keys: header.keys.slice(0, 1) }))).toContain("checkpoint-signature");
    expect(failures(withHeader(rest, { ...header, keys: header.keys.toReversed() }))).toContain("key-change-invalid");
  });

  test("with a line of the log in another's place fails", () => {
    const { open, policy } = header;
    expect(failures(withHeader(rest, { ...header, open: policy }))).toContain("pruned-header");
    expect(failures(withHeader(rest, { ...header, policy: open }))).toContain("pruned-header");
    expect(failures(withHeader(rest, { ...header, open: { ...open, path: policy.path } }))).toContain("pruned-header");
  });

  test("alone, or before a line that is no checkpoint, fails, even where a log may be open", () => {
    const open = { mayBeOpen: true, mayBePruned: true };
    expect(verifyLines(rest.slice(0, 1), open).ok).toBe(false);
    for (let seq = size + 1; seq < LOG.length; seq++) {
      if (HEADS.includes(seq)) continue;
      const { text } = headerAt(write(LOG), { size: seq, policy: 1, keys: [] }, undefined);
      const found = verifyLines([text, ...LOG.slice(seq)], open).findings.map(({ code }) => code);
      expect(found).toContain("pruned-header");
    }
  });

  test("before a head of another size fails", () => {
    expect(failures([rest[0] ?? "", ...LOG.slice(HEADS[nth + 1])])).toContain("seq-gap");
    expect(failures([rest[0] ?? "", ...LOG.slice(HEADS[nth - 1])])).toContain("seq-gap");
  });

  test("of another log fails, and so does a log of another header", () => {
    // Both change to the same keys: the line that follows is one that the other log's key in force signed.
    const other = headerOf(prunedAt(size, longLog(testKey(5))));
    expect(failures(withHeader(rest, other))).toEqual(["prev-mismatch"]);
    expect(failures(withHeader(rest, { ...other, prev: header.prev }))).toContain("checkpoint-wrong");
    const fork = new SignedLog().add({ type: "session", value: { session: "s2", fact: "ping" } }).checkpoint();
    const at = fork.seq - 1;
    const mine = new SignedLog()
      .add({ type: "session", value: { session: "s1", fact: "ping" } })
      .checkpoint()
      .closed();
    const forged = { ...headerOf(prunedAt(at, fork.closed())), prev: headerOf(prunedAt(at, mine)).prev };
    expect(failures(withHeader(["", ...mine.slice(at)], forged))).toEqual(["checkpoint-wrong"]);
  });

  test("anywhere but in the first line is no line of a log", () => {
    expect(failures([LOG[0] ?? "", rest[0] ?? "", ...LOG.slice(1)])).toContain("line-shape");
    expect(failures([rest[0] ?? "", ...rest])).toContain("line-shape");
  });
});

describe("what was kept", () => {
  const rest = prunedAt(HEADS[10] ?? 0);

  test("with any line taken out, swapped or edited fails as in a whole log", () => {
    for (let i = 1; i < rest.length; i++) {
      expect(failures(rest.toSpliced(i, 1))).not.toEqual([]);
      expect(failures(rest.with(i, (rest[i] ?? "").replace('"wall_ms":1', '"wall_ms":2')))).not.toEqual([]);
    }
  });

  test("does not excuse what comes of calls that were never made", () => {
    const log = new SignedLog();
    log.checkpoint().add({ type: "session", value: { session: "s1", fact: "ping" } });
    log.checkpoint();
    const size = log.seq - 1;
    const call = log.call("deny");
    log.answered(call);
    const lines = [headerAt(write(log.lines), { size, policy: 1, keys: [] }, undefined).text, ...log.lines.slice(size)];
    const found = verifyLines(lines, { mayBeOpen: true, mayBePruned: true }).findings.map(({ code }) => code);
    expect(found).toContain("outcome-without-open-call");
  });

  test("without its last lines is unsealed, and counts all lines of the run", () => {
    expect(failures(rest.slice(0, -1))).toEqual(["unsealed"]);
    const miscounted = (rest.at(-1) ?? "").replace(/"lines":\d+/, '"lines":3');
    expect(failures(rest.with(-1, miscounted))).not.toEqual([]);
  });

  test("asks for a pinned key as a whole log does", () => {
    const trusted = { judge: () => "unknown" as const, labelOf: () => undefined };
    expect(verifyLines(rest, { signatures: { trusted } as never }).ok).toBe(false);
  });
});

describe("heads that were kept elsewhere", () => {
  const size = HEADS[10] ?? 0;
  const rest = prunedAt(size);
  const headOf = (seq: number): { size: number; root: string; from: string } => {
    const { value } = JSON.parse(LOG[seq] ?? "") as { value: { note: string } };
    const [, count = "", root = ""] = value.note.split("\n");
    return { size: Number(count), root: Buffer.from(root, "base64").toString("hex"), from: "`kept`" };
  };
  const codes = (heads: readonly ReturnType<typeof headOf>[]): readonly string[] =>
    verifyLines(rest, { heads }).findings.map(({ code }) => code);

  test("from the cut on are compared", () => {
    for (const seq of HEADS.slice(10)) {
      expect(codes([headOf(seq)])).toEqual(["pruned"]);
      expect(codes([{ ...headOf(seq), root: "0".repeat(64) }])).toContain("log-forked");
    }
    expect(codes([{ ...headOf(size), size: LOG.length + 1 }])).toContain("log-rolled-back");
  });

  test("from before cannot be, and the log says so", () => {
    for (const seq of HEADS.slice(0, 10)) expect(codes([headOf(seq)])).toEqual(["head-not-compared", "pruned"]);
  });
});

describe("pruning", () => {
  test("leaves the log as it is, and makes a private file once", () => {
    const file = write(LOG);
    const out = join(root, "private");
    const before = readFileSync(file);
    const done = pruneLog({ file }, out, { kind: "keep-lines", number: 9 });
    expect(done.kept).toBeLessThanOrEqual(9);
    expect(done.bytes.after).toBe(statSync(out).size);
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readFileSync(file)).toEqual(before);
    expect(() => pruneLog({ file }, out, { kind: "keep-lines", number: 9 })).toThrow(/exists already/);
    expect(readdirSync(root).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("keeps as many lines as it may", () => {
    for (const number of [3, 5, 20, 60]) {
      const { kept, pruned } = pruneLog({ file: write(LOG) }, join(root, `keep-${String(number)}`), {
        kind: "keep-lines",
        number,
      });
      expect(kept).toBeLessThanOrEqual(number);
      const earlier = HEADS[HEADS.indexOf(pruned) - 1] ?? 0;
      expect(LOG.length - earlier).toBeGreaterThan(number);
    }
  });

  test.each([
    ["a line before the first head", LOG, { kind: "before", number: 1 } as const],
    ["fewer lines than any head leaves", LOG, { kind: "keep-lines", number: 1 } as const],
    ["a log without heads", buildLog(), { kind: "before", number: 5 } as const],
    ["a cut at which it was cut already", prunedAt(HEADS[3] ?? 0), { kind: "before", number: HEADS[3] ?? 0 } as const],
  ])("refuses %s, and writes nothing", (_what, lines, cut) => {
    const out = join(root, `never-${String(made++)}`);
    expect(() => pruneLog({ file: write(lines) }, out, cut)).toThrow(expect.objectContaining({ code: "usage" }));
    expect(existsSync(out)).toBe(false);
  });

  test.each([
    ["is not closed", LOG.slice(0, -1)],
    ["was edited", LOG.with(4, (LOG[4] ?? "").replace('"wall_ms":1', '"wall_ms":2'))],
    ["was pruned and lost its head", prunedAt(HEADS[3] ?? 0).toSpliced(1, 1)],
    ["has a receipt with a signature that is none", badReceipt()],
  ])("refuses a log that %s, and writes nothing", (_what, lines) => {
    const out = join(root, `never-${String(made++)}`);
    const cut = { kind: "keep-lines", number: 20 } as const;
    expect(() => pruneLog({ file: write(lines) }, out, cut)).toThrow(/does not verify/);
    expect(existsSync(out)).toBe(false);
  });
});

function badReceipt(): readonly string[] {
  const log = new SignedLog();
  const call = log.call("allow");
  log.receipts([call], { signature: NEXT_KEY.sign("something else") }).answered(call);
  return log.checkpoint().closed();
}
