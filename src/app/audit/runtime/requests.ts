/** Checks of what goes from the client to the server: that ordinary work is done, and that nothing else passes. */
import type { CheckResult } from "../../../abi/audit.js";
import type { AuditCheck } from "../check.js";
import type { AuditWorld } from "../world.js";
import { demand, methodsSeen } from "./observe.js";
import { ENV_CANARY, textOf } from "./session.js";
import { CLIENT, ordinary, unruly } from "./sessions.js";

async function interop(world: AuditWorld): Promise<CheckResult> {
  const run = await ordinary(world);
  const size = (method: string, member: string): number =>
    (run.reply(method).result?.[member] as readonly unknown[] | undefined)?.length ?? 0;
  const { serverInfo } = run.reply("initialize").result as { serverInfo?: { name?: string } };
  return demand(
    "a greeting, three lists, a resource, a prompt and three tool calls were answered as the server answered them",
    [serverInfo?.name === "hostile-server", "the greeting is not the server's"],
    [size("tools/list", "tools") === 10, "the list of tools is not the server's"],
    [size("resources/list", "resources") === 1, "the list of resources is not the server's"],
    [size("prompts/list", "prompts") === 1, "the list of prompts is not the server's"],
    [size("resources/read", "contents") === 1, "the resource was not read"],
    [size("prompts/get", "messages") === 1, "the prompt was not fetched"],
    [textOf(run.reply("claims")) === CLIENT.argument, "a tool's result is not what the server answered"],
    [textOf(run.reply("note")) === "written", "an ordinary write was held back"],
    [run.code === 0, `agentk ended with status ${String(run.code)}`],
  );
}

async function environment(world: AuditWorld): Promise<CheckResult> {
  const run = await ordinary(world);
  const names = Object.keys(JSON.parse(textOf(run.reply("process"))) as object);
  // Some systems add names of their own to every process, such as __CF_USER_TEXT_ENCODING.
  const ours = names.filter((name) => name === ENV_CANARY.name || name === "HOME" || name.startsWith("AGENTK_"));
  return demand(
    `the server was given ${names.join(", ")} and nothing else`,
    [ours.length === 0, `the server was given ${ours.join(", ")}, which no --allow-env names`],
    [!run.session.told.includes(ENV_CANARY.value), "a value of our environment came back from the server"],
  );
}

async function metadata(world: AuditWorld): Promise<CheckResult> {
  const run = await ordinary(world);
  const calls = run.seen("tools/call").map(({ params }) => JSON.stringify(params));
  const text = calls.filter((call) => call.includes(CLIENT.argument)).join("\n");
  return demand(
    "the server got the call without what the client said to agentk, and with what it said to the server",
    [text !== "", "the call did not reach the server"],
    [!text.includes("agentk"), "a member of agentk's own reached the server"],
    [!run.session.seen.join("\n").includes(CLIENT.prompt), "the user's words for agentk reached the server"],
    [text.includes(CLIENT.token), "the client's own token did not reach the server"],
  );
}

async function claims(world: AuditWorld): Promise<CheckResult> {
  const run = await ordinary(world);
  const line = run.lines.findLast(({ type, value }) => type === "syscall" && value.target === "audit/write_note");
  return demand(
    "a client that granted itself the tool and called itself trusted was denied it",
    [line !== undefined, "the call is not in the log"],
    [line?.value.decision?.verdict === "deny", "a capability that the client claimed was believed"],
    [
      JSON.stringify(line?.value["labels"]).includes("untrusted") ||
        JSON.stringify(line?.value["labels"]).includes("poisoned"),
      "a label that the client claimed was believed",
    ],
  );
}

async function wordsInLog(world: AuditWorld): Promise<CheckResult> {
  const run = await ordinary(world);
  const text = run.logText;
  const raw = Object.entries(CLIENT)
    .filter(([, word]) => text.includes(word))
    .map(([what]) => what);
  const hasCommitment = run.lines.some(({ value }) => JSON.stringify(value).includes("commitment"));
  return demand(
    "the log has commitments in place of the client's intent, prompt and arguments",
    [raw.length === 0, `the log shows the client's words: ${raw.join(", ")}`],
    [hasCommitment, "the log commits to nothing"],
  );
}

