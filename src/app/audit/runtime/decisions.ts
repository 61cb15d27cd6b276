/** Checks of what is decided: by what was read, by pins, and before anything is started. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult } from "../../../abi/audit.js";
import type { CommandEnd } from "../../../host/run-command.js";
import type { AuditCheck } from "../check.js";
import type { AuditWorld } from "../world.js";
import { demand, isDenied, loggedDecision } from "./observe.js";
import { play } from "./scenario.js";
import { hostileServer, runAgentk, textOf } from "./session.js";
import { CLIENT, ordinary, POISON } from "./sessions.js";

async function taint(world: AuditWorld): Promise<CheckResult> {
  const run = await ordinary(world);
  const [before, ...rest] = ["write after poison", "send after poison"].map((step) => run.reply(step));
  const ran = run.toolsRun;
  return demand(
    "after a page that gave orders a write and a mail were denied, though one was allowed before it",
    [textOf(run.reply("poison")) === POISON, "the poisoned page was not read"],
    [textOf(run.reply("note")) === "written", "the same write was not allowed before it"],
    [[before, ...rest].every((reply) => reply !== undefined && isDenied(reply)), "a call after it was not denied"],
    [ran.filter((tool) => tool === "write_note").length === 1, "the write after it reached the server"],
    [!ran.includes("send_mail"), "the mail after it reached the server"],
    [loggedDecision(run, "send_mail") === "deny:poisoned-session", "the log does not say why"],
  );
}

async function denials(world: AuditWorld): Promise<CheckResult> {
  const run = await ordinary(world);
  const reply = run.reply("write after poison");
  const meta = reply.result?.["_meta"] as Readonly<Record<string, unknown>> | undefined;
  const decision = meta?.["agentk/decision"] as Readonly<Record<string, unknown>> | undefined;
  const members = ["verdict", "rule", "reason", "retryable", "call"].filter((name) => decision?.[name] === undefined);
  const inLog = run.lines.some(({ type, value }) => type === "syscall" && value.call === decision?.["call"]);
  return demand(
    "a denied call was answered with its verdict, rule, reason and number in the log, and none of its values",
    [isDenied(reply), "the call was not denied"],
    [members.length === 0, `the answer does not say: ${members.join(", ")}`],
    [inLog, "the log has no call of that number"],
    [!JSON.stringify(reply).includes(CLIENT.argument), "the answer repeats a value of the call"],
  );
}

async function pins(world: AuditWorld): Promise<CheckResult> {
  const cwd = world.folder("pins");
  const change = join(cwd, "changed");
  const server = hostileServer(join(cwd, "seen.jsonl"), ["--changed", change]);
  const init = await runAgentk(world, ["pins", "init", "--server-id", "audit", "--", ...server], { cwd });
  writeFileSync(change, "");
  const run = await play(world, "pinned", {
    cwd,
    server: ["--changed", change],
    play: async (scenario) => {
      await scenario.step("initialize", () => scenario.session.handshake());
      await scenario.step("list", () => scenario.session.request("tools/list"));
      await scenario.step("changed", () => scenario.session.call("read_page"));
      await scenario.step("same", () => scenario.session.call("read_noise"));
    },
  });
  const listed = JSON.stringify(run.reply("list").result ?? {});
  return demand(
    "a tool whose description changed after it was accepted was withheld, not called, and the others went on",
    [init.code === 0, "the server could not be pinned"],
    [listed.includes('"read_noise"'), "a tool that is as it was accepted is not listed"],
    [!listed.includes('"read_page"'), "the changed tool is listed"],
    [!run.toolsRun.includes("read_page"), "the changed tool was called"],
    [textOf(run.reply("same")) === "made noise", "a tool that is as it was accepted was not called"],
  );
}

const BROKEN_POLICY = '[[rules]]\nid = "a"\neffect = "perhaps"\n';

/** Whatever is wrong with what agentk was started with, it says so, and no server is started. */
async function configuration(world: AuditWorld): Promise<CheckResult> {
  const cwd = world.folder("configuration");
  const seen = join(cwd, "seen.jsonl");
  writeFileSync(join(cwd, "broken.toml"), BROKEN_POLICY);
  writeFileSync(join(cwd, "old.jsonl"), "what was here\n");
  const start = (...flags: readonly string[]): Promise<CommandEnd> => startProxy(world, { cwd, flags, seen });
  const [broken, missing, unset, taken] = await Promise.all([
    start("--policy", "broken.toml"),
    start("--policy", "./nowhere.toml"),
    start("--allow-env", "AGENTK_AUDIT_UNSET"),
    start("--trace-out", "old.jsonl"),
  ]);
  return demand(
    "a broken policy, a missing one, a variable that is not set and a log that is there were refused before any start",
    [broken.code === 2, "a policy that is none was taken"],
    [missing.code === 1, "a policy that is not there was taken"],
    [unset.code === 1, "a variable that is not set was passed on"],
    [taken.code === 1, "a log that is there was taken"],
    [readFileSync(join(cwd, "old.jsonl"), "utf8") === "what was here\n", "a log that was there was changed"],
    [!existsSync(seen), "a server was started nevertheless"],
  );
}

