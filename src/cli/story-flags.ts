/** What the commands that play a story share: their flags, the progress, and the exit status. */
import { InvalidArgumentError, Option, type Command } from "commander";
import { CLIENT_KINDS, type ClientKind, type StorySeen } from "../abi/story.js";
import type { ReportLook } from "../report/verify-report.js";
import { lookFor, mayRedraw, type Io } from "./io.js";

export interface StoryFlags {
  readonly json?: true;
  readonly client: readonly ClientKind[];
  readonly traceOut?: string;
}

interface StoryCommand {
  readonly story: string;
  /** What the newest log is called in the runs folder, without the ending. */
  readonly logName: string;
  readonly report: (seen: StorySeen, look: ReportLook) => string;
  readonly reportJson: (seen: StorySeen) => string;
}

const EXIT_STATUS = `
The home, the key in it and the attacker's address are made for the run and gone after it; the logs stay.
Exit status: 0 all as told, 1 it could not be played, 2 something dangerous happened, or nothing did without agentk.
`;

/** The flags, and the end of the help. */
export function addStoryFlags(command: Command, clients: readonly ClientKind[], example: string): Command {
  const client = new Option("--client <kind>", `${CLIENT_KINDS.join(", ")}, or all`)
    .choices([...CLIENT_KINDS, "all"])
    .argParser(clientKinds)
    .default(clients, clients.length === 1 ? clients.join() : "all");
  return command
    .addOption(client)
    .option("--trace-out <file>", "write the log of the last client here, those of others beside it; none may exist")
    .option("--json", "print JSON")
    .addHelpText("after", `${EXIT_STATUS}\nExample:\n  ${example}`);
}

function clientKinds(value: string): readonly ClientKind[] {
  const kinds = value === "all" ? CLIENT_KINDS : CLIENT_KINDS.filter((kind) => kind === value);
  if (kinds.length > 0) return kinds;
  throw new InvalidArgumentError(`it must be one of ${CLIENT_KINDS.join(", ")}, all.`);
}

/** Plays the story and reports it. @throws AgentkError when it cannot be played */
export async function tellStory(command: StoryCommand, flags: StoryFlags, io: Io): Promise<void> {
  const { playStory, readStory, storyFolder } = await import("../app/story/story.js");
  const progress = progressOf(io);
  const seen = await playStory(readStory(storyFolder(command.story, io.cwd)), {
    cwd: io.cwd,
    env: io.env,
    clients: flags.client,
    traceOut: flags.traceOut,
    logName: command.logName,
    onProgress: progress.told,
  }).finally(progress.clear);
  io.stdout(flags.json === true ? command.reportJson(seen) : command.report(seen, await lookFor(io)));
  io.exit(seen.faults.length === 0 ? 0 : 2);
}

interface StoryProgress {
  readonly told: (now: { readonly client: ClientKind; readonly step: { readonly does: string } }) => void;
  readonly clear: () => void;
}

/** On a terminal one line that is written over; elsewhere a line for each client. Both on stderr. */
function progressOf(io: Io): StoryProgress {
  const begun = new Set<ClientKind>();
  return {
    told: ({ client, step }) => {
      if (mayRedraw(io)) io.stderr(`\r\u001b[2Kthe ${client} client: ${step.does}`);
      else if (!begun.has(client)) io.stderr(`agentk: playing, with the ${client} client\n`);
      begun.add(client);
    },
    clear: () => {
      if (mayRedraw(io) && begun.size > 0) io.stderr("\r\u001b[2K");
    },
  };
}
