/** `agentk proof`: proofs about a flight log that can be checked without it. */
import { resolve } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import type { ProofBundle } from "../evidence/proof-bundle.js";
import type { LogHead } from "../app/log/proof.js";
import { lookFor, type Io } from "./io.js";

interface MakeOptions {
  readonly size?: number;
  readonly out?: string;
  readonly unsigned?: true;
  readonly json?: true;
}

interface VerifyOptions {
  readonly publicKey?: string;
  readonly unsigned?: true;
  readonly json?: true;
}

const STATUS = "\nExit status: 0 done, 1 a file cannot be read or written, 2 a check failed or a head is not signed.";
const UNSIGNED = "accept a head that no checkpoint signs";

export function registerProof(program: Command, io: Io): void {
  const proof = program.command("proof").summary("prove a line or the growth of a flight log");
  proof
    .description("Makes and checks proofs about a flight log: small files that are checked without it, offline.")
    .addHelpText("after", `${STATUS}\n\nExample:\n  agentk proof inclusion run.jsonl 12 --out line-12.json`);
  registerMakers(proof, io);
  proof
    .command("verify")
    .description("Checks a proof bundle. Reads nothing else.")
    .argument("<bundle>", "the JSON file")
    .option("--public-key <hex>", "the operator's key, known from elsewhere")
    .option("--unsigned", UNSIGNED)
    .option("--json", "print JSON")
    .addHelpText("after", `${STATUS}\n\nExample:\n  agentk proof verify line-12.json --public-key 3b6a…`)
    .action((file: string, options: VerifyOptions) => verify(file, options, io));
  for (const command of proof.commands) command.copyInheritedSettings(proof);
}

function registerMakers(proof: Command, io: Io): void {
  const made = (command: Command): Command =>
    command
      .option("--out <file>", "write the bundle here; it must not exist")
      .option("--unsigned", UNSIGNED)
      .option("--json", "print JSON");
  made(proof.command("inclusion").description("Proves that a line stands in a log."))
    .argument("<log>", "the flight log")
    .argument("<seq>", "the line's sequence number", wholeNumber)
    .option("--size <lines>", "under the head of this size (default: the first checkpoint after it)", wholeNumber)
    .addHelpText("after", `${STATUS}\n\nExample:\n  agentk proof inclusion run.jsonl 12 --out line-12.json`)
    .action((file: string, seq: number, options: MakeOptions) =>
      make(io, options, async (onProgress) => {
        const { proveInclusion } = await import("../app/log/proof.js");
        const size = options.size === undefined ? {} : { size: options.size };
        return proveInclusion({ file: resolve(io.cwd, file), ...size, ...onProgress }, seq);
      }),
    );
  made(
    proof.command("consistency").description("Proves that a log only grew: nothing before the old head was changed."),
  )
    .argument("<old>", "LOG for its last checkpoint, LOG@SIZE for the head of that size")
    .argument("<new>", "the same, of the same file or another copy")
    .addHelpText("after", `${STATUS}\n\nExample:\n  agentk proof consistency run.jsonl@256 run.jsonl`)
    .action((old: string, log: string, options: MakeOptions) =>
      make(io, options, async (onProgress) => {
        const { proveConsistency } = await import("../app/log/proof.js");
        return proveConsistency({ ...logHead(old, io), ...onProgress }, { ...logHead(log, io), ...onProgress });
      }),
    );
}

function wholeNumber(text: string): number {
  if (!/^(?:0|[1-9]\d{0,14})$/.test(text)) throw new InvalidArgumentError("not a whole number from 0");
  return Number(text);
}

/** `LOG` or `LOG@SIZE`. */
function logHead(text: string, io: Io): LogHead {
  const found = /^(?<file>.+)@(?<size>0|[1-9]\d{0,14})$/s.exec(text)?.groups;
  const { file = text, size } = found ?? {};
  return { file: resolve(io.cwd, file), ...(size === undefined ? {} : { size: Number(size) }) };
}

type Prove = (onProgress: Pick<LogHead, "onProgress">) => Promise<ProofBundle>;

async function make(io: Io, options: MakeOptions, prove: Prove): Promise<void> {
  const [{ withBrokenLog }, { progressLine }, { isSigned, writeBundle }, { visible }] = await Promise.all([
    import("./broken-log.js"),
    import("./flight-log.js"),
    import("../app/log/proof.js"),
    import("../evidence/visible.js"),
  ]);
  const progress = progressLine(io);
  await withBrokenLog(io, options.json === true, async () => {
    const bundle = await prove(progress === undefined ? {} : { onProgress: progress.update }).finally(progress?.clear);
    const isAccepted = isSigned(bundle) || options.unsigned === true;
    if (!isAccepted) {
      io.stderr("agentk: no checkpoint signs this head: it proves nothing to who does not know the root\n");
      io.stderr("  --unsigned makes the bundle with status 0 all the same\n");
    }
    const text = `${JSON.stringify(bundle, null, 2)}\n`;
    if (options.out === undefined) io.stdout(text);
    else {
      writeBundle(resolve(io.cwd, options.out), text);
      const { file, kind } = { file: options.out, kind: bundle.kind };
      io.stdout(
        options.json === true
          ? `${JSON.stringify({ written: file, kind, signed: isSigned(bundle) }, null, 2)}\n`
          : `wrote ${visible(file)}\n`,
      );
    }
    io.exit(isAccepted ? 0 : 2);
  });
}

async function verify(file: string, options: VerifyOptions, io: Io): Promise<void> {
  const [{ verifyProof }, { proofJson, proofText }, { MAX_BUNDLE_CHARS }, { readTextFile }] = await Promise.all([
    import("../app/log/proof.js"),
    import("../report/proof-report.js"),
    import("../evidence/proof-bundle.js"),
    import("../app/text-file.js"),
  ]);
  // Attacker-controlled: what is not UTF-8 or too large is refused before it is looked at.
  const source = readTextFile(resolve(io.cwd, file), MAX_BUNDLE_CHARS);
  const trust = { publicKey: options.publicKey, mayBeUnsigned: options.unsigned === true };
  const report = verifyProof(file, source, trust);
  io.stdout(options.json === true ? proofJson(file, report) : proofText(file, report, await lookFor(io)));
  io.exit(report.ok ? 0 : 2);
}