/** The seed that is in the source of the Rust AgentK. */
const DEVELOPMENT_SEED = "41".repeat(32);

async function keys(world: AuditWorld): Promise<CheckResult> {
  const cwd = world.folder("keys");
  const seen = join(cwd, "seen.jsonl");
  const empty = world.folder("no-key");
  const start = (env: NodeJS.ProcessEnv): Promise<CommandEnd> => startProxy(world, { cwd, env, seen });
  const [invalid, published, absent] = await Promise.all([
    start({ AGENTK_SIGNING_KEY_HEX: "5e5e" }),
    start({ AGENTK_SIGNING_KEY_HEX: DEVELOPMENT_SEED }),
    start({ AGENTK_REQUIRE_SIGNING_KEY: "1", AGENTK_DATA_DIR: join(empty, "data") }),
  ]);
  return demand(
    "a key that is none, the key that everybody has, and no key where one is required: nothing was started",
    [invalid.code === 1, "a key that is none was taken, or another in its place"],
    [published.code === 1, "the key that everybody has was taken"],
    [absent.code === 1, "a run began without the key that is required"],
    [!existsSync(seen), "a server was started nevertheless"],
  );
}

interface Start {
  readonly cwd: string;
  readonly seen: string;
  readonly flags?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** A proxy whose client greets the server and goes. */
function startProxy(world: AuditWorld, { cwd, seen, flags = [], env = {} }: Start): Promise<CommandEnd> {
  const params = {
    protocolVersion: "2025-11-25",
    capabilities: {},
    clientInfo: { name: "agentk-audit", version: "1" },
  };
  const input = `${JSON.stringify({ jsonrpc: "2.0", id: 1, method: "initialize", params })}\n`;
  return runAgentk(world, ["mcp-proxy-stdio", ...flags, "--", ...hostileServer(seen)], { cwd, env, input });
}

const group = "runtime";

export const DECISION_CHECKS: readonly AuditCheck[] = [
  {
    id: "run.taint-flow",
    group,
    title: "what was read decides what may be done",
    fails: "a write or a mail is not denied after a page that gives orders, or is denied before it",
    run: taint,
  },
  {
    id: "run.denials",
    group,
    title: "a denial says why, and no more",
    fails: "a denied call is answered without verdict, rule, reason and number, or with its own values",
    run: denials,
  },
  {
    id: "run.pins",
    group,
    title: "a changed tool is withheld",
    fails: "a tool that is not as it was pinned is listed or called",
    run: pins,
  },
  {
    id: "run.config-guard",
    group,
    title: "a wrong start is no start",
    fails: "a server is started with a policy, variable or log file that cannot be used",
    run: configuration,
  },
  {
    id: "run.key-guard",
    group,
    title: "no run under a wrong key",
    fails: "a run begins with a key that is none, that everybody has, or without one that is required",
    run: keys,
  },
];
