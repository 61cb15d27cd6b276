/** The command line. Each command is a file; what a command needs is loaded when it runs, so that starting stays quick. */
import { Command } from "commander";
import { AgentkError, ERRORS, type Place } from "../base/errors.js";
import { packageVersion } from "../app/package-info.js";
import type { ExitStatus, Io } from "./io.js";
import { registerMcpGateway } from "./mcp-gateway.js";
import { registerMcpLines } from "./mcp-lines.js";
import { registerMcpProxy } from "./mcp-proxy.js";
import { registerMcpKillerDemo } from "./mcp-killer-demo.js";
import { registerMcpServer } from "./mcp-server.js";
import { registerMcpShimEval } from "./mcp-shim-eval.js";
import { registerMcpStdio } from "./mcp-stdio.js";
import { registerMcpProxyHttp } from "./mcp-proxy-http.js";
import { registerMcpProxyStdio } from "./mcp-proxy-stdio.js";
import { registerBundle } from "./bundle.js";
import { registerCompliance } from "./compliance.js";
import { registerContext } from "./context.js";
import { registerDemo } from "./demo.js";
import { registerImport } from "./import.js";
import { registerInit } from "./init.js";
import { registerKeyRevoke } from "./key-revoke.js";
import { registerKeyRotateVerify } from "./key-rotate-verify.js";
import { registerKeyRotate } from "./key-rotate.js";
import { registerKeygen } from "./keygen.js";
import { registerForkReplay } from "./fork-replay.js";
import { registerPins } from "./pins.js";
import { policyCommands } from "./policy.js";
import { registerPolicyCheck } from "./policy-check.js";
import { registerProof } from "./proof.js";
import { registerPrune } from "./prune.js";
import { registerReadiness } from "./readiness.js";
import { registerRecover } from "./recover.js";
import { registerReleaseAudit } from "./release-audit.js";
import { registerReplay } from "./replay.js";
import { registerReveal } from "./reveal.js";
import { registerSecretRefsCheck } from "./secret-refs-check.js";
import { registerSecretRefsStoreCheck } from "./secret-refs-store-check.js";
import { registerSigningKey } from "./signing-key.js";
import { registerTraceInspect } from "./trace-inspect.js";
import { registerTrustedSignersCheck } from "./trusted-signers-check.js";
import { registerVerify } from "./verify.js";
import { registerVerifySignatures } from "./verify-signatures.js";
import { registerWitness } from "./witness.js";
import { registerWitnessSubmit } from "./witness-submit.js";

const COMMANDS = [
  registerDemo,
  registerMcpProxyStdio,
  registerMcpGateway,
  registerMcpProxy,
  registerMcpStdio,
  registerMcpLines,
  registerMcpServer,
  registerMcpProxyHttp,
  registerMcpKillerDemo,
  registerMcpShimEval,
  registerVerify,
  registerVerifySignatures,
  registerReplay,
  registerReveal,
  registerBundle,
  registerForkReplay,
  registerTraceInspect,
  registerRecover,
  registerProof,
  registerPrune,
  registerPolicyCheck,
  policyCommands(async () => (await import("../app/case-world.js")).openCaseWorld),
  registerInit,
  registerPins,
  registerContext,
  registerWitness,
  registerWitnessSubmit,
  registerImport,
  registerKeygen,
  registerSigningKey,
  registerKeyRotate,
  registerKeyRevoke,
  registerKeyRotateVerify,
  registerTrustedSignersCheck,
  registerReadiness,
  registerReleaseAudit,
  registerCompliance,
  registerSecretRefsCheck,
  registerSecretRefsStoreCheck,
];

/** Runs one command and sets the process's exit status: 0 ok, 1 error, 2 a check failed. */
export async function main(argv: readonly string[]): Promise<void> {
  const io = processIo();
  // What nobody reads on stderr is lost; it must not end the process before its work is done.
  process.stderr.on("error", () => undefined);
  try {
    await buildProgram(io).parseAsync(argv);
  } catch (error) {
    io.exit(report(error, io, argv.includes("--json")));
  }
}

export function buildProgram(io: Io): Command {
  const program = new Command("agentk")
    .description("A reference monitor for AI agents: decided by your policy, recorded before it happens.")
    .version(packageVersion(), "-V, --version")
    .showHelpAfterError("(run with --help for the options)")
    .enablePositionalOptions()
    .configureOutput({ writeOut: io.stdout, writeErr: io.stderr })
    .exitOverride();
  for (const register of COMMANDS) register(program, io);
  for (const command of program.commands) command.copyInheritedSettings(program);
  return program;
}

function processIo(): Io {
  return {
    stdout: print,
    stderr: (text) => void process.stderr.write(text),
    env: process.env,
    cwd: process.cwd(),
    isTty: process.stdout.isTTY,
    columns: process.stdout.columns,
    exit: (status) => {
      process.exitCode = status;
    },
  };
}

/** For reports. A reader that has seen enough (`agentk trace-inspect | head`) is no error. */
function print(text: string): void {
  // The proxy never comes here: its stdout is the client, whose end must be recorded before the process goes.
  if (process.stdout.listenerCount("error") === 0) {
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EPIPE") process.exit(process.exitCode ?? 0);
    });
  }
  process.stdout.write(text);
}

/** One error, told once, with its place and what to do about it. */
function report(error: unknown, io: Io, isJson: boolean): ExitStatus {
  if (isCommanderEnd(error)) return usageStatus(error, io, isJson);
  if (!(error instanceof AgentkError)) throw error;
  const { code, message, place, hint } = error;
  if (isJson) {
    io.stdout(`${JSON.stringify({ error: { code, message, ...(place ?? {}), hint: hint ?? null } }, null, 2)}\n`);
  }
  io.stderr(`agentk: ${prefixOf(place)}${message}${hint === undefined ? "" : `\n  ${hint}`}\n`);
  return ERRORS[code].status;
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
