/** `fork-replay-behavior`: a recorded run with some outputs changed, decided again by its own policy. Performs no effect. */
import { AgentkError } from "../../base/errors.js";
import { MAX_LOG_LINE_BYTES } from "../../base/limits.js";
import type { FlightLine, PageValue, SyscallValue } from "../../abi/event.js";
import { decodeLine } from "../../evidence/codec.js";
import { nodeDigests } from "../../host/digests.js";
import { assertRereadable, readLines, settledLog } from "../../host/log-file.js";
import { parseBehavior, type BehaviorEntry, type ChangedOutput } from "../../replay/behavior-file.js";
import type { PageOverride } from "../../replay/override.js";
import { forkLog, type LogFork } from "./fork-replay.js";
import { refusePruned } from "../log/pruned-log.js";
import { readTextFile } from "../text-file.js";
import { openJournalOf, type Journal } from "./replay-log.js";

/** An output that is not what was recorded. */
export interface OutputDivergence {
  readonly seq: number;
  readonly call: string | undefined;
  /** What differs; of a content that cannot be compared, that it is taken to. */
  readonly differs: readonly ("content" | "content-not-comparable" | "labels" | "signs")[];
  readonly labels: { readonly original: readonly string[]; readonly fork: readonly string[] | undefined };
}

export interface BehaviorFork extends LogFork {
  /** Pages that calls brought. */
  readonly baselineOutputs: number;
  readonly overrideOutputs: number;
  readonly divergences: readonly OutputDivergence[];
}

const MAX_FILE_BYTES = 4 * 1024 * 1024;

/**
 * Forks the log at `named` with the outputs that `file` names changed.
 * @throws AgentkError `usage` for a file that is none or does not fit the log; and as `forkLog`.
 */
export async function forkBehavior(named: string, file: string, env: NodeJS.ProcessEnv): Promise<BehaviorFork> {
  const entries = entriesOf(file);
  const path = settledLog(named);
  assertRereadable(path);
  refusePruned(path);
  const outputs = new Outputs(path, entries, file);
  const journal = openJournalOf(path, env);
  let divergences: readonly (OutputDivergence & { readonly override: PageOverride })[];
  try {
    divergences = outputs.divergences(journal);
  } finally {
    if (journal.kind === "open") journal.payloads.close();
  }
  const overrides = new Map(divergences.map(({ seq, override }) => [seq, override]));
  const fork = await forkLog(named, { policy: undefined, overrides, env, shrinks: false });
  return {
    ...fork,
    baselineOutputs: outputs.count,
    overrideOutputs: entries.length,
    divergences: divergences.map(({ seq, call, differs, labels }) => ({ seq, call, differs, labels })),
  };
}

function entriesOf(file: string): readonly BehaviorEntry[] {
  const parsed = parseBehavior(readTextFile(file, MAX_FILE_BYTES));
  if (parsed.ok) return parsed.value;
  throw unfit(file, parsed.error.path, parsed.error.problem);
}

function unfit(file: string, pointer: string, problem: string): AgentkError {
  const hint = "docs/replay.md has the form of the file";
  return new AgentkError("usage", `\`${file}\` at \`${pointer}\`: ${problem}`, { place: { file }, hint });
}

interface Output {
  readonly seq: number;
  readonly value: PageValue;
}

/** The outputs of a log that a file names. Memory: those, and one for each call that it names. */
class Outputs {
  count = 0;
  private readonly file: string;
  private readonly entries: readonly BehaviorEntry[];
  private readonly pages = new Map<number, PageValue>();
  private readonly calls = new Map<number, SyscallValue>();
  /** The last page of each named call. */
  private readonly brought = new Map<string, Output>();

