/** Checks of what a project is built from. Only npm is asked; nothing is installed. */
import type { AuditFinding, CheckResult } from "../../abi/audit.js";
import { isJsonObject } from "../../base/json.js";
import { counted, failed, noneOf, notApplicable, passed, warned, type AuditCheck } from "./check.js";
import { exceptionFor, exceptionsIn, notUsed, withoutReason, type Exception } from "./exceptions.js";
import { billOf, lockOf, type Component, type LockFile } from "./sbom.js";
import { textOf } from "./tracked-files.js";
import type { AuditWorld } from "./world.js";
import { writeReport } from "./write-report.js";

/** Licences that ask for no more than a notice, or, of files, for their own source. */
const ALLOWED: ReadonlySet<string> = new Set([
  ...[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "ISC",
    "0BSD",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BlueOak-1.0.0",
    "Zlib",
    "Unlicense",
  ],
  ...["CC0-1.0", "CC-BY-4.0", "Python-2.0", "MPL-2.0", "Unicode-3.0"],
]);
/** Packages whose licence was looked at by a human. */
export const ALLOWED_LICENCES = ".agentk-allow-licences";
const ADVISORIES_TIMEOUT_MS = 30_000;

type WithLock = (lock: LockFile, world: AuditWorld) => Promise<CheckResult> | CheckResult;

/** A project of npm's has a lock. */
function locked(look: WithLock): AuditCheck["run"] {
  return (world) => {
    const lock = lockOf(world);
    if (lock.kind === "lock") return look(lock, world);
    if (lock.kind === "no-package") return notApplicable("there is no package.json");
    if (lock.kind === "missing")
      return failed("there is no package-lock.json: make one with `npm install --package-lock-only`, and commit it");
    return warned(`the project uses ${lock.manager}: ask it for its bill of materials, licences and advisories`);
  };
}

const DEPENDENCIES = ["dependencies", "devDependencies", "optionalDependencies"];

/** What package.json asks for is what is locked, and each package is locked to its bytes. */
function lock({ file, manifest, lock: locks, packages }: LockFile): CheckResult {
  const tree = locks["packages"];
  const root = isJsonObject(tree) ? tree[""] : undefined;
  if (!isJsonObject(root)) return failed(`\`${file}\` is of an old form: make it anew with npm 7 or later`);
  const differs = DEPENDENCIES.filter(
    (name) => JSON.stringify(sorted(manifest[name])) !== JSON.stringify(sorted(root[name])),
  );
  const loose = packages.filter(({ hasIntegrity }) => !hasIntegrity);
  const findings: AuditFinding[] = [
    ...differs.map((name) => ({ file, text: `\`${name}\` is not what package.json asks for` })),
    ...loose.map(({ name, version }) => ({ file, text: `${name}@${version} has no integrity` })),
  ];
  return noneOf(findings, `${counted(packages.length, "package")}, each locked to its bytes`, "the lock does not hold");
}

function sorted(value: unknown): readonly (readonly [string, unknown])[] {
  return isJsonObject(value) ? Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)) : [];
}

async function bill({ packages }: LockFile, world: AuditWorld): Promise<CheckResult> {
  const { components, text } = await billOf(world);
  const listed = new Set(components.map(({ id }) => id));
  const missing = packages.filter(({ name, version }) => !listed.has(`${name}@${version}`));
  if (world.sbom !== undefined) writeReport(world.sbom, text);
  const findings = missing.map(({ name, version }) => ({ text: `${name}@${version} is locked, and not in it` }));
  const where = world.sbom === undefined ? "" : `, written to ${world.sbom}`;
  return noneOf(
    findings,
    `CycloneDX, ${counted(components.length, "component")}${where}`,
    "the bill of materials is not whole",
  );
}

async function licences(_lock: LockFile, world: AuditWorld): Promise<CheckResult> {
  const { components } = await billOf(world);
  const exceptions = exceptionsIn(world.repo, ALLOWED_LICENCES);
  const used = new Set<Exception>();
  const findings = components.flatMap((component) => {
    if (isAllowed(component)) return [];
    const exception = exceptionFor(exceptions, component.id);
    if (exception !== undefined) used.add(exception);
    return exception === undefined ? [unknownLicence(component)] : [];
  });
  if (findings.length > 0) return failed("a licence is unknown, or not one of those that are allowed", findings);
  const bad = withoutReason(exceptions, ALLOWED_LICENCES);
  if (bad.length > 0) return failed("an exception must say why", bad);
  const stale = notUsed(exceptions, used, ALLOWED_LICENCES);
  if (stale.length > 0) return warned("exceptions that are not needed hide what comes later", stale);
  return passed(`${summary(components)}; ${counted(used.size, "exception")} used`);
}

function unknownLicence({ id, licences: said }: Component): AuditFinding {
  return {
    text: `${id}: ${said.length === 0 ? "says none" : said.join(", ")}; look, and put it into ${ALLOWED_LICENCES} with a reason`,
  };
}

