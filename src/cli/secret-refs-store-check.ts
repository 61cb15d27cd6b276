/** `agentk secret-refs-store-check`: is every secret of a manifest where it is said to be? Prints numbers only. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Io } from "./io.js";

interface Flags {
  readonly manifest: string;
  readonly runCommands?: boolean;
  readonly json?: boolean;
}

const HELP = `
Stores are asked with your own credentials, and where they have a way for it without reading the value. Credentials
come from the environment, and a store without them counts as unsupported:
  aws-secrets-manager  AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_REGION
  gcp-secret-manager   GOOGLE_OAUTH_ACCESS_TOKEN or CLOUDSDK_AUTH_ACCESS_TOKEN
  azure-key-vault      AZURE_ACCESS_TOKEN
  vault                VAULT_ADDR, VAULT_TOKEN, VAULT_NAMESPACE
  onepassword          OP_CONNECT_HOST, OP_CONNECT_TOKEN

Exit status: 0 all are available, 1 the manifest cannot be read, 2 it is not valid, or one is not available.

Example:
  agentk secret-refs-store-check --manifest secret-refs.toml`;

export function registerSecretRefsStoreCheck(program: Command, io: Io): void {
  program
    .command("secret-refs-store-check")
    .summary("look whether the secrets of a manifest are there")
    .description("Looks for each secret of a manifest in its store, and counts what was found by provider and state.")
    .requiredOption("--manifest <file>", "the manifest, TOML")
    .option("--run-commands", "run the commands of the manifest too: each must print something and end with status 0")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((flags: Flags) => check(flags, io));
}

async function check({ manifest, json = false, runCommands = false }: Flags, io: Io): Promise<void> {
  const [
    { readSecretRefs, secretWorld, lookForSecrets },
    { SECRET_STATES },
    { secretStoreJson, secretStoreText, secretFaultsJson },
    { policyFaultsText },
  ] = await Promise.all([
    import("../app/secret-refs.js"),
    import("../secrets/backend.js"),
    import("../report/secrets-report.js"),
    import("../report/policy-report.js"),
  ]);
  const read = readSecretRefs(resolve(io.cwd, manifest));
  if (!read.ok) {
    io.stdout(json ? secretFaultsJson(manifest, read.error, true) : policyFaultsText(manifest, read.error));
    io.exit(2);
    return;
  }
  const states = await lookForSecrets(read.value, secretWorld(io.env, runCommands));
  const ok = states.every((state) => state === "available");
  const found = read.value.map(({ provider }, i) => ({ provider, state: states[i] ?? "unreachable" }));
  io.stdout((json ? secretStoreJson : secretStoreText)(manifest, { found, states: SECRET_STATES, ok }));
  io.exit(ok ? 0 : 2);
}
