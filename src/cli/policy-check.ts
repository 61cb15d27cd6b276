/** `agentk policy-check`: is this policy one that the kernel would take? */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { PolicyInvalid } from "../app/policy-file.js";
import type { Io } from "./io.js";

export function registerPolicyCheck(program: Command, io: Io): void {
  program
    .command("policy-check")
    .summary("check a policy file")
    .description("Parses a policy strictly and names every fault with its line and column.")
    .argument("<policy>", "the policy file")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExit status: 0 the policy is valid, 1 it cannot be read, 2 it is not valid.")
    .action((file: string, options: { json?: true }) => check(file, options, io));
}

async function check(file: string, options: { json?: true }, io: Io): Promise<void> {
  const [policies, { policyFaultsJson, policyFaultsText, policyJson, policyText }] = await Promise.all([
    import("../app/policy-file.js"),
    import("../report/policy-report.js"),
  ]);
  const isJson = options.json === true;
  try {
    const { source } = policies.readPolicy(resolve(io.cwd, file));
    const { document } = policies.compileSource(source, file);
    io.stdout(isJson ? policyJson(file, document) : policyText(file, document));
    io.exit(0);
  } catch (error) {
    if (!(error instanceof policies.PolicyInvalid)) throw error;
    const { faults }: PolicyInvalid = error;
    io.stdout(isJson ? policyFaultsJson(file, faults) : policyFaultsText(file, faults));
    io.exit(2);
  }
}
