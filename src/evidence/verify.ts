/** Verifies a flight log line by line: pure, streaming, and in memory bounded by the calls in flight. */
import type { Digests } from "../base/digest.js";
import type { VerifySignature } from "../base/signature.js";
import { EVENT_SHAPES, type EventType, type FlightLine } from "../abi/event.js";
import type { UnansweredCall } from "./calls.js";
import { Chain } from "./chain.js";
import { FindingList, type Finding, type FindingCode, type FindingPlace } from "./findings.js";
import { LineDecoder } from "./line-decoder.js";
import { KnownHeads, type KnownHead } from "./known-heads.js";
import { Ledger, type PolicySummary, type RunSummary } from "./ledger.js";
import { EMPTY_TREE, grown, leafHash, type Tree } from "./merkle.js";
import { notProvedBy, provedBy, type Ending } from "./proof.js";
import { isPrunedHeader, readPrunedStart } from "./pruned.js";
import { Signers, type SignatureDemands, type SignerRow } from "./signers.js";

export type { PolicySummary, RunSummary } from "./ledger.js";

export interface VerifierDeps {
  readonly digests: Digests;
  readonly verifySignature: VerifySignature;
  /** Makes every signature be checked (without it, those of receipts are not), and asks who signed. */
  readonly signatures?: SignatureDemands;
  /** Heads of this log that were kept elsewhere. */
  readonly heads?: readonly KnownHead[];
  /** The run may still be going: a missing close line, and a last line half written, are notes. Default false. */
  readonly mayBeOpen?: boolean;
  /** The log may begin at a later head: that lines before it are gone is a note. Default false: whoever asks must expect it. */
  readonly mayBePruned?: boolean;
  /** Called for every line that could be read, with its 1-based number, whatever else is wrong with the log. */
  readonly onEvent?: (event: FlightLine, line: number) => void;
}

/** What the reader of the file finds before there is a line to look at. */
export type ReaderFault = Extract<FindingCode, "not-utf8" | "line-too-long" | "torn-tail">;

export interface Verifier {
  /** The next line, without its newline. */
  line(text: string): void;
  /** A line that could not be handed over, or, last of all, bytes after the last newline (`torn-tail`). */
  fault(code: ReaderFault, detail: string): void;
  end(): VerifyReport;
}

export interface VerifyReport {
  /** No failure among the findings. */
  readonly ok: boolean;
  readonly ending: Ending;
  /** Whole lines in the file, readable or not. */
  readonly lines: number;
  /** Lines of the run that were pruned: one line, the header, stands in the file for them. 0 in a whole log. */
  readonly pruned: number;
  readonly run: RunSummary | undefined;
  /** Hash of the last line that could be read: what to note elsewhere. */
  readonly head: string | undefined;
  /** Policies taken into force, in order, the first of them listed. */
  readonly policies: readonly PolicySummary[];
  readonly counts: Readonly<Record<EventType, number>>;
  /** Syscall lines by verdict. */
  readonly allowed: number;
  readonly denied: number;
  /** Signed heads and receipts; how many lines from the start the last good head covers. */
  readonly signed: { readonly checkpoints: number; readonly receipts: number; readonly lines: number };
  /** The text of the last good checkpoint. */
  readonly lastCheckpoint: string | undefined;
  /** Who signed, when that was asked. */
  readonly signers: readonly SignerRow[] | undefined;
  /** Allowed calls without an outcome: they may have happened. The first ones are listed. */
  readonly unanswered: { readonly count: number; readonly calls: readonly UnansweredCall[] };
  readonly findings: readonly Finding[];
  /** All findings, also those past the cap on the list. */
  readonly findingCount: number;
  readonly proved: readonly string[];
  readonly cannotProve: readonly string[];
}

/** A verifier for one log. */
export function createVerifier(deps: VerifierDeps): Verifier {
  return new Verification(deps);
}

class Verification implements Verifier {
  private readonly deps: VerifierDeps;
  private readonly findings = new FindingList();
  private readonly chain = new Chain();
  private readonly decoder: LineDecoder;
  private readonly ledger: Ledger;
  private readonly signers: Signers | undefined;
  private readonly heads: KnownHeads;
  private readonly counts = Object.fromEntries(Object.keys(EVENT_SHAPES).map((type) => [type, 0])) as Record<
    EventType,
    number
  >;
  private lines = 0;
  private head: string | undefined;
  private tree: Tree = EMPTY_TREE;
  private pruned = 0;
  private isTailReported = false;

  constructor(deps: VerifierDeps) {
    const { digests, verifySignature, signatures, heads = [] } = deps;
    this.deps = deps;
    this.decoder = new LineDecoder(digests);
    this.heads = new KnownHeads(digests, heads, this.findings);
    this.signers = signatures && new Signers(digests, signatures, this.findings);
    const sink = this.signers === undefined ? {} : { signatures: this.signers };
    this.ledger = new Ledger({ digests, verifySignature, ...sink }, this.findings, this.chain);
  }

