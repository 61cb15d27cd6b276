/** Checks of the project itself: what git would publish of it, what its documents say, and its pins. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { AuditFinding, CheckResult } from "../../abi/audit.js";
import { DEFAULT_LOCK } from "../../abi/descriptors.js";
import { readGatewayConfig } from "../gateway/config.js";
import { LockInvalid, readLock } from "../pins/lock-file.js";
import { counted, failed, noneOf, notApplicable, passed, warned, type AuditCheck } from "./check.js";
import { scanForSecrets } from "./secret-scan.js";
import { git, textOf, trackedFiles } from "./tracked-files.js";
import type { AuditWorld } from "./world.js";

/** git would look into a submodule with that one's own configuration, and its files are not the project's. */
const NOT_WITHIN = "--ignore-submodules=dirty";
const NO_GIT = "not a git repository, so nothing is published from here";

/** What agentk writes and nobody publishes. */
const ARTIFACT = /(?:^|\/)\.agentk\/|(?:^|\/)signing\.key$/;
const ARTIFACT_SAMPLES = [".agentk/runs/latest.jsonl"];

/** agentk's own: what a user or an auditor of it is sent to. */
const OWN_DOCS = [
  "README.md",
  "SECURITY.md",
  "CONTRIBUTING.md",
  "LICENSE",
  ...[
    "architecture",
    "ci",
    "defaults",
    "dependencies",
    "keys",
    "mcp-proxy",
    "pins",
    "policy",
    "release-audit",
    "verify",
  ].map((page) => `docs/${page}.md`),
  "docs/formats/flight-log.md",
];
/** What an operator looks for in docs/keys.md when something has happened to a key. */
const KEY_PAGE_HEADINGS = ["Make", "Use", "Rotate", "Revoke", "Lose", "Trust", "What it cannot do", "Formats"];

async function gitState(world: AuditWorld): Promise<CheckResult> {
  const { code, stdout } = await git(world, "status", "--porcelain=v1", "--untracked-files=normal", NOT_WITHIN, "-z");
  if (code !== 0) return notApplicable(NO_GIT);
  const changed = stdout.split("\0").filter((line) => /^[ MADRCU?!]{2} /.test(line));
  const findings = changed.map((line) => ({ file: line.slice(3), text: "differs from what is committed" }));
  return findings.length === 0 ? passed("nothing differs from the last commit") : warned("not committed", findings);
}

async function whitespace(world: AuditWorld): Promise<CheckResult> {
  const unstaged = await git(world, "diff", NOT_WITHIN, "--check");
  const staged = await git(world, "diff", NOT_WITHIN, "--cached", "--check");
  if (unstaged.code === 129 || unstaged.problem !== undefined || !(await trackedFiles(world)).isGit)
    return notApplicable(NO_GIT);
  const findings = `${unstaged.stdout}${staged.stdout}`.split("\n").flatMap((text) => {
    const [, file, line, says] = /^([^+].*?):(\d+): (.*)$/.exec(text) ?? [];
    return file === undefined || says === undefined ? [] : [{ file, line: Number(line), text: says }];
  });
  return noneOf(findings, "no conflict marks or trailing blanks in what changed", "marks of a conflict, or blanks");
}

async function artifacts(world: AuditWorld): Promise<CheckResult> {
  const { files, isGit } = await trackedFiles(world);
  if (!isGit) return notApplicable(NO_GIT);
  const findings: AuditFinding[] = files
    .filter((file) => ARTIFACT.test(file))
    .map((file) => ({ file, text: "is agentk's own, and tracked" }));
  if (findings.length > 0) return failed("files of runs or keys would be published", findings);
  for (const sample of ARTIFACT_SAMPLES) {
    if ((await git(world, "check-ignore", "-q", sample)).code === 0) continue;
    const finding = {
      ...(existsSync(join(world.repo, ".gitignore")) ? { file: ".gitignore" } : {}),
      text: `\`${sample}\` is not ignored`,
    };
    return warned("the next run's files could be added by accident: put `.agentk/` into .gitignore", [finding]);
  }
  return passed("none is tracked, and `.agentk/` is ignored");
}

async function documents(world: AuditWorld): Promise<CheckResult> {
  const { files } = await trackedFiles(world);
  const lacks = (name: string): boolean =>
    !files.some((file) => new RegExp(`^(?:docs/|\\.github/)?${name}(?:\\.[a-z]+)?$`, "i").test(file));
  if (lacks("README")) return failed("there is no README");
  const missing = ["SECURITY", "LICENSE"].filter(lacks);
  return missing.length === 0
    ? passed("README, SECURITY and LICENSE are there")
    : warned(`there is no ${missing.join(", no ")}`);
}

/** agentk's own pages, and that each says something. */
function ownDocuments(world: AuditWorld): CheckResult {
  if (!world.isAgentk) return notApplicable("of agentk's own repository alone");
  const findings = OWN_DOCS.flatMap((file) => {
    const read = textOf(world.repo, file);
    const isEmpty = read === undefined || typeof read === "string" || read.text.trim() === "";
    return isEmpty ? [{ file, text: "is missing or empty" }] : [];
  });
  return noneOf(findings, `${counted(OWN_DOCS.length, "page")} are there`, "pages are missing");
}

