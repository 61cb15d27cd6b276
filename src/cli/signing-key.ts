/** `agentk signing-key`: which key would sign, and can it? Never its secret half. */
import type { Command } from "commander";
import type { Io } from "./io.js";

const HELP = `
Looked for in AGENTK_SIGNING_KEY_HEX, then AGENTK_SIGNING_KEY_FILE, then the data folder. Nothing is made.
Exit status: 0 the key can sign, 1 there is none, or it cannot be used.

Example:
  agentk signing-key --json`;

export function registerSigningKey(program: Command, io: Io): void {
  program
    .command("signing-key")
    .summary("show the public half of the signing key")
    .description(
      "Shows where the signing key comes from, its public half and its fingerprint, and whether it can sign.",
    )
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((options: { json?: true }) => show(options.json === true, io));
}

async function show(isJson: boolean, io: Io): Promise<void> {
  const [
    { loadSigningKey },
    { factsOf },
    { askHidden },
    { notReadyJson, signingKeyJson, signingKeyText },
    { AgentkError },
    { visible },
  ] = await Promise.all([
    import("../host/signing-key.js"),
    import("../app/keys/make-key.js"),
    import("../host/terminal.js"),
    import("../report/key-report.js"),
    import("../base/errors.js"),
    import("../evidence/visible.js"),
  ]);
  try {
    const key = loadSigningKey(io.env, { mayCreate: false, ask: askHidden });
    const shown = factsOf(key.publicKeyHex);
    io.stdout(isJson ? signingKeyJson(shown, key) : signingKeyText(shown, key));
    io.exit(0);
  } catch (error) {
    if (!(error instanceof AgentkError) || !isJson) throw error;
    // For programs, "not ready" is an answer; the status and stderr are the same as without --json.
    const { code, message, hint } = error;
    io.stdout(notReadyJson({ code, message, ...(hint !== undefined && { hint }) }));
    io.stderr(`agentk: ${visible(message)}${hint === undefined ? "" : `\n  ${visible(hint)}`}\n`);
    io.exit(1);
  }
}
