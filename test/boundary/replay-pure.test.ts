/** Commands that only read, under Node's permission model: nothing written, nothing started, by the word of the runtime. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { fixture, type LoggedEvent } from "./proxy-process.js";
import { startScripted } from "./scripted-proxy.js";
import { agentk, asked } from "./watch.js";

/** Reading is granted; writing, child processes, workers and native addons are not. */
const FLAG = Number(process.versions.node.split(".")[0]) >= 24 ? "--permission" : "--experimental-permission";
const READ_ONLY = { NODE_OPTIONS: `${FLAG} --allow-fs-read=* --no-warnings` };

let cwd = "";
let log = "";
/** The first tool call. */
let intent = "";
/** The key that signed the log. */
let key = "";

beforeAll(async () => {
  const { proxy } = startScripted("pure");
  await proxy.handshake();
  await proxy.request("tools/list");
  await proxy.call("echo", { hello: "world" });
  await proxy.call("poisoned");
  await proxy.call("echo", { hello: "again" });
  await proxy.close();
  ({ cwd, log } = proxy);
  await prepare(proxy.events());
});

/** What the commands are given beside the log: made with all rights. */
async function prepare(events: readonly LoggedEvent[]): Promise<void> {
  const call = events.find(({ type, value: { kind } }) => type === "syscall" && kind === "tool.invoke")?.value.call;
  const page = events.find(({ type, value }) => type === "page" && value.call === call);
  const outputs = [{ seq: page?.seq, call, labels: ["poisoned-suspect", "external"] }];
  writeFileSync(join(cwd, "changed.json"), JSON.stringify({ format: "agentk-behavior/1", outputs }));
  intent = String(call);
  key = String(events[0]?.value["public_key"]);
  const made = [
    ["proof", "inclusion", log, "3", "--out", "proof.json"],
    ["reveal", log, intent, "/arguments/hello", "--out", "reveal.json"],
  ];
  for (const words of made) expect(await agentk(cwd, words)).toMatchObject({ code: 0, stderr: "" });
}

/** Every file under the run's folder and the operator's: its name, time of change and content. */
function snapshot(): readonly string[] {
  return [cwd, process.env["AGENTK_DATA_DIR"] ?? ""].flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => `${path} ${String(statSync(path).mtimeMs)} ${digestOf(path)}`),
  );
}

function digestOf(path: string): string {
  return createHash("sha256").update(readFileSync(path)).digest("hex");
}

// Claim: E4
test("the permission model is in force: what records is refused", async () => {
  const { code, stderr } = await agentk(cwd, ["mcp-proxy-stdio", "--", process.execPath, "-e", ""], READ_ONLY);
  expect(code).toBe(1);
  expect(stderr).toContain(`\`${process.env["AGENTK_DATA_DIR"] ?? ""}\` cannot be made`);
  expect(stderr).toContain("\n  name a folder that you can write in AGENTK_DATA_DIR\n");
});

test.each<readonly [string, () => readonly string[]]>([
  ["replay", () => [log]],
  ["verify", () => [log]],
  ["verify-signatures", () => ["--trusted-public-key", key, log]],
  ["trace-inspect", () => [log]],
  ["fork-replay", () => ["--policy", fixture("policies/deny-all.toml"), log]],
  ["fork-replay", () => ["--policy", fixture("policies/by-session.toml"), join(cwd, ".agentk", "runs")]],
  ["fork-replay-behavior", () => ["--behavior", "changed.json", log]],
  ["proof inclusion", () => [log, "3"]],
  ["proof consistency", () => [log, log]],
  ["proof verify", () => ["proof.json", "--public-key", key]],
  ["reveal", () => [log, intent, "/arguments/hello"]],
  ["reveal", () => ["--verify", "reveal.json", "--public-key", key]],
])("%s reads and does nothing else", async (command, args) => {
  const before = snapshot();
  const words = [...command.split(" "), "--json", ...args()];
  const [free, confined] = [await agentk(cwd, words), await agentk(cwd, words, READ_ONLY)];
  expect(confined).toEqual(free);
  expect(confined.code).toBe(0);
  expect(confined.stderr).toBe("");
  expect(snapshot()).toEqual(before);
});

test("and the replay it did was whole: every value opened and committed to again", async () => {
  const { stdout } = await asked(cwd, ["replay", "--json", log], READ_ONLY);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, depth: "deep", values_as_recorded: 0, indeterminate: 0 });
});
