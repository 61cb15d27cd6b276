/** `agentk key-rotate-verify`: does a rotation manifest hold, from a root that you know by another way? */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Io } from "./io.js";
import { wholeNumber } from "./values.js";

interface Flags {
  readonly manifest: string;
  readonly root: string;
  readonly atLeast?: number;
  readonly json?: boolean;
}

const HELP = `
The root must not come with the manifest: anybody can make a manifest of his own. An older copy holds too, so compare
the number of the last entry with what you know, or let --at-least do it.
Exit status: 0 it holds, 1 it cannot be read, 2 it does not hold or is too old.

Example:
  agentk key-rotate-verify --manifest rotation.json --root HEX --at-least 3`;

export function registerKeyRotateVerify(program: Command, io: Io): void {
  program
    .command("key-rotate-verify")
    .summary("check a rotation manifest")
    .description("Follows a rotation manifest from a pinned root and names the key that signs now.")
    .requiredOption("--manifest <file>", "the rotation manifest")
    .requiredOption("--root <hex>", "the public key that it must begin at")
    .option("--at-least <number>", "the least number of its last entry", wholeNumber(0))
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((flags: Flags) => verify(flags, io));
}

async function verify({ manifest, root, atLeast = 0, json = false }: Flags, io: Io): Promise<void> {
  const [{ checkRotation }, { rotationFaultJson, rotationFaultText, rotationJson, rotationText }] = await Promise.all([
    import("../app/keys/rotation-file.js"),
    import("../report/key-report.js"),
  ]);
  const checked = checkRotation(resolve(io.cwd, manifest), root);
  if (!checked.ok) {
    io.stdout((json ? rotationFaultJson : rotationFaultText)(manifest, checked.error));
    io.exit(2);
    return;
  }
  const { chain } = checked.value;
  io.stdout((json ? rotationJson : rotationText)(manifest, chain, atLeast));
  io.exit(chain.sequence >= atLeast ? 0 : 2);
}
