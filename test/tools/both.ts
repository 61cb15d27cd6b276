/** Puts logs before both verifiers, our own and tools/verify.py, and says what each found. */
import { spawnSync } from "node:child_process";
import { isUtf8 } from "node:buffer";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MAX_LOG_LINE_BYTES } from "../../src/base/limits.js";
import { TrustedKeys } from "../../src/evidence/trust.js";
import { createVerifier } from "../../src/evidence/verify.js";
import { nodeDigests } from "../../src/host/digests.js";
import { readLines } from "../../src/host/log-file.js";
import { verifyEd25519 } from "../../src/host/signer.js";

export const SCRIPT = fileURLToPath(new URL("../../tools/verify.py", import.meta.url));

export interface Verdict {
  readonly ok: boolean;
  readonly ending: string;
  readonly lines: number;
  readonly findingCount: number;
  /** `code@line`, with `(note)` after those that are none; the first hundred. */
  readonly findings: readonly string[];
  readonly signed: unknown;
}

interface Found {
  readonly code: string;
  readonly severity: string;
  /** Python writes null where there is none. */
  readonly line?: number | null;
}

interface PythonReport extends Omit<Verdict, "findings"> {
  readonly findings: readonly Found[];
}

export interface Ran {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs python3. It must be there: an independent check that is skipped is none. */
export function python(args: readonly string[], input = ""): Ran {
  const run = spawnSync("python3", args, {
    encoding: "utf8",
    input,
    maxBuffer: 1 << 28,
    env: { ...process.env, ...QUIET },
  });
  if (run.error !== undefined)
    throw new Error(`python3 (3.8 or newer) is needed to check tools/verify.py: ${run.error.message}`);
  return run;
}

const QUIET = { PYTHONDONTWRITEBYTECODE: "1" };

function named({ code, line, severity }: Found): string {
  const where = line === null || line === undefined ? "-" : String(line);
  return `${code}@${where}${severity === "note" ? " (note)" : ""}`;
}

/** What our own verifier says of a file, as `agentk verify-signatures` has it, with these keys trusted. */
export function ours(path: string, pins: readonly string[] = []): Verdict {
  const trusted = pins.length === 0 ? undefined : new TrustedKeys(pins.map((publicKey) => ({ publicKey })));
  const deps = { digests: nodeDigests, verifySignature: verifyEd25519, signatures: { trusted } };
  const verifier = createVerifier(deps);
  const { tornBytes } = readLines(
    path,
    (bytes) => {
      if (isUtf8(bytes)) verifier.line(bytes.toString("utf8"));
      else verifier.fault("not-utf8", "");
      return undefined;
    },
    {
      maxLineBytes: MAX_LOG_LINE_BYTES,
      onLongLine: () => {
        verifier.fault("line-too-long", "");
      },
    },
  );
  if (tornBytes > 0) verifier.fault("torn-tail", "");
  const { ok, ending, lines, findingCount, findings, signed } = verifier.end();
  return { ok, ending, lines, findingCount, findings: findings.map(named), signed };
}

/** What both say of each log, in its order. One process of Python reads all of them. */
export function both(
  logs: readonly Uint8Array[],
  pins: readonly string[] = [],
): readonly { readonly ours: Verdict; readonly theirs: Verdict }[] {
  const folder = mkdtempSync(join(tmpdir(), "agentk-verify-py-"));
  try {
    const paths = logs.map((log, at) => {
      const path = join(folder, `${String(at).padStart(6, "0")}.jsonl`);
      writeFileSync(path, log);
      return path;
    });
    const keys = pins.flatMap((key) => ["--key", key]);
    const { stdout, stderr, status } = python([SCRIPT, "--json", ...keys, ...paths]);
    if (stderr !== "") throw new Error(`verify.py wrote to stderr: ${stderr.slice(0, 2000)}`);
    const reports = stdout.split("\n").slice(0, -1);
    const found = paths.map((path, at) => ({ ours: ours(path, pins), theirs: theirs(reports[at] ?? "") }));
    if (status !== (found.every(({ theirs: { ok } }) => ok) ? 0 : 2)) throw new Error(`exit status ${String(status)}`);
    return found;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Hands over the path of a file with these bytes. */
export function withFile<T>(bytes: Uint8Array, use: (path: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "agentk-verify-py-"));
  try {
    const path = join(folder, "log.jsonl");
    writeFileSync(path, bytes);
    return use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function theirs(line: string): Verdict {
  const { ok, ending, lines, findingCount, findings, signed } = JSON.parse(line) as PythonReport;
  return { ok, ending, lines, findingCount, findings: findings.map(named), signed };
}
