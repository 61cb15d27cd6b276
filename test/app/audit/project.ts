/** A small project that passes every check that can be asked of it, for a test to put one defect into. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { AuditReport, CheckedFact } from "../../../src/abi/audit.js";
import { AUDIT_CHECKS } from "../../../src/app/audit/checks.js";
import { runChecks } from "../../../src/app/audit/run-audit.js";
import { AuditWorld, type AuditSetup } from "../../../src/app/audit/world.js";
import { testFolder } from "../../boundary/proxy-process.js";

const OWN_PAGES = [
  ...["architecture", "ci", "defaults", "dependencies", "mcp-proxy", "pins", "policy", "release-audit", "verify"],
  "formats/flight-log",
];
const KEY_PARTS = ["Make", "Use", "Rotate", "Revoke", "Lose", "Trust", "What it cannot do", "Formats"];
/** The public key of RFC 8032, section 7.1, test 1. */
const SIGNER = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

const PACKAGE = { name: "agentk", version: "1.0.0", license: "MIT", dependencies: { "left-out": "1.0.0" } };
const INTEGRITY = "sha512-z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";

export const POLICY = `[[rules]]
id = "look"
effect = "allow"
when = { syscalls = ["tool.describe"] }

[[rules]]
id = "default-deny"
effect = "deny"
`;
export const CASES = `[[cases]]
name = "a tool is not called"
tool = "read_page"
expect = "deny:default-deny"
`;

export class Project {
  readonly repo: string;
  readonly env: NodeJS.ProcessEnv;
  readonly keyFile: string;

  constructor() {
    const root = testFolder("audit-project");
    this.repo = join(root, "repo");
    const data = join(root, "data");
    this.keyFile = join(data, "signing.key");
    mkdirSync(this.repo);
    mkdirSync(data, { mode: 0o700 });
    this.env = { PATH: process.env["PATH"], HOME: root, AGENTK_DATA_DIR: data, NPM_CONFIG_CACHE: join(root, "npm") };
    this.fill();
    this.git("init", "-q");
    this.commit();
  }

  put(file: string, text: string): void {
    const path = join(this.repo, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  commit(): void {
    this.git("add", "-A");
    this.git("-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--allow-empty", "-qm", "a");
  }

  git(...words: readonly string[]): void {
    execFileSync("git", words, { cwd: this.repo, env: { ...this.env, GIT_CONFIG_NOSYSTEM: "1" } });
  }

  /** A program of this name that comes before all others. */
  stub(name: string, script: string): void {
    const folder = join(dirname(this.repo), "bin");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    this.env["PATH"] = `${folder}:${this.env["PATH"] ?? ""}`;
  }

  private fill(): void {
    this.put("README.md", "# A project\n");
    this.put("LICENSE", "MIT\n");
    this.put("CONTRIBUTING.md", "# How\n");
    this.put("SECURITY.md", "# Security\n\nReport a vulnerability privately, by the advisory form.\n");
    for (const page of OWN_PAGES) this.put(`docs/${page}.md`, "# A page\n");
    this.put("docs/keys.md", KEY_PARTS.map((part) => `## ${part}\n`).join("\n"));
    this.put(".gitignore", ".agentk/\n");
    this.put("trusted-signers.toml", `version = 1\n\n[[trusted_keys]]\npublic_key = "${SIGNER}"\n`);
    this.put("policies/own.toml", POLICY);
    this.put("policies/own.cases.toml", CASES);
    this.put("agentk.lock", "version = 1\n");
    this.put("dist/bundle/packages.json", JSON.stringify([{ name: "left-out", version: "1.0.0", license: "MIT" }]));
    this.put("package.json", JSON.stringify(PACKAGE));
    this.putLock({ version: "1.0.0", integrity: INTEGRITY, license: "MIT" });
    writeFileSync(this.keyFile, `${"5e".repeat(32)}\n`);
    chmodSync(this.keyFile, 0o600);
  }

  /** A lock with one package. */
  putLock(entry: object): void {
    const { name, version, license, dependencies } = PACKAGE;
    const packages = { "": { name, version, license, dependencies }, "node_modules/left-out": entry };
    this.put("package-lock.json", JSON.stringify({ name, version, lockfileVersion: 3, requires: true, packages }));
  }
}

/** Runs checks by their ids and groups. */
export async function auditOf(
  setup: Partial<AuditSetup>,
  names: readonly string[],
  isStrict = false,
): Promise<AuditReport> {
  const world = new AuditWorld({ repo: setup.repo ?? "/", env: process.env, policies: [], ...setup });
  const chosen = AUDIT_CHECKS.filter(({ id, group }) => names.includes(id) || names.includes(group));
  try {
    const checks = await runChecks(chosen, world, { begun: () => undefined, done: () => undefined });
    return { command: "release-audit", repo: world.repo, home: world.home, version: "0", isStrict, checks, ms: 0 };
  } finally {
    world.close();
  }
}

/** The ids of the checks that came out so. */
export function idsOf(checks: readonly CheckedFact[], ...statuses: readonly string[]): readonly string[] {
  return checks.filter(({ result }) => statuses.includes(result.status)).map(({ id }) => id);
}
