/** `agentk policy`: questions about a policy, beside `policy-check`. */
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import { SYSCALL_NAMES } from "../abi/syscalls.js";
import { AgentkError } from "../base/errors.js";
import type { OpenCaseWorld } from "../policy/cases-run.js";
import { lookFor, type Io } from "./io.js";
import { LATEST_LOG } from "./latest.js";

interface ExplainOptions {
  readonly policy?: string;
  readonly json?: true;
}

interface ReachOptions {
  readonly from: string;
  readonly to: string;
  readonly tool?: string;
  readonly json?: true;
}

const HELP = `
Exit status: 0 done, or nothing was found; 1 a file cannot be read; 2 a case failed, a call may pass, or a log is broken.

Example:
  agentk policy explain latest#c12`;

export function registerPolicy(program: Command, io: Io): void {
  policyCommands(async () => (await import("../app/policy/case-world.js")).openCaseWorld)(program, io);
}

/** `loadWorld` gives the real kernel for the cases of `policy test`; loaded when it is needed. */
export function policyCommands(loadWorld: () => Promise<OpenCaseWorld>): (program: Command, io: Io) => void {
  return (program, io) => {
    const policy = program
      .command("policy")
      .summary("test a policy, ask what it lets through")
      .description("Runs a policy's cases, searches it for a way through, and explains what it decided.")
      .addHelpText("after", HELP);
    registerTest(policy, io, loadWorld);
    registerReach(policy, io);
    registerExplain(policy, io);
    for (const command of policy.commands) command.copyInheritedSettings(program);
  };
}

function registerTest(policy: Command, io: Io, loadWorld: () => Promise<OpenCaseWorld>): void {
  policy
    .command("test")
    .summary("run the cases of a policy")
    .description("Runs the cases beside a policy (`guard.cases.toml`) through the kernel, in a fresh session each.")
    .argument("<path>", "a file of cases, a policy, a folder of them, or the name of a shipped policy")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExit status: 0 every case passed, 1 a file cannot be read, 2 a case failed or there is none.\n\nExample:\n  agentk policy test policies/",
    )
    .action(async (path: string, options: { json?: true }) => {
      const [{ shippedOr }, { testPolicies }, { casesJson, casesPass, casesText }, open] = await Promise.all([
        import("../app/policy/named.js"),
        import("../app/policy/run-cases.js"),
        import("../report/cases-report.js"),
        loadWorld(),
      ]);
      const files = await testPolicies(resolve(io.cwd, shippedOr(path)), open, io.cwd);
      io.stdout(options.json === true ? casesJson(files) : casesText(files, await lookFor(io)));
      io.exit(casesPass(files) ? 0 : 2);
    });
}

function registerReach(policy: Command, io: Io): void {
  policy
    .command("reach")
    .summary("can a call with this label pass?")
    .description(
      "Searches all labels and all answers of the other conditions for a call that passes, or proves that none does.",
    )
    .argument("<policy>", "a policy file, or the name of a shipped policy such as strict")
    .requiredOption("--from <label>", "the label or tag that the call carries, such as secret")
    .addOption(syscallOption())
    .option("--tool <glob>", "only tools whose name fits")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExit status: 0 proved that none passes, 1 the policy cannot be read or has no such label, 2 one may pass, or undecided.\n\nExample:\n  agentk policy reach guard --from secret --to tool.invoke --tool 'send_*'",
    )
    .action(async (file: string, { json, ...words }: ReachOptions) => {
      const [{ policyFileOf }, { reachPolicy }, { reachJson, reachText }] = await Promise.all([
        import("../app/package-info.js"),
        import("../app/policy/reach.js"),
        import("../report/reach-report.js"),
      ]);
      const { question, result } = await reachPolicy(resolve(io.cwd, policyFileOf(file)), words);
      io.stdout(
        json === true ? reachJson(file, question, result) : reachText(file, question, result, await lookFor(io)),
      );
      io.exit(result.outcome === "proved" ? 0 : 2);
    });
}

/** The names are for completion and help; which is meant by one that is none, the search itself says. */
function syscallOption(): Option {
  return new Option("--to <syscall>", "the kind of the call")
    .choices(SYSCALL_NAMES)
    .argParser((name) => name)
    .makeOptionMandatory();
}

function registerExplain(policy: Command, io: Io): void {
  policy
    .command("explain")
    .summary("why was this call decided so, and what would allow it?")
    .description(
      "Explains one decision of a flight log from the log alone: the rule, what every earlier rule lacked, where each argument came from, and the smallest change that would allow it.",
    )
    .argument(
      "<line>",
      "LOG#SEQ: a flight log or `latest`, and a sequence number or the id of a call or page, as `latest#c12`",
    )
    .option(
      "--policy <policy>",
      "say also what this policy, a file or a shipped policy's name, decides on labels and origins as they were recorded",
    )
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExit status: 0 explained, 1 there is no such decision or a file cannot be read, 2 the log is broken up to that line.\n\nExample:\n  agentk policy explain latest#c12 --policy strict",
    )
    .action((line: string, options: ExplainOptions) => explain(line, options, io));
}

async function explain(line: string, { policy, json }: ExplainOptions, io: Io): Promise<void> {
  const [{ withBrokenLog }, { policyFileOf }, { explainLog }, { explainLogJson, explainLogText }] = await Promise.all([
    import("./broken-log.js"),
    import("../app/package-info.js"),
    import("../app/replay/explain-log.js"),
    import("../report/explain-log-report.js"),
  ]);
  const { log, name } = lineNamed(line);
  await withBrokenLog(io, json === true, async () => {
    const file = policy === undefined ? undefined : resolve(io.cwd, policyFileOf(policy));
    const explained = await explainLog(resolve(io.cwd, log), name, file);
    io.stdout(json === true ? explainLogJson(log, explained) : explainLogText(log, explained, await lookFor(io)));
    io.exit(0);
  });
}

/** A file's name may hold a `#` of its own. */
function lineNamed(text: string): { readonly log: string; readonly name: string } {
  const mark = text.lastIndexOf("#");
  const log = text.slice(0, Math.max(mark, 0));
  if (log === "") {
    const hint = "a log and one of its lines: `latest#12`, `run.jsonl#c12`";
    throw new AgentkError("usage", `\`${text}\` is no LOG#SEQ`, { hint });
  }
  return { log: log === "latest" ? LATEST_LOG : log, name: text.slice(mark + 1) };
}
