/** What the checks of one audit share: the project, the binary under audit, a folder for runs, and what was found once. */
import { existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AgentkError } from "../../base/errors.js";
import { runCommand, type CommandEnd } from "../../host/run-command.js";
import { shippedFile } from "../package-info.js";
import { readTextFile } from "../text-file.js";

export interface AuditSetup {
  /** The project, absolute. */
  readonly repo: string;
  readonly env: NodeJS.ProcessEnv;
  /** Policies named by the operator, absolute. */
  readonly policies: readonly string[];
  /** The agentk that the runtime checks start; the one that runs the audit unless another is named. */
  readonly binary?: string;
  /** Where the bill of materials goes, absolute. */
  readonly sbom?: string;
  /** How long one answer of a session may take, in milliseconds. */
  readonly answerMs?: number;
}

/** Many times what an answer takes on a busy machine, in milliseconds. */
const ANSWER_MS = 20_000;

/** Longest that one command of a check may run, in milliseconds. */
const COMMAND_TIMEOUT_MS = 60_000;

/** A package's manifest or lock; a lock of ten thousand packages has some 10 MiB. */
export const MAX_MANIFEST_BYTES = 64 * 1024 * 1024;

/** Where a finding without a place is put, the first that is there. */
const HOMES = ["agentk.toml", "package.json", "README.md"];

export class AuditWorld {
  readonly repo: string;
  readonly env: NodeJS.ProcessEnv;
  readonly policies: readonly string[];
  readonly sbom: string | undefined;
  readonly answerMs: number;
  private readonly binary: string;
  private readonly found = new Map<string, Promise<unknown>>();
  private root: string | undefined;
  private dataFolder: string | undefined;

  constructor(setup: AuditSetup) {
    this.repo = setup.repo;
    this.env = setup.env;
    this.policies = setup.policies;
    this.sbom = setup.sbom;
    this.answerMs = setup.answerMs ?? ANSWER_MS;
    this.binary = setup.binary ?? shippedFile("bin/agentk.js");
  }

  /** The command line that starts the agentk under audit. */
  get agentk(): readonly [string, ...string[]] {
    return /\.[cm]?js$/.test(this.binary) ? [process.execPath, this.binary] : [this.binary];
  }

  /** Finds something out once, however many checks ask for it. */
  once<T>(name: string, find: () => Promise<T>): Promise<T> {
    const known = this.found.get(name) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const finding = find();
    // A check that nobody has asked yet must not end the process with an unhandled rejection.
    finding.catch(() => undefined);
    this.found.set(name, finding);
    return finding;
  }

  /** Is the project agentk's own repository? */
  get isAgentk(): boolean {
    const file = join(this.repo, "package.json");
    if (!existsSync(file)) return false;
    try {
      return (
        (JSON.parse(readTextFile(file, MAX_MANIFEST_BYTES)) as { readonly name?: unknown } | null)?.name === "agentk"
      );
    } catch {
      return false;
    }
  }

  get home(): string {
    return HOMES.find((file) => existsSync(join(this.repo, file))) ?? ".";
  }

  /** A fresh folder, removed when the audit is over. */
  folder(name: string): string {
    this.root ??= realpathSync(mkdtempSync(join(tmpdir(), "agentk-audit-")));
    const folder = join(this.root, name);
    if (existsSync(folder)) return mkdtempSync(`${folder}-`);
    mkdirSync(folder);
    return folder;
  }

  /** A home for the runs of this audit: the operator's own keys and logs are not touched. */
  get data(): string {
    this.dataFolder ??= this.folder("home");
    return this.dataFolder;
  }

  /** A tool of the machine, in the project, with `more` in its environment. */
  tool(
    command: string,
    args: readonly string[],
    { timeoutMs = COMMAND_TIMEOUT_MS, more = {} }: { timeoutMs?: number; more?: NodeJS.ProcessEnv } = {},
  ): Promise<CommandEnd> {
    return runCommand({ command, args, cwd: this.repo, env: { ...this.env, ...more }, timeoutMs });
  }

  close(): void {
    if (this.root !== undefined) rmSync(this.root, { recursive: true, force: true });
  }
}

/** @throws AgentkError `usage` when the folder is none */
export function assertFolder(path: string): void {
  try {
    if (realpathSync(path) !== "" && existsSync(join(path, "."))) return;
  } catch {
    // Told below.
  }
  throw new AgentkError("usage", `there is no folder \`${path}\``, { hint: "name the project with --repo" });
}
