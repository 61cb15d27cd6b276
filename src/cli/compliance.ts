/** `agentk compliance`: the twelve domains of zero trust, and the tests behind each claim. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { AgentkError } from "../base/errors.js";
import { lookFor, type Io } from "./io.js";

interface Options {
  readonly json?: true;
  readonly repo?: string;
}

const HELP = `
An installed agentk has no tests; \`--repo\` names a checkout of agentk that has.

Exit status: 0 every claim is cited by a test (or no checkout is named, and there are no tests to look at), 1 the checkout
has no tests, 2 a claim is not cited.

Example:
  agentk compliance --repo . --json`;

export function registerCompliance(program: Command, io: Io): void {
  program
    .command("compliance")
    .summary("show what is claimed in each domain of zero trust, and the tests that show it")
    .description("Lists twelve domains, the claims of agentk that answer to each, what is lacking, and who tests what.")
    .option("--repo <folder>", "a checkout of agentk, whose tests are looked through")
    .option("--json", "print JSON")
    .addHelpText("after", HELP)
    .action((options: Options) => compliance(options, io));
}

async function compliance({ json, repo }: Options, io: Io): Promise<void> {
  const [{ citationsIn }, { shippedFile }, { complianceJson, complianceText, isCompliant }] = await Promise.all([
    import("../app/citations.js"),
    import("../app/package-info.js"),
    import("../report/compliance-report.js"),
  ]);
  const checkout = repo === undefined ? shippedFile(".") : resolve(io.cwd, repo);
  const citations = citationsIn(checkout);
  if (citations === undefined && repo !== undefined) {
    const hint = "a check that was asked for and finds nothing to look at is no pass; name a checkout of agentk";
    throw new AgentkError("usage", `there are no tests in \`${checkout}\``, { hint });
  }
  io.stdout(json === true ? complianceJson(citations) : complianceText(citations, await lookFor(io)));
  io.exit(isCompliant(citations) ? 0 : 2);
}
