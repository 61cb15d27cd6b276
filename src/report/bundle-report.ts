/** The words in and about a bundle: README.txt, key.txt, and what the command says. */
import { FINDINGS } from "../evidence/findings.js";
import type { VerifyReport } from "../evidence/verify.js";
import { visible } from "../evidence/visible.js";
import { reportJson } from "./json.js";
import { wrap } from "./style.js";

/** README.txt is read in any terminal, and printed. */
const WIDTH = 78;

export interface BundleFacts {
  /** Of agentk. */
  readonly version: string;
  readonly report: VerifyReport;
  readonly checkpoints: number;
  /** Names of the proofs in the archive. */
  readonly proofs: readonly string[];
  /** Why there are none; undefined when there are. */
  readonly noProofsBecause: string | undefined;
  readonly key: { readonly publicKey: string; readonly fingerprint: string; readonly name: string } | undefined;
}

export function bundleReadme(facts: BundleFacts): string {
  const { report, version } = facts;
  const { run } = report;
  return [
    ...title(`agentk evidence bundle: run ${run?.run ?? "unknown"}`),
    paragraph(
      `What the agent ${quoted(run?.agent)} asked of the server ${quoted(run?.server)} under agentk's control, how each ` +
        `call was decided, and proof that nothing of this account was changed. Made by agentk ${version}.`,
    ),
    ...(report.ok ? [] : broken(report)),
    ...title("How to check it"),
    ...howTo(facts),
    ...title("What is in it"),
    ...contents(facts),
    ...title("What it proves when the checks pass"),
    ...items(report.proved.length > 0 ? report.proved : ["nothing: the log does not verify"]),
    ...title("What it cannot prove"),
    ...items([
      ...report.cannotProve,
      "whose key it is: compare its fingerprint with what the operator told you by another way",
      "that there were no other runs, and that the operator's machine told the truth when it wrote the log",
    ]),
    paragraph("The operator can open single values of the log, and prove them: ask for `agentk reveal`."),
  ].join("\n");
}

function broken(report: VerifyReport): readonly string[] {
  const shown = report.findings.filter(({ severity }) => severity === "failure").slice(0, 20);
  return [
    ...title("WARNING: THIS LOG DOES NOT VERIFY"),
    paragraph(
      `It was bundled all the same, as the operator asked. ${String(report.findingCount)} findings; report.json has them. ` +
        "The first failures are:",
    ),
    ...items(
      shown.map(
        ({ code, line }) => `line ${line === undefined ? "-" : String(line)}, ${code}: ${FINDINGS[code].means}`,
      ),
    ),
  ];
}

function howTo({ key, proofs }: BundleFacts): readonly string[] {
  const pin = key === undefined ? "" : ` --key ${key.publicKey}`;
  return [
    paragraph("1. Compare the fingerprint in key.txt with the one that the operator gave you by another way."),
    paragraph("2. With Python 3.8 or later, and nothing else:"),
    `    python3 verify.py${pin} log.jsonl`,
    "",
    paragraph("   It ends with status 0 when the log holds, 2 when a check fails, 1 when it could not check."),
    paragraph("3. Or with agentk, which checks the same, and the proofs:"),
    "    agentk verify log.jsonl",
    ...proofs.map(
      (name) => `    agentk proof verify ${name}${key === undefined ? "" : ` --public-key ${key.publicKey}`}`,
    ),
    "",
  ];
}

function contents({ report, checkpoints, proofs, noProofsBecause }: BundleFacts): readonly string[] {
  const row = (name: string, what: string): string => `  ${name.padEnd(24)}${wrap(what, WIDTH, " ".repeat(26))}`;
  const what: Readonly<Record<string, string>> = {
    "proofs/first-line.json": "the first line stands under the last checkpoint",
    "proofs/last-line.json": "so does the last line that a checkpoint covers; the close line has a seal of its own",
    "proofs/growth.json": "the last checkpoint goes on from the first one",
  };
  return [
    row("README.txt", "this text"),
    row("log.jsonl", `the flight log as it was recorded, ${String(report.lines)} lines`),
    row("checkpoints.txt", `its ${String(checkpoints)} signed heads, each a C2SP signed note`),
    row("key.txt", "the public key that signs them"),
    ...proofs.map((name) => row(name, what[name] ?? "")),
    row("verify.py", "a verifier in Python's standard library"),
    row("report.json", "what agentk's own verification found"),
    ...(noProofsBecause === undefined
      ? []
      : ["", paragraph(`There are no proofs in it: ${noProofsBecause}.`).trimEnd()]),
    "",
  ];
}

/** key.txt. */
export function keyText(
  key: (NonNullable<BundleFacts["key"]> & { readonly verifierKey: string }) | undefined,
  keyChanges: number,
): string {
  if (key === undefined) return "The log names no key: its first line cannot be read.\n";
  const row = (name: string, value: string): string => `${name.padEnd(14)}${value}`;
  return [
    "The Ed25519 key (RFC 8032) that the log says it is signed with. This file cannot say whose it is.",
    "",
    row("public key", key.publicKey),
    row("fingerprint", key.fingerprint),
    row("name", key.name),
    row("verifier key", key.verifierKey),
    ...(keyChanges === 0
      ? []
      : ["", `The log changes to another key ${String(keyChanges)} times, each signed by both keys.`]),
    "",
  ].join("\n");
}

export interface WrittenBundle extends BundleFacts {
  readonly out: string;
  readonly files: readonly { readonly name: string; readonly size: number }[];
}

export function bundleJson({ out, files, report, noProofsBecause, key }: WrittenBundle): string {
  return `${reportJson({
    format: "agentk-bundle-report/1",
    written: out,
    ok: report.ok,
    run: report.run?.run ?? null,
    lines: report.lines,
    fingerprint: key?.fingerprint ?? null,
    files,
    no_proofs_because: noProofsBecause ?? null,
  })}\n`;
}

export function bundleText({ out, report, noProofsBecause, key }: WrittenBundle): string {
  return [
    `wrote ${visible(out)}: ${String(report.lines)} lines${report.ok ? ", verified" : ", WHICH DO NOT VERIFY"}`,
    ...(noProofsBecause === undefined ? [] : [`  without proofs: ${noProofsBecause}`]),
    ...(key === undefined ? [] : [`  tell the auditor by another way: ${key.fingerprint}`]),
    "",
  ].join("\n");
}

function title(text: string): readonly string[] {
  return [text, "-".repeat(text.length), ""];
}

function paragraph(text: string): string {
  return `${wrap(text, WIDTH, "")}\n`;
}

function items(texts: readonly string[]): readonly string[] {
  return [...texts.map((text) => `- ${wrap(text, WIDTH, "  ")}`), ""];
}

/** Attacker-controlled: in a broken log, the names. */
function quoted(name: string | undefined): string {
  return name === undefined ? "(unknown)" : `\`${visible(name)}\``;
}
