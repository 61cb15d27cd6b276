/** The account a log gives of its run: policy in force, calls and their outcomes, the counts and the seal. */
import { DOMAINS } from "../base/digest.js";
import { mayPass } from "../abi/decision.js";
import type { EventType, FLIGHT_FORMATS, FlightLine } from "../abi/event.js";
import { Authority, type AuthorityDeps, type Footing } from "./authority.js";
import { OpenCalls, type NewCall } from "./calls.js";
import type { Chain } from "./chain.js";
import type { FindingCode, FindingList } from "./findings.js";
import type { Ending } from "./proof.js";
import type { PrunedStart } from "./pruned.js";
import type { Tree } from "./merkle.js";
import { sealStatement, unsealedHash } from "./seal.js";
import { visible } from "./visible.js";

export interface RunSummary {
  readonly run: string;
  readonly agentk: string;
  readonly agent: string;
  readonly server: string;
  /** Ed25519 public key, hex. */
  readonly publicKey: string;
  readonly format: (typeof FLIGHT_FORMATS)[number];
}

export interface PolicySummary {
  readonly name: string;
  readonly sha256: string;
}

/** Policy loads listed in a report. */
const MAX_POLICIES = 100;

type LineOf<T extends EventType> = Extract<FlightLine, { readonly type: T }>;
type CallLine = LineOf<"syscall" | "approval" | "page" | "receipts" | "outcome">;

const OF_CALLS: ReadonlySet<EventType> = new Set(["syscall", "approval", "page", "receipts", "outcome"]);

function isOfCall(event: FlightLine): event is CallLine {
  return OF_CALLS.has(event.type);
}

export class Ledger {
  readonly calls = new OpenCalls();
  readonly authority: Authority;
  /** Calls that a human was asked about. */
  private readonly parked = new OpenCalls();
  readonly policies: PolicySummary[] = [];
  allowed = 0;
  denied = 0;
  run: RunSummary | undefined;
  ending: Ending = "unsealed";
  isClosed = false;
  /** 1-based number of the close line, pruned lines counted. */
  closedAt = 0;
  /** The first sequence number that is not pruned; 0 in a whole log. */
  private from = 0;
  private readonly deps: AuthorityDeps;
  private readonly findings: FindingList;
  private readonly chain: Chain;
  /** 1-based number of the line being entered, and the tree over the lines before it while all of them were read. */
  private line = 0;
  private tree: Tree | undefined;
  /** SHA-256 of the policy in force. */
  private policy: string | undefined;
  /** How much of the chain was damaged when the policy in force was last known for certain. */
  private damageAtPolicy = 0;

  constructor(deps: Ledger["deps"], findings: FindingList, chain: Chain) {
    this.deps = deps;
    this.findings = findings;
    this.chain = chain;
    this.authority = new Authority(deps, (code, event, detail) => {
      this.report(code, event, detail);
    });
  }

  /** Takes a readable line that the chain has followed already. `tree` is that over the lines before it. */
  enter(event: FlightLine, line: number, tree: Tree): void {
    this.line = line;
    this.tree = this.chain.damage === 0 ? tree : undefined;
    if (isOfCall(event)) this.enterCall(event);
    else this.enterRun(event);
  }

  /** Takes what the header of a pruned log, its first line, keeps of the lines before `size`. */
  resume({ open, policy, keys, tree }: PrunedStart): void {
    this.from = tree.size;
    for (const event of [open, policy, ...keys]) this.enter(event, 1, tree);
  }

  private enterRun(event: Exclude<FlightLine, CallLine>): void {
    switch (event.type) {
      case "open":
        this.open(event);
        return;
      case "policy":
        this.load(event);
        return;
      case "close":
        this.close(event);
        return;
      case "checkpoint":
        this.authority.checkpoint(event, this.footing());
        return;
      case "key":
        this.authority.rekey(event, this.footing());
        return;
      case "pins":
        this.pins(event);
        return;
      case "session":
      case "release":
      case "recovery":
        return;
    }
  }

  private footing(): Footing {
    return { tree: this.tree, line: this.line, damage: this.chain.damage, from: this.from };
  }

  private enterCall(event: CallLine): void {
    switch (event.type) {
      case "syscall":
        this.decide(event);
        return;
      case "approval":
        this.approval(event);
        return;
      case "page":
        this.page(event);
        return;
      case "receipts":
        this.authority.grant(event, this.footing());
        return;
      case "outcome":
        this.outcome(event);
    }
  }

  private report(code: FindingCode, event: FlightLine, detail: string): void {
    this.findings.add(code, { line: this.line, seq: event.seq }, detail);
  }

  private open(event: LineOf<"open">): void {
    if (this.run !== undefined) {
      this.report("open-twice", event, `begins run \`${event.value.run}\``);
      return;
    }
    const { run, agentk, agent, server, public_key } = event.value;
    this.run = { run, agentk: visible(agentk), agent, server, publicKey: public_key, format: event.value.format };
    this.authority.open(event);
  }

  private load(event: LineOf<"policy">): void {
    const { name, sha256, source } = event.value;
    if (this.deps.digests.sha256Hex(DOMAINS.policy + source) !== sha256)
      this.report("policy-digest", event, `the source of policy \`${name}\` has another digest than it states`);
    if (this.policies.length < MAX_POLICIES) this.policies.push({ name, sha256 });
    this.inForce(sha256);
  }

