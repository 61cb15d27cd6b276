/** `fork-replay`: recorded runs, and what another policy would have decided in them. Performs no effect. */
import { isUtf8 } from "node:buffer";
import { existsSync, readdirSync, statSync, type Dirent } from "node:fs";
import { join } from "node:path";
import { AgentkError } from "../../base/errors.js";
import { MAX_LOG_LINE_BYTES } from "../../base/limits.js";
import type { FlightLine } from "../../abi/event.js";
import { createVerifier, type Verifier } from "../../evidence/verify.js";
import { nodeDigests } from "../../host/digests.js";
import { assertRereadable, readLines, settledLog } from "../../host/log-file.js";
import { systemCode } from "../../host/private-folder.js";
import { verifyEd25519 } from "../../host/signer.js";
import { createKernel } from "../../kernel/step.js";
import type { CompiledPolicy } from "../../policy/compile.js";
import { counterexample, isPartOfPast, MAX_PAST } from "../../replay/counterexample.js";
import type { Fewest } from "../../replay/fewest.js";
import { Fork, type ForkParts } from "../../replay/fork.js";
import { ForkTally, type ForkChange, type ForkReport } from "../../replay/fork-tally.js";
import { Replayer } from "../../replay/replay.js";
import { compileSource, readPolicy, readyForAnyPolicy } from "../policy/file.js";
import { policyFileOf } from "../package-info.js";
import { refusePruned } from "../log/pruned-log.js";
import { boundOf, faultOf, openJournalOf, type Journal } from "./replay-log.js";

/** A widening made small. */
export interface Shrunk {
  readonly change: ForkChange;
  /** The events before it that are needed; undefined when it was not shrunk. */
  readonly needs: Fewest<FlightLine> | undefined;
}

export interface LogFork extends ForkReport {
  readonly log: string;
  /** `deep`: values came from the journal; `shallow`: recorded facts stood in for them. */
  readonly depth: "deep" | "shallow";
  readonly shallowBecause: string | undefined;
  /** The first MAX_SHRUNK widenings, where they were asked for. */
  readonly shrunk: readonly Shrunk[];
}

/** Widenings of one log that are shrunk. */
const MAX_SHRUNK = 8;

/** What decides in a fork, and where its values come from. */
export type ForkSettings = Pick<ForkParts, "policy" | "overrides">;

/** The policy that `--policy` names: a file, or a shipped policy's name. @throws AgentkError; PolicyInvalid */
export async function forkPolicy(named: string): Promise<{ readonly name: string; readonly source: string }> {
  const { name, file, source } = await readPolicy(policyFileOf(named));
  await readyForAnyPolicy();
  compileSource(source, file);
  return { name, source };
}

/**
 * The logs below a folder, in the order of their paths. Links are left out: `latest.jsonl` is one.
 * @throws AgentkError `usage` when there is none; `file-unreadable` when a part of it cannot be listed.
 */
export function logsBelow(folder: string): readonly string[] {
  const files = entriesBelow(folder);
  const logs = files.filter((entry) => entry.isFile() && entry.name.endsWith(".jsonl"));
  if (logs.length > 0) return logs.map((entry) => join(entry.parentPath, entry.name)).sort();
  throw new AgentkError("usage", `no flight log lies below \`${folder}\``, {
    hint: "a gate over no run shows nothing; name a folder with `.jsonl` logs",
  });
}

function entriesBelow(folder: string): readonly Dirent[] {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (cause) {
    const why = `${systemCode(cause) ?? "unknown"} at \`${(cause as NodeJS.ErrnoException).path ?? folder}\``;
    throw new AgentkError("file-unreadable", `cannot list \`${folder}\` (${why})`, { cause, place: { file: folder } });
  }
}

export function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

export interface ForkOptions extends ForkSettings {
  readonly env: NodeJS.ProcessEnv;
  /** Shrink the widenings. */
  readonly shrinks: boolean;
}

/**
 * Forks the log at `named`.
 * @throws AgentkError `file-unreadable`; `log-invalid` when the log does not verify or replay, or its journal is damaged.
 */
export async function forkLog(named: string, options: ForkOptions): Promise<LogFork> {
  await readyForAnyPolicy();
  const path = settledLog(named);
  assertRereadable(path);
  refusePruned(path);
  const journal = openJournalOf(path, options.env);
  try {
    const parts = { ...partsOf(journal), policy: options.policy, overrides: options.overrides ?? new Map() };
    const report = new ForkRun(path, parts).read(journal);
    const shrunk = options.shrinks ? shrinkAll(path, report, parts) : [];
    const isDeep = journal.kind === "open";
    return {
      ...report,
      log: named,
      depth: isDeep ? "deep" : "shallow",
      shallowBecause: isDeep ? undefined : journal.why,
      shrunk,
    };
  } finally {
    if (journal.kind === "open") journal.payloads.close();
  }
}

