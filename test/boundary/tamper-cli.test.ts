/** Every edit of a recorded log, through the program's own commands. */
import { existsSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import type { FlightLine } from "../../src/abi/event.js";
import { DOMAINS } from "../../src/base/digest.js";
import { MAX_LOG_LINE_BYTES } from "../../src/base/limits.js";
import { encodeLine, GENESIS } from "../../src/evidence/codec.js";
import type { Finding } from "../../src/evidence/findings.js";
import { nodeDigests } from "../../src/host/digests.js";
import { callEvent, restated } from "../evidence/fixture.js";
import { POLICY, recordToForge, type ForgedRun } from "./forged-run.js";
import { verifyFile, wholeLines } from "./recorded.js";
import { asked } from "./watch.js";
import { runCommand } from "../cli/in-process.js";

let run: ForgedRun;
let lines: readonly string[] = [];

beforeAll(async () => {
  run = await recordToForge();
  ({ lines } = run);
});

interface Judgement {
  readonly status: number | undefined;
  /** The failures among the findings. */
  readonly failures: readonly Finding[];
}

/** `agentk verify --json`, in this process. */
async function verify(path: string): Promise<Judgement> {
  const { stdout, status } = await runCommand(run.folder, ["verify", "--json", path], { env: {} });
  const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] };
  return { status, failures: findings.filter(({ severity }) => severity === "failure") };
}

/** The first failure's line, once the exit status has been seen to be 2. */
async function lineNamed(bytes: Buffer | readonly string[]): Promise<number | undefined> {
  const { status, failures } = await verify(run.write(bytes));
  expect(status).toBe(2);
  return failures[0]?.line;
}

const without = (at: number): readonly string[] => lines.toSpliced(at, 1);

// Claim: E2
describe("a recorded log that was edited is refused, and the line is named", () => {
  test("as recorded it verifies", async () => {
    expect(await verify(run.log)).toEqual({ status: 0, failures: [] });
    expect(lines.length).toBeGreaterThan(15);
  });

  test("a line deleted", async () => {
    for (let at = 0; at < lines.length - 1; at++) expect(await lineNamed(without(at))).toBe(at + 1);
    expect(await lineNamed(without(lines.length - 1))).toBe(lines.length - 1);
  });

  test("a line written twice", async () => {
    for (const [at, line] of lines.entries()) expect(await lineNamed(lines.toSpliced(at, 0, line))).toBe(at + 2);
  });

  test("a line of another run put in between", async () => {
    const { text } = encodeLine(nodeDigests, callEvent(1, "allow"), {
      ...{ seq: 1, prev: GENESIS, time: { mono_us: 1, wall_ms: 1 } },
    });
    for (let at = 0; at <= lines.length; at++) expect(await lineNamed(lines.toSpliced(at, 0, text))).toBe(at + 1);
  });

  test("two neighbours swapped", async () => {
    for (let at = 0; at + 1 < lines.length; at++) {
      const [a, b] = [lines[at] ?? "", lines[at + 1] ?? ""];
      expect(await lineNamed(lines.toSpliced(at, 2, b, a))).toBe(at + 1);
    }
  });

  test("the end cut off at every line", async () => {
    for (let kept = 1; kept < lines.length; kept++) expect(await lineNamed(lines.slice(0, kept))).toBe(kept);
    const { status, failures } = await verify(run.write([]));
    expect({ status, codes: failures.map(({ code }) => code) }).toEqual({ status: 2, codes: ["empty"] });
  });

  test("a digit changed in every line", async () => {
    for (const [at, line] of lines.entries()) {
      const digit = line.lastIndexOf("0");
      const edited = `${line.slice(0, digit)}1${line.slice(digit + 1)}`;
      expect(await lineNamed(lines.toSpliced(at, 1, edited))).toBe(at + 1);
    }
  });

  test("one bit flipped at some 150 places", async () => {
    const whole = readFileSync(run.log);
    const step = Math.ceil(whole.length / 150);
    for (let at = Math.floor(Math.random() * step), bit = 0; at < whole.length; at += step, bit = (bit + 1) % 8) {
      const bytes = Buffer.from(whole);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      const line = whole.subarray(0, at).filter((byte) => byte === 0x0a).length + 1;
      // The newline that ends the last line is the only byte whose loss is told after its line.
      expect([line, line + (at === whole.length - 1 ? -1 : 0)]).toContain(await lineNamed(bytes));
    }
  });

  test.each([
    ["a member twice", (line: string) => line.replace('"time":', '"time":{},"time":'), "hash-mismatch"],
    ["an unknown member", (line: string) => line.replace('"value":{', '"value":{"a":1,'), "hash-mismatch"],
    [
      "a member twice, its hash made anew",
      (line: string) => restated(line.replace('"time":', '"time":{},"time":')),
      "line-not-canonical",
    ],
    [
      "an unknown member, its hash made anew",
      (line: string) => restated(line.replace('"time":', '"sneaky":1,"time":')),
      "line-shape",
    ],
    [
      "an unknown member of the event, its hash made anew",
      (line: string) => restated(line.replace('"value":{', '"value":{"a":1,')),
      "line-shape",
    ],
    [
      "an unknown event, its hash made anew",
      (line: string) => restated(line.replace(/"type":"[a-z]+"/, '"type":"grant"')),
      "line-shape",
    ],
    [
      "white space, its hash made anew",
      (line: string) => restated(line.replace('"time":', '"time": ')),
      "line-not-canonical",
    ],
    ["a line longer than any", (line: string) => `${line}${" ".repeat(MAX_LOG_LINE_BYTES)}`, "line-too-long"],
    ["no JSON", () => "the dog ate it", "line-not-json"],
    ["an empty line", () => "", "line-not-json"],
  ])("%s", async (_, edit, code) => {
    const { status, failures } = await verify(run.write(lines.toSpliced(5, 1, edit(lines[5] ?? ""))));
    expect({ status, first: failures[0] }).toMatchObject({ status: 2, first: { code, line: 6 } });
  });

  test("bytes that are not UTF-8", async () => {
    const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
    bytes[bytes.indexOf('"s1"', lines.slice(0, 5).join("\n").length) + 1] = 0xff;
    const { status, failures } = await verify(run.write(bytes));
    expect({ status, first: failures[0]?.code }).toEqual({ status: 2, first: "not-utf8" });
  });
});

