/** The command line. Each command is a file; what a command needs is loaded when it runs, so that starting stays quick. */
import { Command } from "commander";
import { AgentkError, ERRORS, type Place } from "../base/errors.js";
import { packageVersion } from "../app/package-info.js";
import { addCommands, HELP_LAYOUT } from "./commands.js";
import { showHelp } from "./help.js";
import type { ExitStatus, Io } from "./io.js";
import { processIo } from "./process-io.js";

const HELP = `
Exit status of every command, with and without --json: 0 done, or the check passed; 1 it could not be done; 2 a check failed.

Examples:
  agentk mcp-proxy-stdio --server-id files -- npx -y @modelcontextprotocol/server-filesystem ~/notes
  agentk trace-inspect
  agentk policy explain latest#c12`;

/** Runs one command and sets the process's exit status: 0 ok, 1 error, 2 a check failed. */
export async function main(argv: readonly string[]): Promise<void> {
  const io = processIo();
  // What nobody reads on stderr is lost; it must not end the process before its work is done.
  process.stderr.on("error", () => undefined);
  await run(argv, io);
}

/** Runs one command in the world that it is given. Whatever is no fault of agentk's own is told there, not thrown. */
export async function run(argv: readonly string[], io: Io): Promise<void> {
  let isJson = asksForJson(argv);
  try {
    const program = await buildProgram(io, argv[2]);
    if (argv[2] === "help") return await showHelp(program, argv.slice(3));
    // From here on it is known which words are the command's own: a server after `--`, or without it, has its `--json`.
    program.hook("preAction", (_program, command) => {
      isJson = command.opts()["json"] === true;
    });
    await program.parseAsync(argv);
  } catch (error) {
    io.exit(await report(error, io, isJson));
  }
}

/** Before the words are understood, and where they cannot be. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf("--");
  return argv.slice(0, end === -1 ? undefined : end).includes("--json");
}

/** The program with one command, or with all of them when it is not said which one is called. */
export async function buildProgram(io: Io, called?: string): Promise<Command> {
  const program = new Command("agentk")
    .description("A reference monitor for AI agents: decided by your policy, recorded before it happens.")
    .version(packageVersion(), "-V, --version")
    .showHelpAfterError("(run with --help for the options)")
    .enablePositionalOptions()
    .configureHelp(HELP_LAYOUT)
    .addHelpText("after", HELP)
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .exitOverride();
  await addCommands(program, io, called);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

/** One error, told once, with its place and what to do about it. */
async function report(error: unknown, io: Io, isJson: boolean): Promise<ExitStatus> {
  if (isCommanderEnd(error)) return usageStatus(error, io, isJson);
  const known = error instanceof AgentkError ? error : refusedBySystem(error);
  if (known === undefined) throw error;
  const { code, message, place, hint } = known;
  if (isJson) {
    io.stdout(`${JSON.stringify({ error: { code, message, ...(place ?? {}), hint: hint ?? null } }, null, 2)}\n`);
  }
  const { visible } = await import("../evidence/visible.js");
  io.stderr(`agentk: ${visible(`${prefixOf(place)}${message}`)}${hint === undefined ? "" : `\n  ${visible(hint)}`}\n`);
  return ERRORS[code].status;
}

/** What the system says no to, wherever it was asked, is no fault of agentk's own; undefined for what may be one. */
function refusedBySystem(error: unknown): AgentkError | undefined {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return undefined;
  const { syscall, code, path } = error as NodeJS.ErrnoException;
  if (syscall === "uv_cwd") {
    const hint = "change to a folder that is there";
    return new AgentkError("file-unreadable", "the folder that this was started in is gone", { hint, cause: error });
  }
  const [what, place] = path === undefined ? ["", {}] : [` of \`${path}\``, { place: { file: path } }];
  const detail = `the system refuses ${String(syscall)}${what} (${String(code)})`;
  return new AgentkError("file-unreadable", detail, { ...place, cause: error });
}

/** commander has told people; a program that asked for JSON gets JSON. */
function usageStatus(error: Error & { exitCode: number }, io: Io, isJson: boolean): ExitStatus {
  if (error.exitCode === 0) return 0;
  if (isJson)
    io.stdout(`${JSON.stringify({ error: { code: "usage", message: error.message, hint: null } }, null, 2)}\n`);
  return 1;
}

/** The form that editors jump to. Without a line, the message names the file itself. */
function prefixOf(place: Place | undefined): string {
  if (place?.line === undefined) return "";
  return `${[place.file, place.line, place.column].filter((part) => part !== undefined).join(":")}: `;
}

/** commander has printed its own message by now; help and --version end here with status 0. */
function isCommanderEnd(error: unknown): error is Error & { exitCode: number } {
  return (
    error instanceof Error &&
    "exitCode" in error &&
    typeof error.exitCode === "number" &&
    error.name === "CommanderError"
  );
}
