/** For each check of the list: the defect that it is for, and what else depends on that. */
import { chmodSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CASES, POLICY, type Project } from "./project.js";

/** A defect of a project. */
export interface ProjectSeed {
  readonly put: (project: Project) => void;
  /** `warn` where the defect is one that only --strict fails. */
  readonly status?: "warn";
  readonly env?: NodeJS.ProcessEnv;
  /** Ids that cannot pass either. */
  readonly also?: readonly string[];
  /** What the finding or detail must say. */
  readonly says: RegExp;
  /** Is the defect in the commit? */
  readonly isCommitted?: false;
}

/** A fault of the agentk under audit (test/fixtures/audit/faulty-agentk.mjs). */
export interface RuntimeSeed {
  readonly fault: string;
  /** Other checks of the same sessions, which must go on passing. */
  readonly beside?: readonly string[];
  readonly also?: readonly string[];
  readonly says: RegExp;
}

const DEVELOPMENT_SEED = "41".repeat(32);
const random = "q7Zp0Lx2Vb9Kt4Wm8Rc1Nd6Hs3Jf5Gy";
const bill = (...components: readonly object[]): string => JSON.stringify({ bomFormat: "CycloneDX", components });
const npm = (stdout: string): string => `cat <<'END'\n${stdout}\nEND`;

export const PROJECT_SEEDS: Readonly<Record<string, ProjectSeed>> = {
  "repo.committed": {
    put: (project) => {
      project.put("notes.txt", "not added\n");
    },
    isCommitted: false,
    status: "warn",
    says: /not committed/,
  },
  "repo.whitespace": {
    put: (project) => {
      project.put("README.md", "<<<<<<< ours\n# A project\n=======\n# B\n>>>>>>> theirs\n");
    },
    isCommitted: false,
    also: ["repo.committed"],
    says: /conflict/,
  },
  "repo.ignored-artifacts": {
    put: (project) => {
      project.put(".agentk/runs/a.payloads", "{}\n");
      project.git("add", "-f", ".agentk/runs/a.payloads");
    },
    says: /would be published/,
  },
  "repo.docs": {
    put: (project) => {
      renameSync(join(project.repo, "README.md"), join(project.repo, "other.md"));
    },
    also: ["repo.own-docs"],
    says: /no README/,
  },
  "repo.own-docs": {
    put: (project) => {
      project.put("docs/verify.md", "\n");
    },
    says: /pages are missing/,
  },
  "repo.disclosure": {
    put: (project) => {
      project.put("SECURITY.md", "# Security\n\nWe take it seriously.\n");
    },
    says: /privately/,
  },
  "repo.key-page": {
    put: (project) => {
      project.put("docs/keys.md", "## Make\n");
    },
    says: /lacks parts/,
  },
  "repo.secrets": {
    put: (project) => {
      project.put("src/config.js", `const api_key = "${random}";\n`);
    },
    says: /1 secret in/,
  },
  "repo.lock": {
    put: (project) => {
      project.put("agentk.lock", "version = 2\n");
    },
    says: /lock is not valid/,
  },
  "keys.configured": {
    put: ({ keyFile }) => {
      writeFileSync(keyFile, "no key\n");
    },
    says: /does not hold a signing key/,
  },
  "keys.mode": {
    put: ({ keyFile }) => {
      chmodSync(keyFile, 0o644);
    },
    also: ["keys.configured"],
    says: /mode 0644/,
  },
  "keys.parent": {
    put: ({ keyFile }) => {
      chmodSync(join(keyFile, ".."), 0o770);
    },
    also: ["keys.configured"],
    says: /mode 0770/,
  },
  "keys.no-link": {
    put: ({ keyFile }) => {
      renameSync(keyFile, `${keyFile}.real`);
      symlinkSync(`${keyFile}.real`, keyFile);
    },
    also: ["keys.configured"],
    says: /symbolic link/,
  },
  "keys.development-key": {
    put: (project) => {
      project.put("deploy/values.txt", `seed: ${DEVELOPMENT_SEED}\n`);
    },
    says: /development key is here/,
  },
  "keys.trusted-signers": {
    put: (project) => {
      project.put("trusted-signers.toml", "version = 1\ntrusted_keys = []\n");
    },
    says: /manifest of signers is not valid/,
  },
  "policies.parse": {
    put: (project) => {
      project.put("policies/broken.toml", '[[rules]]\nid = "a"\neffect = "perhaps"\n');
    },
    also: ["policies.cases"],
    says: /policy is not valid/,
  },
  "policies.lint": {
    put: (project) => {
      const dead =
        '[[rules]]\nid = "again"\neffect = "deny"\nwhen = { syscalls = ["tool.describe"] }\n\n[[rules]]\nid = "default-deny"';
      project.put("policies/own.toml", POLICY.replace('[[rules]]\nid = "default-deny"', dead));
    },
    status: "warn",
    says: /may not do what it seems to/,
  },
  "policies.cases": {
    put: (project) => {
      project.put("policies/own.cases.toml", CASES.replace("deny:default-deny", "allow:look"));
    },
    says: /does not decide as its cases say/,
  },
  "supply.lock": {
    put: (project) => {
      project.putLock({ version: "1.0.0", license: "MIT" });
    },
    says: /lock does not hold/,
  },
  "supply.sbom": {
    put: (project) => {
      project.stub("npm", npm(bill({ name: "another", version: "1.0.0", licenses: [{ license: { id: "MIT" } }] })));
    },
    says: /not whole/,
  },
  "supply.licences": {
    put: (project) => {
      project.stub("npm", npm(bill({ name: "left-out", version: "1.0.0", licenses: [{ license: { name: "Mine" } }] })));
    },
    says: /licence is unknown/,
  },
  "supply.bundle": {
    put: (project) => {
      project.put(
        "dist/bundle/packages.json",
        JSON.stringify([{ name: "smuggled", version: "1.0.0", license: "MIT" }]),
      );
    },
    says: /holds what it should not/,
  },
  "supply.advisories": {
    put: (project) => {
      const report = {
        metadata: { vulnerabilities: { critical: 0, high: 1, moderate: 2, low: 0, info: 0, total: 3 } },
      };
      project.stub("npm", npm(JSON.stringify(report)));
    },
    says: /1 high, 2 moderate/,
  },
};