/** A decision of the log changed, and every hash after it made right again. */
function withDecision(target: string, decision: Extract<FlightLine, { type: "syscall" }>["value"]["decision"]): string {
  return run.write(
    run.rechained((line) => {
      if (line.type !== "syscall" || line.value.target !== target) return line;
      return { type: "syscall", value: { ...line.value, decision } };
    }),
  );
}

function lineOf(target: string): number {
  return lines.findIndex((line) => line.includes(`"target":"${target}"`)) + 1;
}

interface Told {
  readonly divergence: { readonly line: number; readonly field: string; recorded: string; replayed: string } | null;
}

async function replayed(path: string): Promise<Told["divergence"]> {
  const told = await asked(run.folder, ["replay", "--json", path]);
  expect(told.code).toBe(2);
  const { divergence } = JSON.parse(told.stdout) as Told;
  const text = await asked(run.folder, ["replay", path]);
  expect(text.code).toBe(2);
  for (const word of [divergence?.field, divergence?.recorded, divergence?.replayed])
    expect(text.stdout).toContain(word);
  return divergence;
}

describe("a log forged with a whole chain still has to be what the kernel would have written", () => {
  const HANG = "downstream-mcp/hang";
  const ECHO = "downstream-mcp/echo";

  test("a deny turned into an allow", async () => {
    const path = withDecision(HANG, { verdict: "allow", rule: "rest", reason: "policy-allow" });
    expect(await replayed(path)).toEqual({
      ...{ line: lineOf(HANG), field: "/value/decision/reason" },
      ...{ recorded: '"policy-allow"', replayed: '"policy-deny"' },
    });
    expect((await verify(path)).status).toBe(2);
  });

  test("a rule's name changed in a decision", async () => {
    const path = withDecision(ECHO, { verdict: "allow", rule: "resp", reason: "policy-allow" });
    expect(await replayed(path)).toEqual({
      ...{ line: lineOf(ECHO), field: "/value/decision/rule" },
      ...{ recorded: '"resp"', replayed: '"rest"' },
    });
    expect((await verify(path)).failures.map(({ code }) => code)).toContain("seal-invalid");
  });

  test("a rule changed in the policy line", async () => {
    const edited = (source: string): string => source.replace('tool = "hang"', 'tool = "echo"');
    const path = run.write(
      run.rechained((line) => {
        if (line.type !== "policy") return line;
        return { type: "policy", value: { ...line.value, source: edited(line.value.source) } };
      }),
    );
    expect(await replayed(path)).toMatchObject({ line: 2, field: "/value/sha256" });
    expect((await verify(path)).failures[0]).toMatchObject({ code: "policy-digest", line: 2 });
  });

  test("a rule changed in the policy line, with every digest of it made right", async () => {
    const source = POLICY.replace('tool = "hang"', 'tool = "echo"');
    const sha256 = nodeDigests.sha256Hex(DOMAINS.policy + source);
    const path = run.write(
      run.rechained((line) => {
        if (line.type === "policy") return { type: "policy", value: { ...line.value, source, sha256 } };
        return line.type === "syscall" ? { type: "syscall", value: { ...line.value, policy: sha256 } } : line;
      }),
    );
    expect(await replayed(path)).toEqual({
      ...{ line: lineOf(ECHO), field: "/value/decision/reason" },
      ...{ recorded: '"policy-allow"', replayed: '"policy-deny"' },
    });
    const codes = (await verify(path)).failures.map(({ code }) => code);
    expect(codes.at(-1)).toBe("seal-invalid");
    expect(new Set(codes)).toEqual(new Set(["checkpoint-signature", "seal-invalid"]));
  });
});

test("nothing that reads has changed the log or left anything beside it", () => {
  expect(wholeLines(run.log)).toEqual(lines);
  expect(existsSync(`${run.log}.torn`)).toBe(false);
  expect(verifyFile(run.log).ok).toBe(true);
});
