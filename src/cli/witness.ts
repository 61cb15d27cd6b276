/** `agentk witness`: cosign checkpoints of logs that only ever grow. */
import { resolve } from "node:path";
import { Option, type Command } from "commander";
import type { Io } from "./io.js";
import { collect, wholeNumber } from "./values.js";

interface WitnessOptions {
  readonly key: string;
  readonly trust: readonly string[];
  readonly state: string;
  readonly init?: true;
  readonly host: string;
  readonly port: number;
  readonly name?: string;
  readonly json?: true;
}

const HELP = `
Listens on this machine only (c2sp.org/tlog-witness). Prints the key that others trust it by, and its URL, when it is
ready; says every decision on stderr; ends on SIGINT or SIGTERM. What it cosigned is kept in the state file, and is on the
disk before the cosignature leaves. A witness whose state is lost must be retired: its key has cosigned what it forgot.
Exit status: 0 ended by a signal, 1 it could not begin.

Example:
  agentk witness --init --key witness.key --state witness.state --trust 3b6a…29`;

export function registerWitness(program: Command, io: Io): void {
  program
    .command("witness")
    .summary("cosign the growth of others' logs")
    .description("Cosigns checkpoints of trusted logs, but only such as go on from what it has cosigned before.")
    .requiredOption("--key <file>", "its own signing key, which signs nothing else")
    .requiredOption("--trust <key>", "public key of a log: 64 hex digits, or NAME+KEYID+BASE64 (repeat)", collect)
    .requiredOption("--state <file>", "what it has cosigned")
    .option("--init", "begin with an empty state; the file must not exist")
    .addOption(new Option("--host <address>", "where to listen").choices(["127.0.0.1", "::1"]).default("127.0.0.1"))
    .option("--port <n>", "0 takes a free one", wholeNumber(0, 65_535), 0)
    .option("--name <name>", "its name in cosignatures; default: made of its key")
    .option("--json", "print JSON, one object a line")
    .addHelpText("after", HELP)
    .action((options: WitnessOptions) => witness(options, io));
}

async function witness(options: WitnessOptions, io: Io): Promise<void> {
  const [{ openWitness, parseLogKey }, { loadKeyFile }, { decisionJson, decisionText }] = await Promise.all([
    import("../app/witness/witness.js"),
    import("../host/signing-key.js"),
    import("../report/witness-report.js"),
  ]);
  const isJson = options.json === true;
  const running = await openWitness({
    signer: loadKeyFile(resolve(io.cwd, options.key), io.env),
    trusted: options.trust.map(parseLogKey),
    statePath: resolve(io.cwd, options.state),
    isNew: options.init === true,
    ...{ host: options.host, port: options.port },
    onDecision: (decision) => {
      io.stderr(isJson ? decisionJson(decision) : decisionText(decision));
    },
    ...(options.name === undefined ? {} : { name: options.name }),
  });
  const { vkey, url, key } = running;
  const ended = untilSignal();
  const ready = { format: "agentk-witness/1", vkey, url, name: key.name, public_key: key.publicKey };
  io.stdout(isJson ? `${JSON.stringify(ready)}\n` : `key ${vkey}\nlistening at ${url}\n`);
  await ended;
  await running.close();
  io.exit(0);
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      process.on(signal, () => {
        resolve();
      });
    }
  });
}
