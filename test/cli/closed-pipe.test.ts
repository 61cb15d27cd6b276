/** A reader that has seen enough, as in `agentk trace-inspect | head -1`, or a full disk: never a pass that was not found. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { AGENTK, testFolder } from "../boundary/proxy-process.js";
import { buildLog, fileOf } from "../evidence/fixture.js";
import { fileURLToPath } from "node:url";

const SHIPPED = fileURLToPath(new URL("../../examples/secret-refs.toml", import.meta.url));
const RUST = fileURLToPath(new URL("../vectors/rust-agentk-v1.jsonl", import.meta.url));
let folder: string;

beforeAll(() => {
  folder = testFolder("closed-pipe");
  writeFileSync(join(folder, "run.log"), fileOf(buildLog()));
  writeFileSync(join(folder, "broken.log"), fileOf(buildLog().filter((_line, i) => i !== 2)));
  writeFileSync(join(folder, "wrong.toml"), '[[rules]]\nid = "default-deny"\neffect = "dney"\n');
});

interface End {
  readonly status: number | null;
  readonly signal: string | null;
  readonly stderr: string;
}

/** Runs a command whose stdout nobody reads: the pipe is closed before it can write. */
async function unread(words: readonly string[]): Promise<End> {
  const child = spawn(process.execPath, [AGENTK, ...words], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [status, signal] = (await once(child, "close")) as [number | null, string | null];
  return { status, signal, stderr };
}

const REPORTS: readonly (readonly string[])[] = [
  ...[["--help"], ["help", "verify"], ["verify", "--help"], ["completion", "bash"], ["man"]],
  ...[
    ["policy-check", "guard"],
    ["policy", "reach", "guard", "--from", "secret", "--to", "network.send"],
  ],
  ...[
    ["secret-refs-check", "--manifest", SHIPPED],
    ["import", RUST],
  ],
  ...["verify", "verify-signatures", "trace-inspect"].map((name) => [name, "run.log"]),
];

const FAILED: readonly (readonly string[])[] = [
  ...["verify", "verify-signatures", "trace-inspect", "replay"].map((name) => [name, "broken.log"]),
  ...[
    ["policy-check", "wrong.toml"],
    ["secret-refs-store-check", "--manifest", SHIPPED],
    ["trace-inspect", "none.log"],
  ],
];

describe("a closed pipe", () => {
  test.each(REPORTS.map((words) => [words.map((word) => word.replace(/^.*\//, "")).join(" "), words] as const))(
    "ends `%s` quietly",
    async (_name, words) => {
      expect(await unread(words)).toMatchObject({ signal: null, stderr: "" });
    },
  );

  test.each(FAILED.map((words) => [words.map((word) => word.replace(/^.*\//, "")).join(" "), words] as const))(
    "makes no pass of `%s`",
    async (_name, words) => {
      const { status, signal, stderr } = await unread(words);
      expect(signal).toBe(null);
      expect(status).not.toBe(0);
      expect(stderr).not.toMatch(/^\s+at /m);
    },
  );
});

const FULL = "/dev/full";

describe.skipIf(!existsSync(FULL))("a full disk", () => {
  function onFullDisk(words: readonly string[]): { readonly status: number | null; readonly stderr: string } {
    const full = openSync(FULL, "w");
    try {
      return spawnSync(process.execPath, [AGENTK, ...words], {
        cwd: folder,
        stdio: ["ignore", full, "pipe"],
        encoding: "utf8",
      });
    } finally {
      closeSync(full);
    }
  }

  test.each(["verify run.log", "verify run.log --json", "trace-inspect run.log", "completion bash"])(
    "is an error of `%s`, which would have passed",
    (line) => {
      const { status, stderr } = onFullDisk(line.split(" "));
      expect(status).toBe(1);
      expect(stderr).toContain("agentk: stdout cannot be written (ENOSPC)");
    },
  );

  test("leaves a failed check failed, and `--version` without a stack", () => {
    expect(onFullDisk(["verify", "broken.log"]).status).toBe(2);
    expect(onFullDisk(["--version"])).toMatchObject({ status: 1, stderr: "" });
  });
});
