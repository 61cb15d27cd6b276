/** Checks of what goes from the server to the client: errors, shapes, messages that nobody asked for, and silence. */
import type { CheckResult } from "../../../abi/audit.js";
import type { AuditCheck } from "../check.js";
import type { AuditWorld } from "../world.js";
import { demand, isRedacted, saysCanary } from "./observe.js";
import { SERVER_CANARY, textOf } from "./session.js";
import { misshapen, noisy, ordinary, refusing, silent } from "./sessions.js";

/** agentk's own codes (docs/mcp-proxy.md), and the standard one for a fault in the server. */
const GONE = 7002;
const LATE = 7003;
const BROKE_CONTRACT = 7004;
const SERVER_ERROR = 7005;
const STANDARD = -32603;

async function errors(world: AuditWorld): Promise<CheckResult> {
  const run = await ordinary(world);
  const steps = ["error -32003", "error -32004", "error -32603", "error 7001"];
  const told = steps.filter((step) => !isRedacted(run.reply(step), SERVER_ERROR, STANDARD));
  return demand(
    "errors of four codes came through as a code and a text of ours",
    [told.length === 0, `the server's own words came through: ${told.join(", ")}`],
    [!run.logText.includes(SERVER_CANARY), "the log shows the server's words"],
  );
}

async function resourceErrors(world: AuditWorld): Promise<CheckResult> {
  const reply = (await ordinary(world)).reply("resource error");
  return demand("came through as a code and a text of ours", [
    isRedacted(reply, SERVER_ERROR),
    "the server's own words came through",
  ]);
}

async function promptErrors(world: AuditWorld): Promise<CheckResult> {
  const reply = (await ordinary(world)).reply("prompt error");
  return demand("came through as a code and a text of ours", [
    isRedacted(reply, SERVER_ERROR),
    "the server's own words came through",
  ]);
}

async function lifecycle(world: AuditWorld): Promise<CheckResult> {
  const [run, noisyRun] = [await refusing(world), await ordinary(world)];
  const { error } = run.reply("initialize");
  return demand(
    "a refused greeting came through as a code of ours, and nothing of stderr was shown",
    [error !== undefined, "a refused greeting was not told"],
    [
      !`${run.session.told}${run.session.stderr}`.includes(SERVER_CANARY),
      "the server's words on refusing came through",
    ],
    [textOf(noisyRun.reply("noise")) === "made noise", "a server that writes to stderr was not answered"],
    [!noisyRun.session.stderr.includes(SERVER_CANARY), "what the server wrote to stderr was shown"],
  );
}

async function badResponse(world: AuditWorld): Promise<CheckResult> {
  const run = await noisy(world);
  return demand(
    "a result against its contract was withheld, and the session went on",
    [isRedacted(run.reply("bad response"), BROKE_CONTRACT), "a result against its contract came through"],
    [textOf(run.reply("after")) === "after all", "the session did not go on"],
  );
}

function shape(list: string): (world: AuditWorld) => Promise<CheckResult> {
  return async (world) => {
    const reply = (await misshapen(world)).reply(list);
    return demand(
      `an entry of ${list} that no revision has did not come through`,
      [!saysCanary(reply), `a malformed entry of ${list} came through`],
      [isRedacted(reply, BROKE_CONTRACT), `a malformed ${list} was not answered with an error of ours`],
    );
  };
}

async function early(world: AuditWorld): Promise<CheckResult> {
  const run = await noisy(world);
  const { session } = run;
  return demand(
    "what the server said and asked before the greeting came to nobody, and the greeting was answered",
    [!session.told.includes(`${SERVER_CANARY}-early`), "a message from before the greeting came through"],
    [
      !session.replies.some(({ method }) => method === "roots/list"),
      "a question from before the greeting came through",
    ],
    [run.reply("initialize").result !== undefined, "the greeting was not answered"],
  );
}

async function burst(world: AuditWorld): Promise<CheckResult> {
  const run = await noisy(world);
  const told = run.session.replies.filter(({ method }) => method === "notifications/message");
  const through = told.filter(({ params }) => params?.["data"] !== `${SERVER_CANARY}-early`).length;
  return demand(
    "twenty messages in the middle of a call came to nobody, and the call was answered",
    [textOf(run.reply("burst")) === "flooded", "the call was not answered"],
    [through === 0, `${String(through)} messages came through that no rule allows`],
  );
}

