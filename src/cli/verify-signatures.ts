/** `agentk verify-signatures`: who signed this log, and is that who should have? */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { SignatureOptions } from "../app/log/verify-signatures.js";
import { AgentkError } from "../base/errors.js";
import { lookFor, type Io } from "./io.js";
import { LATEST_LOG } from "./latest.js";
import { collect, wholeNumber } from "./values.js";

interface Flags {
  readonly trustedPublicKey: readonly string[];
  readonly trustedKeyManifest?: string;
  readonly rotation?: string;
  readonly root?: string;
  readonly checkpoint: readonly string[];
  readonly witnessKey: readonly string[];
  readonly requireWitnesses: number;
  readonly cosigned?: string;
  readonly json?: true;
  readonly allowOpen?: true;
  readonly allowPruned?: true;
}

const HELP = `
Without a key to trust it lists who signed and checks that the signatures are right. With one, a log that is not signed,
not to its end, or not by a trusted key at a time when it was trusted fails.

Exit status: 0 verified, 1 the log cannot be read, 2 a check failed.

Examples:
  agentk verify-signatures run.jsonl --trusted-public-key "$(agentk signing-key --json | jq -r .public_key)"
  agentk verify-signatures run.jsonl --trusted-key-manifest trusted-signers.toml --checkpoint kept.note`;

export function registerVerifySignatures(program: Command, io: Io): void {
  program
    .command("verify-signatures")
    .summary("check who signed a flight log")
    .description("Checks a flight log and every signature in it: heads, receipts, handles, the seal.")
    .argument("[log]", "the flight log", LATEST_LOG)
    .option("--trusted-public-key <hex>", "a key that may sign (repeat for more)", collect, [])
    .option("--trusted-key-manifest <file>", "TOML with keys that may sign, and when")
    .option("--rotation <file>", "a manifest of rotations, with --root")
    .option("--root <hex>", "the key that the rotations must begin at")
    .option("--checkpoint <file>", "a head of this log that was kept elsewhere (repeat for more)", collect, [])
    .option("--witness-key <vkey>", "a witness whose word counts (repeat for more)", collect, [])
    .option("--require-witnesses <count>", "how many must have cosigned the last head", wholeNumber(0, 15), 0)
    .option("--cosigned <file>", "the cosigned head (default: the log's name with `.cosigned`)")
    .option("--json", "print JSON")
    .option("--allow-open", "accept the log of a run that has not closed it yet")
    .option("--allow-pruned", "accept a log whose beginning was pruned")
    .addHelpText("after", HELP)
    .action((log: string, flags: Flags) => verifySignatures(log, flags, io));
}

async function verifySignatures(log: string, flags: Flags, io: Io): Promise<void> {
  const [{ verifyLog }, { expectationsOf, withWitnesses, witnessesOf }, { signaturesJson, signaturesText }] =
    await Promise.all([
      import("./flight-log.js"),
      import("../app/log/verify-signatures.js"),
      import("../report/signatures-report.js"),
    ]);
  const options = optionsOf(flags, io.cwd);
  const verified = verifyLog(log, io, {
    mayBeOpen: flags.allowOpen === true,
    mayBePruned: flags.allowPruned === true,
    ...expectationsOf(options),
  });
  const witnesses = witnessesOf(resolve(io.cwd, log), verified, options);
  const report = withWitnesses(verified, witnesses);
  const text = async (): Promise<string> => signaturesText(log, report, { witnesses, look: await lookFor(io) });
  io.stdout(flags.json === true ? signaturesJson(log, report, witnesses) : await text());
  io.exit(report.ok ? 0 : 2);
}

function optionsOf(flags: Flags, cwd: string): SignatureOptions {
  const { trustedKeyManifest: manifest, rotation, root, cosigned } = flags;
  return {
    pins: flags.trustedPublicKey,
    ...(manifest === undefined ? {} : { manifest: resolve(cwd, manifest) }),
    ...(rotation === undefined && root === undefined ? {} : { rotation: rotationOf(rotation, root, cwd) }),
    checkpoints: flags.checkpoint.map((file) => resolve(cwd, file)),
    witnessKeys: flags.witnessKey,
    requireWitnesses: flags.requireWitnesses,
    ...(cosigned === undefined ? {} : { cosigned: resolve(cwd, cosigned) }),
  };
}

/** @throws AgentkError `usage`: a chain that is followed from its own beginning proves nothing. */
function rotationOf(file: string | undefined, root: string | undefined, cwd: string): { file: string; root: string } {
  if (file !== undefined && root !== undefined) return { file: resolve(cwd, file), root };
  throw new AgentkError("usage", "--rotation and --root go together", {
    hint: "the root is the key that you know by another way than the manifest",
  });
}