function partsOf(journal: Journal): Pick<ForkParts, "digests" | "compile" | "payloads"> {
  const compiled = new Map<string, CompiledPolicy>();
  const compile = (source: string): CompiledPolicy => {
    const made = compiled.get(source) ?? compileSource(source);
    compiled.set(source, made);
    return made;
  };
  return { digests: nodeDigests, compile, payloads: journal.kind === "open" ? journal.payloads : undefined };
}

/** One reading of a log: verified, replayed and forked line by line, in memory that does not grow with it. */
class ForkRun {
  private readonly path: string;
  private readonly fork: Fork;
  private readonly tally = new ForkTally();
  private readonly replayer: Replayer;
  private readonly verifier: Verifier;

  constructor(path: string, parts: ForkParts) {
    this.path = path;
    this.fork = new Fork(parts);
    this.replayer = new Replayer(createKernel(parts), parts, parts.payloads);
    this.verifier = createVerifier({
      digests: nodeDigests,
      verifySignature: verifyEd25519,
      mayBeOpen: true,
      onEvent: (line) => {
        this.event(line);
      },
    });
  }

  /** INVARIANT: a decision counts only when the whole log has verified and replayed. */
  read(journal: Journal): ForkReport {
    const { tornBytes } = readLines(this.path, (bytes) => this.line(bytes), {
      ...boundOf(journal),
      maxLineBytes: MAX_LOG_LINE_BYTES,
      onLongLine: () => {
        this.verifier.fault("line-too-long", "is too long");
      },
    });
    if (tornBytes > 0) this.verifier.fault("torn-tail", `${String(tornBytes)} bytes stand after the last newline`);
    const replayed = this.replayer.end();
    this.assertVerified();
    const { divergence, broken, ok } = replayed;
    if (!ok) throw this.invalid("replay", broken?.detail ?? "does not replay", (divergence ?? broken)?.line);
    const fault = faultOf(journal, replayed);
    if (fault !== undefined) throw this.invalid("replay", `its payload journal is damaged: ${fault}`);
    return this.tally.report();
  }

  private assertVerified(): void {
    const { ok, findings } = this.verifier.end();
    const finding = findings.find(({ severity }) => severity === "failure");
    if (!ok) throw this.invalid("verify", finding?.detail ?? "does not verify", finding?.line);
  }

  private line(bytes: Buffer): boolean {
    if (!isUtf8(bytes)) {
      this.verifier.fault("not-utf8", "is not UTF-8");
      return false;
    }
    const text = bytes.toString("utf8");
    // The replay first: what it does not come to again is no history to fork.
    if (!this.replayer.line(text)) return false;
    this.verifier.line(text);
    return true;
  }

  private event(line: FlightLine): void {
    const forked = this.fork.line(line);
    if (forked !== undefined) this.tally.add(forked);
  }

  private invalid(command: string, detail: string, line?: number): AgentkError {
    const place = line === undefined ? { file: this.path } : { file: this.path, line };
    return new AgentkError("log-invalid", detail, { place, hint: `\`agentk ${command}\` says more of this log` });
  }
}

/** The log once more, to the last widening that is shrunk. */
function shrinkAll(path: string, { changes }: ForkReport, parts: ForkParts): readonly Shrunk[] {
  const widenings = changes.filter(({ drift }) => drift === "widen").slice(0, MAX_SHRUNK);
  const [lastSeq = -1] = widenings.map(({ seq }) => seq).slice(-1);
  const past: FlightLine[] = [];
  const onEvent = (line: FlightLine): void => {
    if (past.length <= MAX_PAST && line.seq <= lastSeq && isPartOfPast(line)) past.push(line);
  };
  const verifier = createVerifier({ digests: nodeDigests, verifySignature: verifyEd25519, mayBeOpen: true, onEvent });
  const take = (bytes: Buffer): boolean => {
    verifier.line(bytes.toString("utf8"));
    return past.length <= MAX_PAST && (past.at(-1)?.seq ?? -1) < lastSeq;
  };
  if (lastSeq >= 0) readLines(path, take, { maxLineBytes: MAX_LOG_LINE_BYTES });
  return widenings.map((change) => {
    const lines = past.filter(({ seq }) => seq <= change.seq);
    const isWhole = lines.at(-1)?.seq === change.seq;
    return { change, needs: isWhole ? counterexample(lines, change, parts) : undefined };
  });
}