  constructor(path: string, entries: readonly BehaviorEntry[], file: string) {
    this.file = file;
    this.entries = entries;
    const seqs = new Set(entries.flatMap((entry) => (entry.by === "page" ? [entry.output.seq] : [])));
    const steps = new Set(entries.flatMap((entry) => (entry.by === "call" ? [entry.step.step] : [])));
    const take = (bytes: Buffer): boolean => {
      const read = decodeLine(nodeDigests, bytes.toString("utf8"));
      // What cannot be read is the fork's to tell.
      if (read.ok) this.line(read.value, seqs, steps);
      return read.ok;
    };
    readLines(path, take, { maxLineBytes: MAX_LOG_LINE_BYTES });
  }

  private line(line: FlightLine, seqs: ReadonlySet<number>, steps: ReadonlySet<number>): void {
    if (line.type === "syscall" && steps.has(line.seq)) this.calls.set(line.seq, line.value);
    if (line.type !== "page") return;
    const { seq, value } = line;
    if (value.call !== undefined) this.count++;
    if (seqs.has(seq)) this.pages.set(seq, value);
    if (value.call !== undefined && steps.has(Number(value.call.slice(1))))
      this.brought.set(value.call, { seq, value });
  }

  divergences(journal: Journal): readonly (OutputDivergence & { readonly override: PageOverride })[] {
    return this.entries.flatMap((entry) => {
      const { seq, value } = entry.by === "page" ? this.named(entry.at, entry.output) : this.broughtBy(entry);
      const said: ChangedOutput = entry.by === "page" ? entry.output : { seq, output_ref: entry.step.output_ref };
      const differs = [...contentDiffers(said, journal), ...metaDiffers(said, value)];
      const { labels, signs } = said;
      const override = { ...(labels && { labels }), ...(signs && { signs }) };
      const shown = { original: value.labels, fork: labels };
      return differs.length === 0 ? [] : [{ seq, call: value.call, differs, labels: shown, override }];
    });
  }

  private named(at: string, { seq, call }: ChangedOutput): Output {
    const value = this.pages.get(seq);
    if (value === undefined) throw unfit(this.file, `${at}/seq`, "names no page of the log");
    if (call !== undefined && call !== value.call) throw unfit(this.file, `${at}/call`, "did not bring that page");
    return { seq, value };
  }

  private broughtBy({ at, step }: Extract<BehaviorEntry, { readonly by: "call" }>): Output {
    const call = this.calls.get(step.step);
    if (call === undefined) throw unfit(this.file, `${at}/step`, "names no call of the log");
    if (call.kind !== step.syscall) throw unfit(this.file, `${at}/syscall`, "is not what that step called");
    if (call.target !== step.target) throw unfit(this.file, `${at}/target`, "is not what that step acted on");
    const output = this.brought.get(call.call);
    if (output === undefined) throw unfit(this.file, `${at}/step`, "names a call that brought no output");
    return output;
  }
}

type Differs = OutputDivergence["differs"];

/** A digest that cannot be compared is taken to differ: what it stands for is not known to be what was recorded. */
function contentDiffers({ seq, content_sha256, output_ref }: ChangedOutput, journal: Journal): Differs {
  const [kind, digest] = output_ref?.split(":") ?? [];
  const response = kind === "response_sha256" ? digest : undefined;
  const given = [content_sha256, response].filter((one) => one !== undefined);
  if (given.length === 0) return output_ref === undefined ? [] : ["content-not-comparable"];
  const canonical = journal.kind === "open" ? journal.payloads.get(seq, "content") : undefined;
  if (canonical === undefined) return ["content-not-comparable"];
  const own = nodeDigests.sha256Hex(canonical);
  return given.every((one) => one === own) ? [] : ["content"];
}

function metaDiffers({ labels, signs }: ChangedOutput, value: PageValue): Differs {
  const isOther = (given: readonly string[] | undefined, own: readonly string[]): boolean =>
    given !== undefined && [...given].sort().join("\n") !== [...own].sort().join("\n");
  return [
    ...(isOther(labels, value.labels) ? (["labels"] as const) : []),
    ...(isOther(signs, value.signs) ? (["signs"] as const) : []),
  ];
}