function disclosure(world: AuditWorld): CheckResult {
  const found = ["SECURITY.md", ".github/SECURITY.md", "docs/SECURITY.md"].find((file) =>
    existsSync(join(world.repo, file)),
  );
  if (found === undefined) return notApplicable("there is no SECURITY.md");
  const read = textOf(world.repo, found);
  const says =
    read !== undefined &&
    typeof read !== "string" &&
    /\b(?:privately|private|e-?mail|mailto:|security@)/i.test(read.text);
  if (says && /\breport/i.test(read.text)) return passed(`${found} says how to report a vulnerability privately`);
  return failed("nobody is told how to report a vulnerability privately", [
    { file: found, text: "no private way is named" },
  ]);
}

function keyPage(world: AuditWorld): CheckResult {
  if (!world.isAgentk) return notApplicable("of agentk's own repository alone");
  const read = textOf(world.repo, "docs/keys.md");
  const text = read === undefined || typeof read === "string" ? "" : read.text;
  const headings = new Set(text.split("\n").flatMap((line) => /^## (.+)$/.exec(line)?.slice(1) ?? []));
  const findings = KEY_PAGE_HEADINGS.filter((heading) => !headings.has(heading)).map((heading) => ({
    file: "docs/keys.md",
    text: `has no part \`${heading}\``,
  }));
  return noneOf(
    findings,
    `docs/keys.md has its ${counted(KEY_PAGE_HEADINGS.length, "part")}`,
    "the page on keys lacks parts",
  );
}

/** Pins that are there hold; a gateway's servers are in its lock. Servers are not started: `agentk pins diff` does that. */
function lock(world: AuditWorld): CheckResult {
  const config = join(world.repo, "agentk.toml");
  const gateway = existsSync(config) ? readGatewayConfig(config, world.env) : undefined;
  const file = gateway?.lock.file ?? join(world.repo, DEFAULT_LOCK);
  if (!existsSync(file)) {
    if (gateway === undefined) return notApplicable("no server is pinned here, and no gateway is configured");
    if (gateway.lock.isNamed)
      return failed("agentk.toml names a lock that is not there", [{ file: "agentk.toml", text: "`lock`" }]);
    return warned("agentk.toml has servers, and nothing is pinned: `agentk pins init --config agentk.toml`");
  }
  try {
    return held(
      readLock(file).servers.map(({ id }) => id),
      gateway?.servers.map(({ id }) => id),
    );
  } catch (error) {
    if (!(error instanceof LockInvalid)) throw error;
    return failed(
      "the lock is not valid",
      error.faults.map(({ line, problem }) => ({ file: DEFAULT_LOCK, line, text: problem })),
    );
  }
}

function held(locked: readonly string[], configured: readonly string[] | undefined): CheckResult {
  if (configured === undefined) return passed(`the lock is valid and has ${counted(locked.length, "server")}`);
  const lacking = configured.filter((id) => !locked.includes(id));
  if (lacking.length > 0) return failed(`servers of agentk.toml are not in the lock: ${lacking.join(", ")}`);
  const stale = locked.filter((id) => !configured.includes(id));
  if (stale.length > 0) return warned(`the lock has servers that agentk.toml has not: ${stale.join(", ")}`);
  return passed(`each of the ${counted(configured.length, "server")} of agentk.toml is in the lock`);
}

const group = "repository";

export const REPOSITORY_CHECKS: readonly AuditCheck[] = [
  {
    id: "repo.committed",
    group,
    title: "what is checked is what is committed",
    fails: "warns when files differ from the last commit or are not added",
    run: gitState,
  },
  {
    id: "repo.whitespace",
    group,
    title: "no conflict marks, no stray blanks",
    fails: "`git diff --check` finds a mark of a conflict or trailing blanks in what changed",
    run: whitespace,
  },
  {
    id: "repo.ignored-artifacts",
    group,
    title: "logs, payloads and keys are not published",
    fails: "a file of a run or a signing key is tracked; warns when `.agentk/` is not ignored",
    run: artifacts,
  },
  {
    id: "repo.docs",
    group,
    title: "the documents that people look for",
    fails: "there is no README; warns when there is no SECURITY or LICENSE",
    run: documents,
  },
  {
    id: "repo.own-docs",
    group,
    title: "agentk's own pages",
    fails: "a page that agentk refers people to is missing or empty (agentk's own repository alone)",
    run: ownDocuments,
  },
  {
    id: "repo.disclosure",
    group,
    title: "a private way to report a vulnerability",
    fails: "SECURITY.md names no private way to report one",
    run: disclosure,
  },
  {
    id: "repo.key-page",
    group,
    title: "what to do about keys is written down",
    fails: "docs/keys.md lacks one of its parts (agentk's own repository alone)",
    run: keyPage,
  },
  {
    id: "repo.secrets",
    group,
    title: "no secrets in published files",
    fails:
      "a tracked file holds what looks like a secret: PEM keys, AWS ids, GitHub, Slack and model API tokens, hex keys in key files, random values under the name of a secret",
    run: scanForSecrets,
  },
  {
    id: "repo.lock",
    group,
    title: "agentk.lock has the servers that are used",
    fails: "agentk.lock is not valid or lacks a server of agentk.toml; warns when nothing is pinned",
    run: lock,
  },
];
