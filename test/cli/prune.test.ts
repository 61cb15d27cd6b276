/** `agentk prune` and what the other commands make of a pruned log: of a real run, and of a log with many heads. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { testFolder } from "../boundary/proxy-process.js";
import { recordToForge, type ForgedRun } from "../boundary/forged-run.js";
import { agentk, asked } from "../boundary/watch.js";
import { fileOf, RUN_KEY } from "../evidence/fixture.js";
import { checkpointsOf, longLog } from "../evidence/long-log.js";
import { runCommand } from "./in-process.js";

/** Not `.jsonl`: what is pruned cannot be replayed when all tests are done. */
const LOG = "long.log";
const END = "end.log";
const LINES = longLog(RUN_KEY, 0);
const HEADS = checkpointsOf(LINES);
const CUT = HEADS[12] ?? 0;

let cwd = "";
let real: ForgedRun;

beforeAll(async () => {
  cwd = testFolder("prune");
  writeFileSync(join(cwd, LOG), fileOf(LINES));
  real = await recordToForge();
  expect(await run("prune", LOG, "--out", END, "--before", String(CUT + 1))).toMatchObject({ status: 0 });
});

interface Ran {
  readonly out: string;
  readonly errors: string;
  readonly status: number | undefined;
}

async function run(...args: readonly string[]): Promise<Ran> {
  const { stdout: out, stderr: errors, status } = await runCommand(cwd, args);
  return { out, errors, status };
}

function codesIn(out: string): readonly string[] {
  return (JSON.parse(out) as { findings: readonly { code: string }[] }).findings.map(({ code }) => code);
}

function keep(seq: number): string {
  const { value } = JSON.parse(LINES[seq] ?? "") as { value: { note: string } };
  const file = `kept-${String(seq)}`;
  writeFileSync(join(cwd, file), value.note);
  return file;
}

describe("a real run", () => {
  test("is pruned, verified and left as it was, by the program itself", async () => {
    const before = readFileSync(real.log);
    const out = join(real.folder, "end.jsonl");
    const done = await asked(real.folder, ["prune", real.log, "--out", out, "--keep-lines", "5", "--json"]);
    expect(done.code).toBe(0);
    const said = JSON.parse(done.stdout) as { pruned_lines: number; kept_lines: number };
    expect(said.pruned_lines + said.kept_lines).toBe(real.lines.length);
    expect(readFileSync(real.log)).toEqual(before);
    const { public_key: key } = (JSON.parse(real.lines[0] ?? "") as { value: { public_key: string } }).value;
    const judged = await agentk(real.folder, [
      "verify-signatures",
      out,
      "--allow-pruned",
      "--trusted-public-key",
      key,
      "--json",
    ]);
    expect(judged.code).toBe(0);
    expect(JSON.parse(judged.stdout)).toMatchObject({ ok: true, ending: "sealed", pruned_lines: said.pruned_lines });
    const foreign = await agentk(real.folder, [
      "verify-signatures",
      out,
      "--allow-pruned",
      "--trusted-public-key",
      RUN_KEY.publicHex,
    ]);
    expect(foreign.code).toBe(2);
  });
});

describe("prune", () => {
  test("says what it did, in words and in JSON", async () => {
    const { out } = await run("prune", LOG, "--out", "words.log", "--keep-lines", "30");
    expect(out).toContain("that they were signed can be checked, what they held cannot");
    const json = await run("prune", LOG, "--out", "json.log", "--keep-lines", "30", "--json");
    expect(JSON.parse(json.out)).toMatchObject({ format: "agentk-prune/1", log: LOG, written: "json.log" });
    expect(readFileSync(join(cwd, "json.log"))).toEqual(readFileSync(join(cwd, "words.log")));
  });

  test.each([[[]], [["--before", "9", "--keep-lines", "9"]]])("with the limits %j is a usage error", async (limits) => {
    const ran = run("prune", LOG, "--out", "none.log", ...limits);
    await expect(ran).rejects.toMatchObject({ code: "usage" });
    expect(existsSync(join(cwd, "none.log"))).toBe(false);
  });

  test("of a log that does not verify ends with 2 and writes nothing", async () => {
    writeFileSync(join(cwd, "open.log"), fileOf(LINES.slice(0, -1)));
    const { status, errors } = await run("prune", "open.log", "--out", "none.log", "--keep-lines", "30");
    expect(status).toBe(2);
    expect(errors).toContain("does not verify");
    expect(existsSync(join(cwd, "none.log"))).toBe(false);
  });
});

