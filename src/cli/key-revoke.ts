/** `agentk key-revoke`: say in the rotation manifest that a key is not to be believed any more. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Io } from "./io.js";

interface Flags {
  readonly current: string;
  readonly manifest: string;
  readonly publicKey: string;
  readonly suspectFrom?: string;
  readonly reason?: string;
  readonly json?: true;
}

const HELP = `
The entry is signed by the key that is current. A key that revokes itself ends the chain: rotate first, if you can.
Exit status: 0 revoked, 1 not, and then the manifest is as it was.

Example:
  agentk key-revoke --current signing-2.key --manifest rotation.json --public-key HEX --suspect-from 2026-11-01T00:00:00Z`;

export function registerKeyRevoke(program: Command, io: Io): void {
  program
    .command("key-revoke")
    .summary("revoke a signing key")
    .description("Adds an entry to a rotation manifest: from now on a key of its chain counts for nothing.")
    .requiredOption("--current <file>", "the key that signs now")
    .requiredOption("--manifest <file>", "the rotation manifest")
    .requiredOption("--public-key <hex>", "the key to revoke")
    .option("--suspect-from <time>", "since when it may have been in other hands (default: now)")
    .option("--reason <text>", "why, in a sentence for those who check")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((flags: Flags) => revoke(flags, io));
}

async function revoke(flags: Flags, io: Io): Promise<void> {
  const [{ extendRotation, parseMoment }, { loadKeyFile }, { askHidden }, { rotationJson, rotationText }] =
    await Promise.all([
      import("../app/keys/rotation-file.js"),
      import("../host/signing-key.js"),
      import("../host/terminal.js"),
      import("../report/key-report.js"),
    ]);
  const at = Math.floor(Date.now() / 1000);
  const suspectFrom = flags.suspectFrom === undefined ? at : parseMoment(flags.suspectFrom);
  const current = loadKeyFile(resolve(io.cwd, flags.current), io.env, { ask: askHidden });
  const reason = flags.reason === undefined ? {} : { reason: flags.reason };
  const step = { revoke: flags.publicKey, at, suspectFrom, ...reason };
  const { chain } = extendRotation(resolve(io.cwd, flags.manifest), current, step);
  io.stdout((flags.json === true ? rotationJson : rotationText)(flags.manifest, chain));
  io.exit(0);
}
