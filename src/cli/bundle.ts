/** `agentk bundle`: the one file that an auditor gets, to be checked without the operator and without agentk. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { LogToRead } from "../app/log/heads.js";
import type { BrokenLog } from "../app/log/prefix.js";
import type { VerifyReport } from "../evidence/verify.js";
import type { BundleFacts } from "../report/bundle-report.js";
import type { Io } from "./io.js";

interface BundleOptions {
  readonly out: string;
  readonly evenIfBroken?: true;
  readonly json?: true;
}

export function registerBundle(program: Command, io: Io): void {
  program
    .command("bundle")
    .summary("make the file that an auditor gets")
    .description("Puts a flight log into an archive with its key, checkpoints and proofs, and a verifier. No values.")
    .argument("<log>", "the flight log")
    .requiredOption("--out <file>", "the archive (ustar); it must not exist")
    .option("--even-if-broken", "bundle a log that does not verify, and say so in the archive")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      [
        "",
        "Exit status: 0 written, 1 a file cannot be read or written, 2 the log does not verify.",
        "",
        "Example:",
        "  agentk bundle run.jsonl --out run.tar",
        "  tar -xf run.tar && python3 verify.py log.jsonl",
      ].join("\n"),
    )
    .action((log: string, options: BundleOptions) => bundle(log, options, io));
}

async function bundle(named: string, options: BundleOptions, io: Io): Promise<void> {
  const [{ withBrokenLog }, { progressLine }, { refuseLegacyLog }] = await Promise.all([
    import("./broken-log.js"),
    import("./flight-log.js"),
    import("./refuse-legacy.js"),
  ]);
  refuseLegacyLog(resolve(io.cwd, named), named);
  const progress = progressLine(io);
  await withBrokenLog(io, options.json === true, async () => {
    const log = { file: resolve(io.cwd, named), ...(progress === undefined ? {} : { onProgress: progress.update }) };
    const said = await write(log, options, io).finally(progress?.clear);
    io.stdout(said);
    io.exit(0);
  });
}

/** Verifies, proves, writes; hands back what to say about it. */
async function write(log: LogToRead, options: BundleOptions, io: Io): Promise<string> {
  const [
    { surveyLog, proofsOf, keyNames, writeBundleFile },
    { bundleJson, bundleReadme, bundleText, keyText },
    { verifyJson },
    { packageVersion },
  ] = await Promise.all([
    import("../app/log/bundle.js"),
    import("../report/bundle-report.js"),
    import("../report/verify-report.js"),
    import("../app/package-info.js"),
  ]);
  const survey = surveyLog(log);
  const { report, checkpoints } = survey;
  if (!report.ok && options.evenIfBroken !== true) throw await refusal(log.file, report);
  const proofs = proofsOf(survey);
  const key = report.run === undefined ? undefined : keyNames(report.run.publicKey);
  const facts: BundleFacts = {
    ...{ version: packageVersion(), report, checkpoints, key },
    proofs: proofs.proofs.map(({ name }) => name),
    noProofsBecause: proofs.because,
  };
  const texts = {
    readme: bundleReadme(facts),
    key: keyText(key, survey.keyChanges),
    report: verifyJson("log.jsonl", report),
  };
  const files = writeBundleFile(resolve(io.cwd, options.out), survey, proofs, texts);
  const written = { ...facts, out: options.out, files: files.map(({ name, size }) => ({ name, size })) };
  return options.json === true ? bundleJson(written) : bundleText(written);
}

async function refusal(file: string, { findings, findingCount }: VerifyReport): Promise<BrokenLog> {
  const { BrokenLog } = await import("../app/log/prefix.js");
  const first = findings.find(({ severity }) => severity === "failure");
  const what = first === undefined ? "" : `: \`${first.code}\`, ${first.detail}`;
  const more = `${String(findingCount)} findings; --even-if-broken bundles it all the same`;
  return new BrokenLog(file, first?.line ?? 1, `the log does not verify${what} (${more})`);
}
