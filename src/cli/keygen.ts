/** `agentk keygen`: make a signing key. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Io } from "./io.js";

interface Flags {
  readonly out: string;
  readonly force?: boolean;
  readonly passphrase?: boolean;
  readonly json?: boolean;
}

const HELP = `
The file has mode 0600. Its folder must be writable by you alone. With --passphrase the key is locked; the passphrase
comes from the file that AGENTK_SIGNING_KEY_PASSPHRASE_FILE names, or is asked for on the terminal.
Exit status: 0 the key was made, 1 it was not.

Example:
  agentk keygen --out ~/.config/agentk/signing.key --passphrase`;

export function registerKeygen(program: Command, io: Io): void {
  program
    .command("keygen")
    .summary("make a signing key")
    .description("Makes an Ed25519 signing key and shows its public half. The secret half is only ever in the file.")
    .requiredOption("--out <file>", "where the key goes")
    .option("--force", "replace a file that is there: the key in it is gone for good")
    .option("--passphrase", "lock the key with a passphrase")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((flags: Flags) => keygen(flags, io));
}

async function keygen({ out, force = false, passphrase = false, json = false }: Flags, io: Io): Promise<void> {
  const [{ assertMayMake, factsOf, newPassphrase, prepareKey }, { askHidden }, { keygenJson, keygenText }] =
    await Promise.all([
      import("../app/keys/make-key.js"),
      import("../host/terminal.js"),
      import("../report/key-report.js"),
    ]);
  const path = resolve(io.cwd, out);
  assertMayMake(path, force);
  const lock = passphrase ? { passphrase: newPassphrase(io.env, askHidden) } : {};
  const made = prepareKey({ path, force, ...lock });
  made.keep();
  const key = factsOf(made.key.publicKeyHex);
  io.stdout(json ? keygenJson(out, key, passphrase) : keygenText(out, key, passphrase));
  io.exit(0);
}