const ORDINARY = [
  ...["run.interop", "run.env-isolation", "run.metadata", "run.claims", "run.words-in-log", "run.taint-flow"],
  ...["run.denials", "run.error-redaction", "run.resource-errors", "run.prompt-errors"],
];
const UNRULY = ["initialize-guard", "initialized-once", "unlisted-methods", "invalid-params", "transport"].map(
  (id) => `run.${id}`,
);
const NOISY = ["bad-response", "early-messages", "notification-burst", "notification-flood"].map((id) => `run.${id}`);
const MISSHAPEN = ["run.tool-shape", "run.resource-shape", "run.prompt-shape"];
const SILENT = ["run.timeout", "run.server-end"];

export const RUNTIME_SEEDS: Readonly<Record<string, RuntimeSeed>> = {
  "run.interop": { fault: "loses-resources", beside: ORDINARY, says: /list of resources/ },
  "run.env-isolation": { fault: "passes-environment", beside: ORDINARY, says: /AGENTK_AUDIT_CANARY/ },
  "run.metadata": { fault: "passes-metadata", beside: ORDINARY, says: /reached the server/ },
  "run.claims": { fault: "believes-claims", beside: ORDINARY, says: /was believed/ },
  "run.words-in-log": { fault: "logs-words", beside: ORDINARY, says: /intent/ },
  "run.taint-flow": { fault: "forgets-taint", beside: ORDINARY, says: /the mail after it reached the server/ },
  "run.denials": { fault: "denies-mutely", beside: ORDINARY, says: /does not say: rule/ },
  "run.error-redaction": { fault: "leaks-errors", beside: ORDINARY, says: /own words came through/ },
  "run.resource-errors": { fault: "leaks-resource-errors", beside: ORDINARY, says: /own words came through/ },
  "run.prompt-errors": { fault: "leaks-prompt-errors", beside: ORDINARY, says: /own words came through/ },
  "run.lifecycle-redaction": { fault: "leaks-greeting", says: /on refusing came through/ },
  "run.initialize-guard": { fault: "opens-early", beside: UNRULY, says: /before the greeting/ },
  "run.initialized-once": {
    fault: "is-ready-again",
    beside: UNRULY,
    also: ["run.initialize-guard"],
    says: /told \d+ times/,
  },
  "run.unlisted-methods": { fault: "passes-unlisted", beside: UNRULY, says: /reached the server: audit\/unlisted/ },
  "run.invalid-params": { fault: "passes-params", beside: UNRULY, says: /2 times in place of once/ },
  "run.transport": { fault: "passes-batches", beside: UNRULY, says: /read differently reached/ },
  "run.bad-response": { fault: "leaks-results", beside: NOISY, says: /against its contract came through/ },
  "run.early-messages": { fault: "speaks-early", beside: NOISY, says: /from before the greeting came through/ },
  "run.notification-burst": { fault: "speaks-between", beside: NOISY, says: /no rule allows/ },
  "run.notification-flood": { fault: "logs-floods", beside: NOISY, says: /can fill the log/ },
  "run.tool-shape": { fault: "leaks-tools", beside: MISSHAPEN, says: /malformed entry of tools\/list/ },
  "run.resource-shape": { fault: "leaks-resources", beside: MISSHAPEN, says: /malformed entry of resources\/list/ },
  "run.prompt-shape": { fault: "leaks-prompts", beside: MISSHAPEN, says: /malformed entry of prompts\/list/ },
  "run.timeout": { fault: "waits-no-more", beside: SILENT, says: /not given up/ },
  "run.server-end": { fault: "hides-the-end", beside: SILENT, says: /end of the server was not told/ },
  "run.pins": { fault: "skips-pins", says: /the changed tool is listed/ },
  "run.config-guard": { fault: "starts-anyway", says: /a policy that is none was taken/ },
  "run.key-guard": { fault: "takes-any-key", says: /a key that is none was taken/ },
  "run.verify": { fault: "verifies-nothing", beside: ["run.tampering", "run.replay"], says: /does not verify/ },
  "run.tampering": { fault: "verifies-all", beside: ["run.verify", "run.replay"], says: /cut and changed/ },
  "run.verify-signatures": {
    fault: "shows-another-key",
    beside: ["run.signer-pinning", "run.trusted-signers"],
    also: ["run.trusted-signers"],
    says: /not the operator's/,
  },
  "run.signer-pinning": { fault: "pins-nobody", beside: ["run.verify-signatures"], says: /another signer was taken/ },
  "run.trusted-signers": {
    fault: "trusts-everybody",
    beside: ["run.verify-signatures"],
    says: /everybody has is valid/,
  },
  "run.replay": { fault: "replays-as-recorded", beside: ["run.verify"], says: /no value was computed anew/ },
  "run.fork-replay": { fault: "forks-blindly", beside: ["run.replay"], says: /widened nothing/ },
  "run.fork-behavior": { fault: "follows-nothing", beside: ["run.replay"], says: /no decision after it/ },
  "run.trace-inspect": { fault: "shows-half", beside: ["run.verify"], says: /not every line was shown/ },
  "run.killed": { fault: "recovers-nothing", beside: ["run.verify"], says: /could not be closed/ },
  "run.demo": { fault: "plays-no-baseline", says: /baseline did no harm/ },
  "run.killer-demo": { fault: "does-harm", says: /harm was done/ },
  "run.shim-eval": { fault: "improves-nothing", says: /did not improve: egress/ },
  "run.secret-refs": { fault: "misses-nothing", says: /was not missed/ },
  "run.mcp-stdio": { fault: "lets-all-happen", says: /needs a human ended with status 0/ },
  "run.mcp-lines": { fault: "hides-bad-lines", says: /bad line is not in the exit status/ },
  "run.mcp-server": { fault: "advises-all", says: /needs a human was allowed/ },
};
