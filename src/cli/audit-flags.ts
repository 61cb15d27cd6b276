/** What `readiness` and `release-audit` have in common: their flags, how they tell of their work, and their end. */
import { resolve } from "node:path";
import type { Command } from "commander";
import type { AuditGroup, AuditReport } from "../abi/audit.js";
import type { AuditCheck } from "../app/audit/check.js";
import type { AuditWorld } from "../app/audit/world.js";
import type { AuditProgress } from "../app/audit/run-audit.js";
import { lookFor, mayRedraw, type Io } from "./io.js";
import { collect } from "./values.js";

export interface AuditFlags {
  readonly strict?: true;
  readonly json?: true;
  readonly sarif?: string;
  readonly only: readonly string[];
  readonly list?: true;
  readonly repo: string;
  readonly policy: readonly string[];
  readonly agentk?: string;
  readonly sbom?: string;
}

export function addAuditFlags(command: Command): Command {
  return command
    .option("--repo <folder>", "the project", ".")
    .option("--policy <file>", "a policy that is used here, beside those that are found (repeat)", collect, [])
    .option("--only <id>", "run this check or group alone (repeat)", collect, [])
    .option("--list", "show the checks, and run none")
    .option("--strict", "let warnings fail the audit")
    .option("--json", "print JSON")
    .option("--sarif <file>", "write the result as SARIF 2.1.0 too");
}

/** Runs the checks of some groups and reports. */
export async function audit(name: string, groups: readonly AuditGroup[], flags: AuditFlags, io: Io): Promise<void> {
  const [{ AUDIT_CHECKS }, { runChecks, selectChecks }, { auditListJson, auditListText }] = await Promise.all([
    import("../app/audit/checks.js"),
    import("../app/audit/run-audit.js"),
    import("../report/audit-report.js"),
  ]);
  const checks = selectChecks(AUDIT_CHECKS, groups, flags.only);
  if (flags.list === true) {
    io.stdout(flags.json === true ? auditListJson(checks) : auditListText(checks));
    return;
  }
  const world = await openWorld(flags, io);
  const line = progressLine(io);
  const began = performance.now();
  try {
    const results = await runChecks(checks, world, line.progress);
    line.end();
    const { packageVersion } = await import("../app/package-info.js");
    const end = { command: name, repo: world.repo, home: world.home, version: packageVersion() };
    const ms = Math.round(performance.now() - began);
    await tell({ ...end, isStrict: flags.strict === true, checks: results, ms }, flags, io);
  } finally {
    line.end();
    world.close();
  }
}

async function openWorld(flags: AuditFlags, io: Io): Promise<AuditWorld> {
  const [{ AuditWorld: World, assertFolder }, { policyFileOf }] = await Promise.all([
    import("../app/audit/world.js"),
    import("../app/package-info.js"),
  ]);
  const repo = resolve(io.cwd, flags.repo);
  assertFolder(repo);
  return new World({
    repo,
    env: io.env,
    policies: flags.policy.map((file) => resolve(io.cwd, policyFileOf(file))),
    ...(flags.agentk === undefined ? {} : { binary: resolve(io.cwd, flags.agentk) }),
    ...(flags.sbom === undefined ? {} : { sbom: resolve(io.cwd, flags.sbom) }),
  });
}

/** INVARIANT: one status, whatever form was asked for. */
async function tell(report: AuditReport, flags: AuditFlags, io: Io): Promise<void> {
  const { auditJson, auditStatus, auditText } = await import("../report/audit-report.js");
  if (flags.sarif !== undefined) {
    const [{ auditSarif }, { writeReport }] = await Promise.all([
      import("../report/audit-sarif.js"),
      import("../app/audit/write-report.js"),
    ]);
    writeReport(resolve(io.cwd, flags.sarif), auditSarif(report));
  }
  io.stdout(flags.json === true ? auditJson(report) : auditText(report, await lookFor(io)));
  io.exit(auditStatus(report));
}

interface ProgressLine {
  readonly progress: AuditProgress;
  readonly end: () => void;
}

const FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏";
const FRAME_MS = 100;
const CLEAR = "\r\u001b[2K";

/** On a terminal one line that turns; elsewhere, and in CI, a plain line for each check that is over. All on stderr. */
function progressLine(io: Io): ProgressLine {
  const isQuiet = !mayRedraw(io) || (io.env["CI"] ?? "") !== "";
  return isQuiet ? plainLines(io) : turningLine(io);
}

function plainLines(io: Io): ProgressLine {
  const done: AuditProgress["done"] = ({ id, result, ms }, count, of) => {
    io.stderr(`[${String(count)}/${String(of)}] ${id}: ${result.status} (${(ms / 1000).toFixed(1)} s)\n`);
  };
  return { progress: { begun: () => undefined, done }, end: () => undefined };
}

function turningLine(io: Io): ProgressLine {
  const running = new Set<string>();
  let count = "";
  let frame = 0;
  const draw = (): void => {
    const text = `${FRAMES[frame++ % FRAMES.length] ?? ""} ${count} ${[...running].join(", ")}`;
    io.stderr(`${CLEAR}${text.slice(0, Math.max(20, io.columns - 1))}`);
  };
  const timer = setInterval(draw, FRAME_MS);
  return {
    progress: {
      begun: ({ id }: AuditCheck) => void running.add(id),
      done: ({ id }, done, of) => {
        running.delete(id);
        count = `${String(done)}/${String(of)}`;
      },
    },
    end: () => {
      clearInterval(timer);
      io.stderr(CLEAR);
    },
  };
}
