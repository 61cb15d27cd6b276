/** `agentk policy-check`: is this policy one that the kernel would take, and does each of its rules do something? */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { Io } from "./io.js";

interface Options {
  readonly json?: true;
  readonly strict?: true;
}

export function registerPolicyCheck(program: Command, io: Io): void {
  program
    .command("policy-check")
    .summary("check a policy file")
    .description(
      "Parses a policy strictly, names every fault with its line and column, and looks for rules that do not work.",
    )
    .argument("<policy>", "a policy file, or the name of a shipped policy such as strict")
    .option("--json", "print JSON")
    .option("--strict", "let warnings fail the check too")
    .addHelpText(
      "after",
      "\nExit status: 0 the policy is valid, 1 it cannot be read, 2 it is not valid or lint found an error.\n\nExample:\n  agentk policy-check agentk.policy.toml",
    )
    .action((file: string, options: Options) => check(file, options, io));
}

async function check(file: string, options: Options, io: Io): Promise<void> {
  const [
    { policyFileOf },
    policies,
    { parsePolicy },
    { lintPolicy },
    { policyJson, policyText, policyFaultsJson, policyFaultsText },
  ] = await Promise.all([
    import("../app/package-info.js"),
    import("../app/policy/file.js"),
    import("../policy/parse.js"),
    import("../policy/check/lint.js"),
    import("../report/policy-report.js"),
  ]);
  const isJson = options.json === true;
  try {
    const { source } = await policies.readPolicy(resolve(io.cwd, policyFileOf(file)));
    const parsed = parsePolicy(source);
    if (!parsed.ok) throw new policies.PolicyInvalid(file, parsed.error);
    const findings = lintPolicy(parsed.value, source, Date.now());
    const ok = options.strict === true ? findings.length === 0 : findings.every(({ severity }) => severity !== "error");
    const checked = { document: parsed.value, findings, ok };
    io.stdout(isJson ? policyJson(file, checked) : policyText(file, checked));
    io.exit(ok ? 0 : 2);
  } catch (error) {
    if (!(error instanceof policies.PolicyInvalid)) throw error;
    io.stdout(isJson ? policyFaultsJson(file, error.faults) : policyFaultsText(file, error.faults));
    io.exit(2);
  }
}