describe("on the pruned log", () => {
  test("verify fails when nobody expects that the beginning is gone", async () => {
    const { out, status } = await run("verify", END, "--json");
    expect([status, codesIn(out)]).toEqual([2, ["pruned"]]);
  });

  test("verify passes with a note when it is expected, and says what it cannot prove", async () => {
    const { out, status } = await run("verify", END, "--allow-pruned");
    expect(status).toBe(0);
    expect(out).toContain(`the ${String(CUT)} lines before it were pruned`);
    expect(out.replaceAll(/\s+/g, " ")).toContain(`what the ${String(CUT)} pruned lines held`);
    expect(out).toContain("who pruned the log: it takes no key");
  });

  test("a head that was kept is compared from the cut on, and before it the answer is that it cannot be", async () => {
    const codes = async (seq: number): Promise<readonly string[]> =>
      codesIn((await run("verify-signatures", END, "--allow-pruned", "--json", "--checkpoint", keep(seq))).out);
    expect(await codes(HEADS[11] ?? 0)).toEqual(["head-not-compared", "pruned"]);
    expect(await codes(CUT)).toEqual(["pruned"]);
    expect(await codes(HEADS[14] ?? 0)).toEqual(["pruned"]);
    const other = join(cwd, keep(HEADS[14] ?? 0));
    writeFileSync(other, readFileSync(other, "utf8").replace(/\n(?=.{43}=\n)./, "\n0"));
    const { out, status } = await run("verify-signatures", END, "--allow-pruned", "--json", "--checkpoint", other);
    expect(status).toBe(2);
    expect(codesIn(out)).toContain("log-forked");
  });

  test("trace-inspect shows the rows that are there", async () => {
    const { out, status } = await run("trace-inspect", END, "--json");
    expect(status).toBe(0);
    const { events } = JSON.parse(out) as { events: readonly { seq: number }[] };
    expect(events.map(({ seq }) => seq)).toEqual(LINES.map((_, seq) => seq).slice(CUT));
  });

  test("proofs of kept lines are those of the whole log, and verify", async () => {
    for (const seq of [CUT, CUT + 1, CUT + 2, (HEADS.at(-1) ?? 0) - 1]) {
      const { out } = await run("proof", "inclusion", END, String(seq));
      expect(out).toBe((await run("proof", "inclusion", LOG, String(seq))).out);
      writeFileSync(join(cwd, "bundle.json"), out);
      expect((await run("proof", "verify", "bundle.json", "--public-key", RUN_KEY.publicHex)).status).toBe(0);
    }
  });

  test("consistency is proved from the cut on, also against the whole log", async () => {
    for (const seq of HEADS.slice(12, -1)) {
      const { out, status } = await run("proof", "consistency", `${LOG}@${String(seq)}`, END);
      expect(status).toBe(0);
      expect(out).toBe((await run("proof", "consistency", `${LOG}@${String(seq)}`, LOG)).out);
      expect((await run("proof", "consistency", `${END}@${String(seq)}`, END)).out).toBe(out);
    }
  });

  test.each([
    ["inclusion", END, "3"],
    ["inclusion", END, String(CUT - 1)],
    ["consistency", `${END}@3`, END],
    ["consistency", `${LOG}@${String(HEADS[11])}`, END],
  ])("proof %s of %s: %s, before the cut, is a usage error", async (...words) => {
    await expect(run("proof", ...words)).rejects.toMatchObject({ code: "usage" });
  });

  test.each([
    [["replay", END]],
    [["fork-replay", END, "--policy", "guard"]],
    [["reveal", END, "20", "/arguments"]],
    [["recover", END]],
    [["trace-inspect", END, "--why", "20"]],
    [["policy", "explain", `${END}#20`]],
    [["bundle", END, "--out", "none.tar"]],
  ])("%j says that it needs the whole log, and what works without", async (words) => {
    const before = readFileSync(join(cwd, END));
    await expect(run(...words)).rejects.toMatchObject({
      code: "log-invalid",
      message: expect.stringContaining("is a pruned log") as string,
      hint: expect.stringContaining("agentk verify") as string,
    });
    expect(readFileSync(join(cwd, END))).toEqual(before);
  });

  test("verify.py refuses it", () => {
    const verifier = fileURLToPath(new URL("../../tools/verify.py", import.meta.url));
    const { status, stdout, error } = spawnSync("python3", [verifier, "--json", END], { cwd, encoding: "utf8" });
    if (error !== undefined) throw new Error("this test needs python3 on the PATH", { cause: error });
    expect(status).toBe(2);
    expect(codesIn(stdout)[0]).toBe("line-shape");
  });
});