  private pins(event: LineOf<"pins">): void {
    const { name, sha256, source } = event.value;
    if (this.deps.digests.sha256Hex(DOMAINS.pins + source) !== sha256)
      this.report("policy-digest", event, `the source of the pins \`${name}\` has another digest than it states`);
  }

  private inForce(sha256: string): void {
    this.policy = sha256;
    this.damageAtPolicy = this.chain.damage;
  }

  private decide(event: LineOf<"syscall">): void {
    const { call, decision, policy } = event.value;
    // After damage a policy line may have been lost: the decision is taken at its word.
    if (policy !== this.policy && this.damageAtPolicy === this.chain.damage)
      this.report("no-policy", event, this.policy === undefined ? "comes before any policy" : "names another policy");
    this.inForce(policy);
    this.ownName(event, call, "c");
    if (decision.verdict !== "ask" && !mayPass(decision.verdict)) {
      this.denied++;
      return;
    }
    const isKept =
      decision.verdict === "ask" ? this.wait(this.parked, event, event.value) : this.begin(event, event.value);
    if (isKept) this.authority.begin(event, this.footing());
  }

  private begin(event: FlightLine, call: NewCall): boolean {
    this.allowed++;
    return this.wait(this.calls, event, call);
  }

  /** False when more wait than a run can have: then nothing is remembered of the call. */
  private wait(among: OpenCalls, event: FlightLine, call: NewCall): boolean {
    const isKept = among.begin(call, this.line);
    if (!isKept) this.report("too-many-open-calls", event, `\`${call.call}\` is one more`);
    return isKept;
  }

  /** A call of its session that waited for a human: from here it is as any other, allowed or denied. */
  private approval(event: LineOf<"approval">): void {
    const { call, session, decision } = event.value;
    const kind = this.parked.take({ call, session });
    if (decision.verdict !== "allow") {
      this.denied++;
      this.authority.answered(event, false);
      return;
    }
    if (kind === undefined && !this.mayBeLost(call))
      this.report("approval-without-question", event, `approves call \`${call.slice(0, 32)}\``);
    const isKept = this.begin(event, { call, session, kind: kind ?? "unknown" });
    if (kind !== undefined) this.authority.answered(event, isKept);
  }

  /** INVARIANT: a call or page is named after its line, so a name can be used once and found without an index. */
  private ownName(event: FlightLine, name: string, letter: "c" | "p"): void {
    const due = `${letter}${String(event.seq)}`;
    if (name !== due) this.report("call-id-wrong", event, `is named \`${name.slice(0, 32)}\` where \`${due}\` is due`);
  }

  private page(event: LineOf<"page">): void {
    const { page, call } = event.value;
    this.ownName(event, page, "p");
    this.authority.went(event, this.footing());
    if (call === undefined || this.calls.addPage(call, page) || this.mayBeLost(call)) return;
    this.report("page-of-unknown-call", event, `names call \`${call.slice(0, 32)}\``);
  }

  private outcome(event: LineOf<"outcome">): void {
    const { call, page } = event.value;
    this.authority.went(event, this.footing());
    const found = this.calls.settle(call, page);
    if (found === "no-call" && !this.mayBeLost(call))
      this.report("outcome-without-open-call", event, `answers call \`${call.slice(0, 32)}\``);
    if (found === "no-page" && page !== undefined && !this.mayBeLost(page))
      this.report("page-missing", event, `names page \`${page.slice(0, 32)}\``);
  }

  /** Was the line that this name belongs to lost to damage that is reported already? */
  private mayBeLost(name: string): boolean {
    return this.chain.mayHaveMissed(Number(name.slice(1)));
  }

  private close(event: LineOf<"close">): void {
    const { lines, allowed, denied } = event.value;
    this.isClosed = true;
    // The header of a pruned log stands for `from` lines, and is none of the run's.
    this.closedAt = this.from === 0 ? this.line : this.line - 1 + this.from;
    this.count(event, "lines", [lines, this.closedAt]);
    // Lines that could not be read cannot be counted; they are failures already. Nor can pruned ones.
    if (this.chain.damage === 0 && this.from === 0) {
      this.count(event, "allowed calls", [allowed, this.allowed]);
      this.count(event, "denied calls", [denied, this.denied]);
    }
    this.ending = this.seal(event);
  }

  private count(event: LineOf<"close">, what: string, [stated, seen]: readonly [number, number]): void {
    if (stated !== seen)
      this.report("count-mismatch", event, `counts ${String(stated)} ${what}, the log has ${String(seen)}`);
  }

  private seal(event: LineOf<"close">): Ending {
    const { reason, seal } = event.value;
    if (reason === "recovered" && seal === undefined) {
      this.report("closed-by-recovery", event, "was written by a recovery");
      return "recovered";
    }
    // Without the open line there is no key to check with; that line's absence is a failure already.
    if (this.run === undefined) return "unsealed";
    if (seal === undefined || reason === "recovered") {
      this.report("seal-invalid", event, seal === undefined ? "has no seal" : "has a seal that no recovery could make");
      return "unsealed";
    }
    const statement = sealStatement(this.run.run, unsealedHash(this.deps.digests, event));
    const key = this.authority.signer;
    if (this.deps.verifySignature(key, statement, seal)) {
      this.deps.signatures?.signed("seal", { key, wall_ms: event.time.wall_ms, line: this.line });
      return "sealed";
    }
    this.report("seal-invalid", event, "has a seal that the run's key did not make over these lines");
    return "unsealed";
  }
}