async function initializeGuard(world: AuditWorld): Promise<CheckResult> {
  const run = await unruly(world);
  return demand(
    "nothing passed before the greeting, and there was one greeting",
    [run.reply("before").error?.code === -32600, "a request before the greeting was not refused"],
    [run.reply("again").error?.code === -32600, "a second greeting was not refused"],
    [run.seen("initialize").length === 1, `the server was greeted ${String(run.seen("initialize").length)} times`],
    [methodsSeen(run)[0] === "initialize", "something reached the server before the greeting"],
  );
}

async function initializedOnce(world: AuditWorld): Promise<CheckResult> {
  const run = await unruly(world);
  const count = run.seen("notifications/initialized").length;
  const methods = methodsSeen(run);
  return demand(
    "of four times that the client said so, the server heard once that it is ready, after the greeting",
    [count === 1, `the server was told ${String(count)} times that the client is ready`],
    [methods.indexOf("initialize") < methods.indexOf("notifications/initialized"), "it was told before the greeting"],
  );
}

async function unlistedMethods(world: AuditWorld): Promise<CheckResult> {
  const run = await unruly(world);
  const reached = ["resources/subscribe", "audit/unlisted"].filter((method) => run.seen(method).length > 0);
  return demand(
    "methods that no contract covers were refused, and the server never heard of them",
    [reached.length === 0, `reached the server: ${reached.join(", ")}`],
    [run.reply("subscribe").error?.code === -32601, "a subscription was not refused"],
    [run.reply("unlisted").error?.code === -32601, "an unknown method was not refused"],
  );
}

async function invalidParams(world: AuditWorld): Promise<CheckResult> {
  const run = await unruly(world);
  const steps = ["number for a name", "list for arguments", "unknown member"];
  const passing = steps.filter((step) => run.reply(step).error?.code !== -32602);
  return demand(
    "params of the wrong shape were refused, and none reached the server",
    [passing.length === 0, `were not refused: ${passing.join(", ")}`],
    [run.toolsRun.length === 1, `the server was called ${String(run.toolsRun.length)} times in place of once`],
  );
}

async function transport(world: AuditWorld): Promise<CheckResult> {
  const run = await unruly(world);
  const refused = run.session.replies.filter(({ id, error }) => id === null && error !== undefined).length;
  const reached = run.session.seen.some((line) => /"(?:batch|twice|two|proto)"/.test(line));
  return demand(
    "a batch, a member twice and `__proto__` were refused, and the next call was made",
    [!reached, "a line that two readers could read differently reached the server"],
    [refused >= 2, "such a line was not refused"],
    [textOf(run.reply("after")) === "after all", "the session did not go on"],
  );
}

const group = "runtime";

export const REQUEST_CHECKS: readonly AuditCheck[] = [
  {
    id: "run.interop",
    group,
    title: "ordinary work passes",
    fails: "a tool, resource or prompt of an ordinary session does not come through as the server answered",
    run: interop,
  },
  {
    id: "run.env-isolation",
    group,
    title: "the server gets no environment of ours",
    fails: "a variable that no `--allow-env` names is in the server's environment",
    run: environment,
  },
  {
    id: "run.metadata",
    group,
    title: "what is said to agentk stays here",
    fails: "a member or a prompt for agentk reaches the server, or the client's own progress token does not",
    run: metadata,
  },
  {
    id: "run.claims",
    group,
    title: "a client grants itself nothing",
    fails: "a capability or label that the client claims for itself is believed",
    run: claims,
  },
  {
    id: "run.words-in-log",
    group,
    title: "the log shows no words of the client's",
    fails: "the log holds an intent, a prompt or an argument in the clear",
    run: wordsInLog,
  },
  {
    id: "run.initialize-guard",
    group,
    title: "nothing before the greeting, one greeting",
    fails: "a request before `initialize`, or a second `initialize`, reaches the server or is not refused",
    run: initializeGuard,
  },
  {
    id: "run.initialized-once",
    group,
    title: "ready is said once",
    fails: "`notifications/initialized` reaches the server twice, or before the greeting",
    run: initializedOnce,
  },
  {
    id: "run.unlisted-methods",
    group,
    title: "no passage without a contract",
    fails: "a method that no contract covers reaches the server or is not refused",
    run: unlistedMethods,
  },
  {
    id: "run.invalid-params",
    group,
    title: "params are held to their contract",
    fails: "params of a wrong shape reach the server or are not refused",
    run: invalidParams,
  },
  {
    id: "run.transport",
    group,
    title: "one reading of every line",
    fails: "a batch, a member twice or `__proto__` reaches the server, or ends the session",
    run: transport,
  },
];
