/** `agentk key-rotate`: let the signing key give way to a new one, in a way that others can follow. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Io } from "./io.js";

interface Flags {
  readonly current: string;
  readonly nextOut: string;
  readonly manifest: string;
  readonly reason?: string;
  readonly force?: true;
  readonly passphrase?: true;
  readonly json?: true;
}

const HELP = `
Both keys sign the entry. A manifest that is not there begins at the current key: give that key to whoever checks.
The next key is written before the manifest; the current key stays where it is.
Exit status: 0 rotated, 1 not, and then the manifest is as it was.

Example:
  agentk key-rotate --current signing.key --next-out signing-2.key --manifest rotation.json`;

export function registerKeyRotate(program: Command, io: Io): void {
  program
    .command("key-rotate")
    .summary("change to a new signing key")
    .description("Makes the next signing key and adds an entry, signed by the current and the next key, to a manifest.")
    .requiredOption("--current <file>", "the key that signs now")
    .requiredOption("--next-out <file>", "where the next key goes")
    .requiredOption("--manifest <file>", "the rotation manifest, made when it is not there")
    .option("--reason <text>", "why, in a sentence for those who check")
    .option("--force", "replace a file at --next-out")
    .option("--passphrase", "lock the next key with a passphrase")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((flags: Flags) => rotate(flags, io));
}

async function rotate(flags: Flags, io: Io): Promise<void> {
  const [
    { assertMayMake, newPassphrase, prepareKey },
    { extendRotation, assertApart },
    keys,
    { askHidden },
    { rotationJson, rotationText },
  ] = await Promise.all([
    import("../app/keys/make-key.js"),
    import("../app/keys/rotation-file.js"),
    import("../host/signing-key.js"),
    import("../host/terminal.js"),
    import("../report/key-report.js"),
  ]);
  const at = (file: string): string => resolve(io.cwd, file);
  const [path, manifest, force] = [at(flags.nextOut), at(flags.manifest), flags.force === true];
  assertMayMake(path, force);
  assertApart([at(flags.current), path, manifest]);
  const current = keys.loadKeyFile(at(flags.current), io.env, { ask: askHidden });
  const lock = flags.passphrase === true ? { passphrase: newPassphrase(io.env, askHidden) } : {};
  const next = prepareKey({ path, force, ...lock });
  const reason = flags.reason === undefined ? {} : { reason: flags.reason };
  const step = { next: next.key, at: Math.floor(Date.now() / 1000), ...reason };
  const { chain } = extendRotation(manifest, current, step, next.keep);
  io.stdout((flags.json === true ? rotationJson : rotationText)(flags.manifest, chain));
  io.exit(0);
}