/** Most lines that a server can have written by speaking unasked (docs/defaults.md), with room for what is said else. */
const MOST_STRAY_LINES = 600;

async function flood(world: AuditWorld): Promise<CheckResult> {
  const run = await noisy(world);
  const strays = run.lines.filter(({ type, value }) => type === "syscall" && value.from === "server").length;
  return demand(
    `of 3020 messages ${String(strays)} have a line of their own, and the call in their middle was answered`,
    [textOf(run.reply("flood")) === "flooded", "the call was not answered"],
    [strays > 0, "the log does not say that there were any"],
    [strays <= MOST_STRAY_LINES, `a server can fill the log: ${String(strays)} lines`],
  );
}

async function timeout(world: AuditWorld): Promise<CheckResult> {
  const run = await silent(world);
  return demand(
    "a call without an answer was given up with an error of ours, and the session went on",
    [isRedacted(run.reply("never"), LATE), "a call without an answer was not given up"],
    [textOf(run.reply("after")) === "after all", "the session did not go on"],
    [run.lines.some(({ value }) => value.status === "timeout"), "the log does not say so"],
  );
}

async function closed(world: AuditWorld): Promise<CheckResult> {
  const run = await silent(world);
  return demand(
    "the call that ended the server has an error of ours, the log says that it may have happened, and agentk ended",
    [isRedacted(run.reply("exit"), GONE), "the end of the server was not told"],
    [run.lines.some(({ value }) => value.status === "child-exited"), "the log does not say so"],
    [run.code === 1, `agentk ended with status ${String(run.code)} in place of 1`],
    [run.lines.at(-1)?.type === "close", "the log was not closed"],
  );
}

const group = "runtime";

export const ANSWER_CHECKS: readonly AuditCheck[] = [
  {
    id: "run.error-redaction",
    group,
    title: "no server's error speaks to the client",
    fails: "the text or data of a tool's error reaches the client or the log, under any code",
    run: errors,
  },
  {
    id: "run.resource-errors",
    group,
    title: "nor a resource's",
    fails: "the text of a resource's error reaches the client",
    run: resourceErrors,
  },
  {
    id: "run.prompt-errors",
    group,
    title: "nor a prompt's",
    fails: "the text of a prompt's error reaches the client",
    run: promptErrors,
  },
  {
    id: "run.lifecycle-redaction",
    group,
    title: "nor one on greeting, nor stderr",
    fails: "the words of a server that refuses the greeting, or its stderr, are shown",
    run: lifecycle,
  },
  {
    id: "run.bad-response",
    group,
    title: "results are held to their contract",
    fails: "a result of a wrong shape comes through, or ends the session",
    run: badResponse,
  },
  {
    id: "run.tool-shape",
    group,
    title: "tools have the shape of tools",
    fails: "a malformed entry of tools/list comes through",
    run: shape("tools/list"),
  },
  {
    id: "run.resource-shape",
    group,
    title: "resources have the shape of resources",
    fails: "a malformed entry of resources/list comes through",
    run: shape("resources/list"),
  },
  {
    id: "run.prompt-shape",
    group,
    title: "prompts have the shape of prompts",
    fails: "a malformed entry of prompts/list comes through",
    run: shape("prompts/list"),
  },
  {
    id: "run.early-messages",
    group,
    title: "a server does not speak before it is greeted",
    fails: "a message or question from before the greeting reaches the client",
    run: early,
  },
  {
    id: "run.notification-burst",
    group,
    title: "messages in a call do not come between",
    fails: "messages that no rule allows come through, or the call is lost among them",
    run: burst,
  },
  {
    id: "run.notification-flood",
    group,
    title: "a flood is bounded",
    fails: "thousands of messages fill the log, or keep a call from its answer",
    run: flood,
  },
  {
    id: "run.timeout",
    group,
    title: "no call waits for ever",
    fails: "a call without an answer is not given up, told or recorded",
    run: timeout,
  },
  {
    id: "run.server-end",
    group,
    title: "a server's end is told and recorded",
    fails: "a call that a server dies with has no clear error, or no line in the log",
    run: closed,
  },
];
