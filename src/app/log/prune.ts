/** `prune`: a shorter log that still verifies, from one of its signed heads on. The log itself is only read. */
import { AgentkError } from "../../base/errors.js";
import type { FlightLine } from "../../abi/event.js";
import { isPrunedHeader, MAX_KEPT_KEYS, parsePrunedHeader, readPrunedStart } from "../../evidence/pruned.js";
import type { PrunedStart } from "../../evidence/pruned.js";
import type { VerifyReport } from "../../evidence/verify.js";
import { nodeDigests } from "../../host/digests.js";
import { writeWithTail } from "../../host/tail-file.js";
import { assertUnchanged, statOf } from "./bundle.js";
import type { LogToRead } from "./heads.js";
import { BrokenLog } from "./prefix.js";
import { headerAt, type Cut, type Lost } from "./pruned-header.js";
import { firstLine } from "./pruned-log.js";
import { verifyFile } from "./verify-file.js";

/** A pruned log can be pruned again. */
const WITH_SIGNATURES = { signatures: { trusted: undefined }, mayBePruned: true } as const;

/** Where to cut: at the last head of `number` lines or fewer, or at the first that leaves `number` lines or fewer. */
export interface WantedCut {
  readonly kind: "before" | "keep-lines";
  readonly number: number;
}

export interface Pruning {
  readonly run: string;
  /** Lines of the run that are gone, those that were gone before included. */
  readonly pruned: number;
  /** Lines of the run that are kept. */
  readonly kept: number;
  readonly bytes: { readonly before: number; readonly after: number };
}

/**
 * Writes the log in `log` to `out` without its beginning.
 * @throws AgentkError `usage` when it cannot be cut there; `file-exists`, `unsafe-file`, `file-unreadable`; BrokenLog when
 * the log does not verify.
 */
export function pruneLog(log: LogToRead, out: string, wanted: WantedCut): Pruning {
  const { file } = log;
  const stats = statOf(file);
  const lost = lostBy(file);
  const cuts = new Cuts(lost?.start);
  const report = verifyFile(log, {
    ...WITH_SIGNATURES,
    onEvent: (event) => {
      cuts.add(event);
    },
  });
  const { run } = report;
  if (!report.ok || run === undefined) throw refusal(file, report);
  const cut = cuts.chosen(wanted);
  const { text, at } = headerAt(file, cut, lost);
  const bytes = Number(stats.size);
  writeWithTail(out, text, { file, from: at, to: bytes }, (written) => {
    assertUnchanged({ log, stats });
    assertSame(file, report, verifyFile({ file: written }, WITH_SIGNATURES));
  });
  const after = Number(statOf(out).size);
  return { run: run.run, pruned: cut.size, kept: cuts.lines - cut.size, bytes: { before: bytes, after } };
}

/** The places where a log can be cut, found while its lines pass by. Memory: some numbers a checkpoint. */
class Cuts {
  /** Lines of the run so far. */
  lines: number;
  private readonly cuts: Cut[] = [];
  private readonly gone: number;
  private policy: number | undefined;
  private keys: readonly number[];

  constructor(start: PrunedStart | undefined) {
    this.gone = start?.tree.size ?? 0;
    this.lines = this.gone;
    this.policy = start?.policy.seq;
    this.keys = start?.keys.map(({ seq }) => seq) ?? [];
  }

  add({ seq, type }: FlightLine): void {
    this.lines = seq + 1;
    if (type === "policy") this.policy = seq;
    if (type === "key") this.keys = [...this.keys, seq];
    if (type !== "checkpoint" || this.policy === undefined || seq <= this.gone) return;
    if (this.keys.length <= MAX_KEPT_KEYS) this.cuts.push({ size: seq, policy: this.policy, keys: this.keys });
  }

  /** @throws AgentkError `usage`. */
  chosen({ kind, number }: WantedCut): Cut {
    const { cuts, lines } = this;
    const fits = ({ size }: Cut): boolean => (kind === "before" ? size <= number : lines - size <= number);
    const cut = kind === "before" ? cuts.findLast(fits) : cuts.find(fits);
    if (cut !== undefined) return cut;
    const [first, last] = [cuts[0], cuts.at(-1)];
    if (first === undefined || last === undefined)
      throw new AgentkError("usage", "the log has no signed head at which it could be cut", {
        hint: "a log is cut at a checkpoint line; logs have had them since format 3",
      });
    if (kind === "before")
      throw new AgentkError("usage", `no signed head stands at or before line ${String(number)}`, {
        hint: `the first is at line ${String(first.size)}`,
      });
    throw new AgentkError("usage", `no signed head leaves ${String(number)} lines or fewer`, {
      hint: `the last one leaves ${String(lines - last.size)}`,
    });
  }
}

/** The header that the log begins with already. Whether it is right is the verifier's to say. */
function lostBy(file: string): Lost | undefined {
  const line = firstLine(file);
  if (!isPrunedHeader(line)) return undefined;
  const [header, start] = [parsePrunedHeader(line), readPrunedStart(nodeDigests, line)];
  return header.ok && start.ok ? { header: header.value, start: start.value } : undefined;
}

/** INVARIANT: no file gets its name that does not verify by itself and end as the whole log does. */
function assertSame(file: string, whole: VerifyReport, rest: VerifyReport): void {
  if (rest.ok && rest.head === whole.head && rest.ending === whole.ending) return;
  const first = rest.findings.find(({ severity }) => severity === "failure");
  throw new BrokenLog(
    file,
    first?.line ?? 1,
    `what is left of it would not verify: ${first?.detail ?? "another head"}`,
  );
}

function refusal(file: string, { findings, findingCount }: VerifyReport): BrokenLog {
  const first = findings.find(({ severity }) => severity === "failure");
  const what = first === undefined ? "" : `: \`${first.code}\`, ${first.detail}`;
  return new BrokenLog(file, first?.line ?? 1, `the log does not verify${what} (${String(findingCount)} findings)`);
}