function isAllowed({ licences: said }: Component): boolean {
  return said.length > 0 && said.every(isAllowedExpression);
}

/** SPDX expressions of `AND` and `OR` without nesting (SPDX 2.3, annex D); any other is unknown. */
function isAllowedExpression(expression: string): boolean {
  const plain = expression.replace(/^\(([^()]*)\)$/, "$1");
  return plain.split(" OR ").some((choice) => choice.split(" AND ").every((id) => ALLOWED.has(id.trim())));
}

function summary(components: readonly Component[]): string {
  const counts = new Map<string, number>();
  for (const { licences: said } of components) {
    const name = said.length === 0 ? "looked at by hand" : said.join(" and ");
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const rows = [...counts].sort(([, a], [, b]) => b - a);
  return rows.map(([name, count]) => `${String(count)} ${name}`).join(", ");
}

/** What the build says is within the bundle (tools/bundle.mjs). */
const BUNDLED = "dist/bundle/packages.json";

/** agentk ships its packages within itself, so that whoever installs it sees none of them: here they are seen. */
function bundled({ packages }: LockFile, world: AuditWorld): CheckResult {
  if (!world.isAgentk) return notApplicable("of agentk's own repository alone");
  const read = textOf(world.repo, BUNDLED);
  if (read === undefined || typeof read === "string")
    return warned(`there is no ${BUNDLED}: build it with \`npm run build\``);
  const list: unknown = JSON.parse(read.text);
  const shipped = Array.isArray(list) ? list.filter(isJsonObject) : [];
  const locks = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const findings = shipped.flatMap((entry) => {
    const [name = "", version = "", licence = ""] = [entry["name"], entry["version"], entry["license"]].map(wordOf);
    const id = `${name}@${version}`;
    if (!locks.has(id)) return [{ file: BUNDLED, text: `${id} is not in the lock` }];
    return isAllowedExpression(licence) ? [] : [{ file: BUNDLED, text: `${id} has the licence ${licence}` }];
  });
  if (shipped.length === 0) return failed(`${BUNDLED} names no package`);
  return noneOf(
    findings,
    `${counted(shipped.length, "package")} within it, all locked and allowed`,
    "the bundle holds what it should not",
  );
}

function wordOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

const SEVERE = ["critical", "high"];
const LESSER = ["moderate", "low", "info"];

/** INVARIANT: an advisory list that nobody could be asked for is never `ok`. */
async function advisories(_lock: LockFile, world: AuditWorld): Promise<CheckResult> {
  const { stdout, problem } = await world.tool("npm", ["audit", "--json", "--package-lock-only"], {
    timeoutMs: ADVISORIES_TIMEOUT_MS,
  });
  const found = problem === undefined ? countsIn(stdout) : undefined;
  if (found === undefined) return warned("the registry's advisories could not be asked for");
  const told = (names: readonly string[]): readonly string[] =>
    names.flatMap((name) => (Number(found[name] ?? 0) > 0 ? [`${String(found[name])} ${name}`] : []));
  if (told(SEVERE).length > 0)
    return failed(`known faults: ${told([...SEVERE, ...LESSER]).join(", ")}; see \`npm audit\``);
  if (told(LESSER).length > 0) return warned(`known faults: ${told(LESSER).join(", ")}; see \`npm audit\``);
  return passed("the registry knows no fault of any package");
}

function countsIn(text: string): Readonly<Record<string, unknown>> | undefined {
  let report: unknown;
  try {
    report = JSON.parse(text);
  } catch {
    return undefined;
  }
  const metadata = isJsonObject(report) ? report["metadata"] : undefined;
  const counts = isJsonObject(metadata) ? metadata["vulnerabilities"] : undefined;
  return isJsonObject(counts) && typeof counts["total"] === "number" ? counts : undefined;
}

const group = "supply-chain";

export const SUPPLY_CHECKS: readonly AuditCheck[] = [
  {
    id: "supply.lock",
    group,
    title: "every package is locked to its bytes",
    fails: "there is no lock, it is not of this package.json, or a package in it has no integrity",
    run: locked(lock),
  },
  {
    id: "supply.sbom",
    group,
    title: "a bill of materials can be made",
    fails: "npm makes no CycloneDX document, or one that lacks a package of the lock",
    run: locked(bill),
  },
  {
    id: "supply.licences",
    group,
    title: "every licence is known and allowed",
    fails: "a package says no licence, or one that is not on the list of those that are allowed",
    run: locked(licences),
  },
  {
    id: "supply.bundle",
    group,
    title: "what is shipped is what is locked",
    fails:
      "a package within the bundle is not in the lock, or its licence is not allowed (agentk's own repository alone)",
    run: locked(bundled),
  },
  {
    id: "supply.advisories",
    group,
    title: "no package has a known fault",
    fails: "`npm audit` knows a high or critical one; warns of lesser ones, and when the registry cannot be asked",
    run: locked(advisories),
  },
];
