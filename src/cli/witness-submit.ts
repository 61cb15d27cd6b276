/** `agentk witness-submit`: have a log's last checkpoint cosigned. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Io } from "./io.js";
import { LATEST_LOG } from "./latest.js";
import { collect, wholeNumber } from "./values.js";

interface SubmitOptions {
  readonly witness: readonly string[];
  readonly witnessKey: readonly string[];
  readonly requireWitnesses: number;
  readonly timeoutMs: number;
  readonly out?: string;
  readonly json?: true;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const MAX_TIMEOUT_MS = 600_000;

const HELP = `
Each witness gets the checkpoint and the proof that it goes on from what the witness has cosigned before. The note with
their cosignatures is written beside the log, as NAME.cosigned.
Exit status: 0 enough witnesses cosigned, 1 it could not be asked for, 2 fewer did, or the log is broken.

Example:
  agentk witness-submit --witness http://127.0.0.1:7460 --witness-key 'witness.example/w1+8f2c01aa+BB…' run.jsonl`;

export function registerWitnessSubmit(program: Command, io: Io): void {
  program
    .command("witness-submit")
    .summary("have a log's last checkpoint cosigned by witnesses")
    .description("Sends a log's last checkpoint to witnesses, and keeps their cosignatures.")
    .argument("[log]", "the flight log", LATEST_LOG)
    .requiredOption("--witness <url>", "a witness (repeat)", collect)
    .requiredOption("--witness-key <vkey>", "the key of a witness whose word counts (repeat)", collect)
    .option("--require-witnesses <k>", "how many distinct witnesses must cosign", wholeNumber(1, 15), 1)
    .option("--timeout-ms <n>", "how long a witness has", wholeNumber(1, MAX_TIMEOUT_MS), DEFAULT_TIMEOUT_MS)
    .option("--out <file>", "where the cosigned note goes")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((log: string, options: SubmitOptions) => submit(log, options, io));
}

async function submit(log: string, options: SubmitOptions, io: Io): Promise<void> {
  const [
    { witnessKey, witnessLog },
    { parseWitnessUrl },
    { submissionJson, submissionText },
    { withBrokenLog },
    { progressLine },
  ] = await Promise.all([
    import("../app/witness/submit.js"),
    import("../host/witness-client.js"),
    import("../report/witness-report.js"),
    import("./broken-log.js"),
    import("./flight-log.js"),
  ]);
  const isJson = options.json === true;
  await withBrokenLog(io, isJson, async () => {
    const progress = progressLine(io);
    const witnessed = await witnessLog({
      log: resolve(io.cwd, log),
      ...(options.out === undefined ? {} : { out: resolve(io.cwd, options.out) }),
      witnesses: options.witness.map(parseWitnessUrl),
      keys: options.witnessKey.map(witnessKey),
      required: options.requireWitnesses,
      timeoutMs: options.timeoutMs,
      ...(progress === undefined ? {} : { onProgress: progress.update }),
    }).finally(() => progress?.clear());
    const facts = { log, required: options.requireWitnesses, ...witnessed };
    io.stdout(isJson ? submissionJson(facts) : submissionText(facts));
    io.exit(witnessed.isMet ? 0 : 2);
  });
}
