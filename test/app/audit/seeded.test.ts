/** Every check fails for the defect that it is for, and nothing else does: in text, JSON and SARIF alike, with status 2. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { AuditReport } from "../../../src/abi/audit.js";
import { AUDIT_CHECKS } from "../../../src/app/audit/checks.js";
import { plainPaint } from "../../../src/report/style.js";
import { auditJson, auditStatus, auditText } from "../../../src/report/audit-report.js";
import { auditSarif } from "../../../src/report/audit-sarif.js";
import { fixture, testFolder } from "../../boundary/proxy-process.js";
import { auditOf, idsOf, Project } from "./project.js";
import { PROJECT_SEEDS, RUNTIME_SEEDS } from "./seeds.js";

/** What of the supply chain needs no network. */
const SUPPLY = ["supply.lock", "supply.sbom", "supply.licences", "supply.bundle"];
const PROJECT_GROUPS = ["repository", "keys", "policies"];

test("every check has a seeded defect, and every defect a check", () => {
  expect(Object.keys({ ...PROJECT_SEEDS, ...RUNTIME_SEEDS }).sort()).toEqual(AUDIT_CHECKS.map(({ id }) => id).sort());
  expect(new Set(AUDIT_CHECKS.map(({ id }) => id)).size).toBe(AUDIT_CHECKS.length);
});

/** The failure of one check, as each form tells it. */
function expectTold(report: AuditReport, id: string, says: RegExp): void {
  expect(auditStatus(report)).toBe(2);
  const text = auditText(report, { paint: plainPaint, width: 1000 });
  const at = text.split("\n").findIndex((line) => line.includes(`  ${id} `));
  expect(text.split("\n")[at]).toMatch(new RegExp(`^ {2}(?:FAIL|warn) +${id.replace(".", "\\.")} `));
  expect(text.split("\n")[at]).toMatch(says);
  const json = JSON.parse(auditJson(report)) as {
    ok: boolean;
    checks: { id: string; counts: boolean; detail: string }[];
  };
  expect(json.ok).toBe(false);
  const checked = json.checks.find((one) => one.id === id);
  expect(checked?.counts).toBe(true);
  expect(checked?.detail).toMatch(says);
  const sarif = JSON.parse(auditSarif(report)) as { runs: { results: SarifResult[] }[] };
  const results = sarif.runs[0]?.results.filter(({ ruleId }) => ruleId === id) ?? [];
  expect(results.length).toBeGreaterThan(0);
  for (const { level, kind, message } of results) {
    expect([level, kind]).toEqual(["error", "fail"]);
    expect(message.text).toMatch(says);
  }
}

interface SarifResult {
  readonly ruleId: string;
  readonly level: string;
  readonly kind: string;
  readonly message: { readonly text: string };
}

describe("a project", () => {
  test("without a defect passes every check", async () => {
    const { repo, env } = new Project();
    const { checks } = await auditOf({ repo, env }, [...PROJECT_GROUPS, ...SUPPLY]);
    expect(checks.filter(({ result }) => result.status !== "ok").map(({ id, result }) => [id, result])).toEqual([]);
  });

  test.each(Object.entries(PROJECT_SEEDS))("with the defect of %s", async (id, { put, says, also = [], ...seed }) => {
    const project = new Project();
    put(project);
    if (seed.isCommitted !== false) project.commit();
    const { repo, env } = project;
    const names = id.startsWith("supply.") ? [id] : PROJECT_GROUPS;
    const report = await auditOf({ repo, env: { ...env, ...seed.env } }, names, seed.status === "warn");
    expectTold(report, id, says);
    expect(idsOf(report.checks, "fail", "warn").toSorted()).toEqual([id, ...also].toSorted());
    expect(idsOf(report.checks, seed.status ?? "fail")).toContain(id);
  });
});

/** The agentk with one fault, as a program of its own. */
function faulty(fault: string): string {
  const file = join(testFolder("faulty"), `${fault}.mjs`);
  writeFileSync(
    file,
    `import { run } from ${JSON.stringify(fixture("audit/faulty-agentk.mjs"))};\nawait run(${JSON.stringify(fault)});\n`,
  );
  return file;
}

describe.concurrent("an agentk", () => {
  test.each(Object.entries(RUNTIME_SEEDS))(
    "with the fault of %s",
    async (id, { fault, beside = [], also = [], says }) => {
      const report = await auditOf({ binary: faulty(fault) }, [id, ...beside]);
      expectTold(report, id, says);
      expect(idsOf(report.checks, "fail", "warn").toSorted()).toEqual([id, ...also].toSorted());
    },
  );
});

test("no agentk at all: of what it promises, ordinary work alone is left", async () => {
  const runs = AUDIT_CHECKS.filter(({ group, id }) => group === "runtime" && !DOORS.includes(id)).map(({ id }) => id);
  const { checks } = await auditOf({ binary: faulty("pass-through"), answerMs: 2000 }, runs);
  expect(idsOf(checks, "ok", "warn", "not-applicable")).toEqual(["run.interop"]);
});

/** These ask the kernel and no server, or bring their own, so there is nothing to pass through. */
const DOORS = [
  "run.mcp-stdio",
  "run.mcp-lines",
  "run.mcp-server",
  "run.secret-refs",
  "run.demo",
  "run.killer-demo",
  "run.shim-eval",
];