  line(text: string): void {
    this.lines++;
    if (this.lines === 1 && isPrunedHeader(text)) {
      this.resume(text);
      return;
    }
    const read = this.decoder.decode(text);
    if (!read.ok) {
      this.unreadable(read.error.code, read.error.detail);
      return;
    }
    this.event(read.value);
    if (this.hasTree()) this.grow(text);
    this.deps.onEvent?.(read.value, this.lines);
  }

  fault(code: ReaderFault, detail: string): void {
    if (code !== "torn-tail") {
      this.lines++;
      this.unreadable(code, detail);
      return;
    }
    const isNote = this.deps.mayBeOpen === true && !this.ledger.isClosed;
    this.findings.add(code, { line: this.lines + 1 }, detail, isNote ? "note" : "failure");
  }

  end(): VerifyReport {
    const { findings, lines, ledger } = this;
    if (lines === 0) findings.add("empty", {}, "has no whole line");
    else if (!ledger.isClosed) this.unsealed();
    if (this.pruned > 0 && this.head === undefined) findings.add("pruned-header", { line: 1 }, "no line follows it");
    this.heads.end(this.pruned === 0 ? lines : lines - 1 + this.pruned, lines);
    const signers = this.signers?.end(lines, ledger.ending);
    const ok = findings.failures === 0;
    const { firstFailure } = findings;
    const { run, ending, calls } = ledger;
    const facts = {
      ok,
      ending,
      lines,
      pruned: this.pruned,
      firstFailure,
      unanswered: calls.count,
      hasKey: run !== undefined,
      signedLines: ledger.authority.signedSize,
    };
    return {
      ok,
      ending,
      lines,
      pruned: this.pruned,
      run,
      head: this.head,
      policies: ledger.policies,
      counts: { ...this.counts },
      allowed: ledger.allowed,
      denied: ledger.denied,
      signed: {
        checkpoints: ledger.authority.checkpoints,
        receipts: ledger.authority.receipts,
        lines: ending === "sealed" ? ledger.closedAt : ledger.authority.signedSize,
      },
      lastCheckpoint: ledger.authority.lastHead,
      signers,
      unanswered: { count: calls.count, calls: calls.unanswered() },
      findings: findings.list,
      findingCount: findings.total,
      proved: provedBy(facts),
      cannotProve: notProvedBy(facts),
    };
  }

  private grow(text: string): void {
    const { digests } = this.deps;
    this.tree = grown(digests, this.tree, leafHash(digests, text));
    this.heads.grew(this.tree, this.lines);
  }

  /**
   * The log begins with the header of a pruned one. INVARIANT: nothing in it is believed unless the next line is a
   * checkpoint, by the key in force, of just the tree that it states: `event` asks for one, the ledger checks it.
   */
  private resume(text: string): void {
    const start = readPrunedStart(this.deps.digests, text);
    if (!start.ok) {
      this.unreadable("pruned-header", start.error);
      return;
    }
    const { tree, prev } = start.value;
    this.pruned = tree.size;
    this.tree = tree;
    this.chain.resume(tree.size, prev);
    this.heads.resume(tree);
    this.ledger.resume(start.value);
    const gone = `${String(tree.size)} lines of the run stood before the next one`;
    this.findings.add("pruned", { line: 1 }, gone, this.deps.mayBePruned === true ? "note" : "failure");
  }

  /** Trees came with version 3, and one that lacks a line is of no use. */
  private hasTree(): boolean {
    const format = this.ledger.run?.format;
    return format !== "agentk-flight/1" && format !== "agentk-flight/2" && this.chain.damage === 0;
  }

  private unsealed(): void {
    const severity = this.deps.mayBeOpen === true ? "note" : "failure";
    this.findings.add("unsealed", { line: this.lines }, "no close line could be read up to here", severity);
  }

  private unreadable(code: FindingCode, detail: string): void {
    this.findings.add(code, { line: this.lines }, detail);
    this.chain.skip();
  }

  private event(event: FlightLine): void {
    if (this.ledger.isClosed) {
      this.afterClose(event);
      return;
    }
    const place = { line: this.lines, seq: event.seq };
    const isFirst = this.head === undefined && this.chain.damage === 0;
    if (isFirst) this.first(event, place);
    for (const found of this.chain.follow(event)) this.findings.add(found.code, place, found.detail);
    this.head = event.hash;
    this.counts[event.type]++;
    this.ledger.enter(event, this.lines, this.tree);
  }

  private first({ type }: FlightLine, place: FindingPlace): void {
    if (type === (this.pruned === 0 ? "open" : "checkpoint")) return;
    const code = this.pruned === 0 ? "first-not-open" : "pruned-header";
    this.findings.add(code, place, `is a \`${type}\` line`);
  }

  /** Reported once: what follows the end is no part of the run, however much there is of it. */
  private afterClose(event: FlightLine): void {
    const place = { line: this.lines, seq: event.seq };
    if (!this.isTailReported) this.findings.add("after-close", place, "stands after the close line");
    this.isTailReported = true;
  }
}
