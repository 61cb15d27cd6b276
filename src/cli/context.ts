/** `agentk context`: tell a live run what its user said, and ask it how it stands. */
import { Option, type Command } from "commander";
import { visible } from "../evidence/visible.js";
import { reportJson } from "../report/json.js";
import type { Io } from "./io.js";

interface AddOptions {
  readonly session: string;
  readonly as: "user";
  readonly run: string;
  readonly json?: true;
}

interface ReleaseOptions {
  readonly session: string;
  readonly axis: "integrity" | "confidentiality";
  readonly run: string;
  readonly json?: true;
}

interface StatusOptions {
  readonly run: string;
  readonly json?: true;
}

const EXAMPLE = `
The text comes from a file or from stdin, never from the command line, which other programs can read.
The run must be alive, and its policy must say \`context_socket = true\` under \`[trust]\`.
Exit status: 0 recorded, 1 not.

Example:
  agentk context add --session s1 --as user - < prompt.txt`;

export function registerContext(program: Command, io: Io): void {
  const context = program
    .command("context")
    .summary("tell a live run what its user said")
    .description("Speaks to a live run over its control socket.")
    .addHelpText(
      "after",
      "\nExit status: 0 done, 1 there is no such run, or it refused.\n\nExample:\n  agentk context status",
    );
  context
    .command("add")
    .summary("hand text to a run as its user's words")
    .description("Records text in a live run as the words of its user, which the policy may then go by.")
    .argument("[file]", "the text; - is stdin", "-")
    .requiredOption("--session <id>", "the session that it is for: `agentk context status` names them")
    .addOption(new Option("--as <who>", "whose words they are").choices(["user"]).makeOptionMandatory())
    .option("--run <run>", "`latest`, the id of a run, or the path of its socket", "latest")
    .option("--json", "print JSON")
    .addHelpText("after", EXAMPLE)
    .action((file: string, options: AddOptions) => add(file, options, io));
  registerRelease(context, io);
  context
    .command("status")
    .summary("ask a run for its sessions and counts")
    .description("Asks a live run for its id, its sessions and its counts.")
    .option("--run <run>", "`latest`, the id of a run, or the path of its socket", "latest")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExit status: 0 answered, 1 no run to ask.\n\nExample:\n  agentk context status --run latest",
    )
    .action((options: StatusOptions) => status(options, io));
}

const RELEASE_HELP = `
The run's policy must say \`context_socket = true\` and \`release = true\` under \`[trust]\`.
\`integrity\` vouches for what the session has read so far; \`confidentiality\` lets it be shown. The pages keep their
labels: only text that is found in none of them is treated otherwise. The log has a \`release\` line that says so.
Exit status: 0 recorded, 1 not.

Example:
  agentk context release --session s1 --axis integrity`;

function registerRelease(context: Command, io: Io): void {
  context
    .command("release")
    .summary("lower what a session has been raised to")
    .description("Endorses or declassifies a session of a live run, as an act of the operator's in its log.")
    .requiredOption("--session <id>", "the session: `agentk context status` names them")
    .addOption(
      new Option("--axis <axis>", "what to lower").choices(["integrity", "confidentiality"]).makeOptionMandatory(),
    )
    .option("--run <run>", "`latest`, the id of a run, or the path of its socket", "latest")
    .option("--json", "print JSON")
    .addHelpText("after", RELEASE_HELP)
    .action((options: ReleaseOptions) => release(options, io));
}

async function release(options: ReleaseOptions, io: Io): Promise<void> {
  const { releaseContext } = await import("../app/context-add.js");
  const { session, axis, run } = options;
  const socket = await releaseContext({ cwd: io.cwd, env: io.env, run, session, axis });
  const json = (): string => `${reportJson({ format: "agentk-context-release/1", socket, session, axis })}\n`;
  io.stdout(options.json === true ? json() : `the ${axis} of session ${visible(session)} is released\n`);
  io.exit(0);
}

async function add(file: string, options: AddOptions, io: Io): Promise<void> {
  const { addContext } = await import("../app/context-add.js");
  const { session, as, run } = options;
  const { socket, page } = await addContext({
    ...{ cwd: io.cwd, env: io.env, input: process.stdin },
    ...{ session, as, run, file },
  });
  const json = (): string => `${reportJson({ format: "agentk-context-add/1", socket, session, page })}\n`;
  io.stdout(options.json === true ? json() : `recorded as page ${visible(page)} of session ${visible(session)}\n`);
  io.exit(0);
}

async function status(options: StatusOptions, io: Io): Promise<void> {
  const { contextStatus } = await import("../app/context-add.js");
  const { socket, answer } = await contextStatus({ cwd: io.cwd, env: io.env, run: options.run });
  if (options.json === true) io.stdout(`${reportJson({ format: "agentk-context-status/1", socket, ...answer })}\n`);
  else io.stdout(statusText(answer));
  io.exit(0);
}

/** One member a line, in the order the run gave them. */
function statusText(answer: Readonly<Record<string, unknown>>): string {
  const lines = Object.entries(answer).map(([name, value]) => {
    const text = Array.isArray(value) ? value.join(", ") : String(value);
    return `${visible(name.replaceAll("_", " "))}: ${visible(text)}\n`;
  });
  return lines.join("");
}
