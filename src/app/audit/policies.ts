/** Checks of the policies of a project: those that were named, that its gateway uses, or that lie where policies lie. */
import { existsSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { AuditFinding, CheckResult } from "../../abi/audit.js";
import type { PolicyDocument } from "../../policy/ast.js";
import { lintPolicy } from "../../policy/check/lint.js";
import type { CaseFileResult } from "../../policy/cases-run.js";
import { parsePolicy } from "../../policy/parse.js";
import { openCaseWorld } from "../policy/case-world.js";
import { GatewayInvalid, readGatewayConfig } from "../gateway/config.js";
import { PolicyInvalid, readPolicy } from "../policy/file.js";
import { testPolicies } from "../policy/run-cases.js";
import { counted, failed, noneOf, notApplicable, passed, warned, type AuditCheck } from "./check.js";
import { trackedFiles } from "./tracked-files.js";
import type { AuditWorld } from "./world.js";

const NONE = "no policy of its own: the shipped guard policy applies";
const POLICY_NAME = /^(?:policies\/[^/]+|(?:.*\/)?[^/]+\.policy)\.toml$/;
const CASES = ".cases.toml";

interface Found {
  /** Absolute paths of policies. */
  readonly files: readonly string[];
  /** What is wrong with the configuration that names one. */
  readonly faults: readonly AuditFinding[];
}

function findPolicies(world: AuditWorld): Promise<Found> {
  return world.once("policies", async () => {
    const { files } = await trackedFiles(world);
    const lying = files
      .filter((file) => POLICY_NAME.test(file) && !file.endsWith(CASES))
      .map((file) => join(world.repo, file));
    const config = join(world.repo, "agentk.toml");
    const gateway = existsSync(config) ? policyOfGateway(config, world) : { files: [], faults: [] };
    return { files: [...new Set([...world.policies, ...gateway.files, ...lying])], faults: gateway.faults };
  });
}

function policyOfGateway(config: string, world: AuditWorld): Found {
  try {
    return { files: [readGatewayConfig(config, world.env).policyFile], faults: [] };
  } catch (error) {
    if (!(error instanceof GatewayInvalid)) throw error;
    return {
      files: [],
      faults: error.faults.map(({ line, problem }) => ({ file: "agentk.toml", line, text: problem })),
    };
  }
}

interface Parsed {
  readonly file: string;
  readonly source: string;
  readonly document: PolicyDocument;
}

async function parseAll(
  world: AuditWorld,
): Promise<{ readonly parsed: readonly Parsed[]; readonly faults: readonly AuditFinding[] }> {
  return world.once("parsed policies", async () => {
    const { files, faults } = await findPolicies(world);
    const parsed: Parsed[] = [];
    const all = [...faults];
    for (const path of files) {
      const file = shown(world, path);
      const read = await sourceOf(path);
      if (typeof read !== "string") all.push(...read.map((finding) => ({ file, ...finding })));
      else {
        const result = parsePolicy(read);
        if (result.ok) parsed.push({ file, source: read, document: result.value });
        else all.push(...result.error.map(({ line, problem }) => ({ file, line, text: problem })));
      }
    }
    return { parsed, faults: all };
  });
}

async function sourceOf(path: string): Promise<string | readonly AuditFinding[]> {
  try {
    return (await readPolicy(path)).source;
  } catch (error) {
    if (error instanceof PolicyInvalid) return error.faults.map(({ line, problem }) => ({ line, text: problem }));
    return [{ text: "cannot be read" }];
  }
}

function shown(world: AuditWorld, path: string): string {
  const below = relative(world.repo, path);
  return below.startsWith("..") ? path : below.split(sep).join("/");
}

async function parses(world: AuditWorld): Promise<CheckResult> {
  const { parsed, faults } = await parseAll(world);
  if (parsed.length + faults.length === 0) return notApplicable(NONE);
  return noneOf(faults, `${counted(parsed.length, "policy", "policies")} parsed`, "a policy is not valid");
}

async function lints(world: AuditWorld): Promise<CheckResult> {
  const { parsed } = await parseAll(world);
  if (parsed.length === 0) return notApplicable(NONE);
  const found = parsed.flatMap(({ file, source, document }) =>
    lintPolicy(document, source, Date.now()).map(({ severity, line, problem, code }) => ({
      isError: severity === "error",
      finding: { file, line, text: `${problem} [${code}]` },
    })),
  );
  const errors = found.filter(({ isError }) => isError).map(({ finding }) => finding);
  if (errors.length > 0) return failed("a rule does not do what it seems to", errors);
  if (found.length > 0)
    return warned(
      "a rule may not do what it seems to",
      found.map(({ finding }) => finding),
    );
  return passed("every rule can fire, and none hides another");
}

async function cases(world: AuditWorld): Promise<CheckResult> {
  const { files } = await findPolicies(world);
  if (files.length === 0) return notApplicable(NONE);
  const withCases = files.filter((file) => existsSync(file.replace(/\.toml$/, ".cases.toml")));
  const findings: AuditFinding[] = [];
  let ran = 0;
  for (const file of withCases) {
    for (const result of await testPolicies(file, openCaseWorld, world.repo)) {
      ran += result.results.length;
      findings.push(...failuresOf(result));
    }
  }
  if (findings.length > 0) return failed("a policy does not decide as its cases say", findings);
  const without = files
    .filter((file) => !withCases.includes(file))
    .map((file) => ({ file: shown(world, file), text: "has no cases beside it" }));
  if (without.length > 0) return warned(`${counted(ran, "case")} passed; not every policy has cases`, without);
  return passed(`${counted(ran, "case")} of ${counted(files.length, "policy", "policies")} passed`);
}

function failuresOf({ file, faults, results }: CaseFileResult): readonly AuditFinding[] {
  if (results.length + faults.length === 0) return [{ file, text: "has no case" }];
  const bad = results.filter(({ ok }) => !ok);
  return [
    ...faults.map((fault) => ({ file: fault.file, line: fault.line, text: fault.problem })),
    ...bad.map(({ name, line, why }) => ({ file, line, text: `${name}: ${why}` })),
  ];
}

const group = "policies";

export const POLICY_CHECKS: readonly AuditCheck[] = [
  {
    id: "policies.parse",
    group,
    title: "every policy is valid",
    fails: "a policy, or the agentk.toml that names one, does not parse",
    run: parses,
  },
  {
    id: "policies.lint",
    group,
    title: "every rule does something",
    fails: "lint finds an error; warns when lint warns",
    run: lints,
  },
  {
    id: "policies.cases",
    group,
    title: "every policy decides as its cases say",
    fails: "a case of a `*.cases.toml` fails, or there is none in it; warns when a policy has no cases",
    run: cases,
  },
];
