/**
 * A fork: history stays as it was recorded, and each decision is asked of a policy again: another one, or the recorded
 * one after some outputs were changed. Pure; what cannot be known is said to be so.
 */
import { decisionName, mayPass, type Decision, type Verdict } from "../abi/decision.js";
import type { ApprovalValue, FlightLine, PageValue, SyscallValue } from "../abi/event.js";
import type { Payload } from "../abi/payload.js";
import { isUserWords, type History, type Input, type PageArrival, type RecordedFacts } from "../abi/request.js";
import { INITIAL_STATE, type State } from "../kernel/state.js";
import { fold } from "../kernel/fold.js";
import { createKernel, type Kernel, type KernelParts, type Step } from "../kernel/step.js";
import { contextOf, isOpen } from "../kernel/values.js";
import { SYSCALLS } from "../kernel/table.js";
import type { CompiledPolicy } from "../policy/compile.js";
import { Asking, type Doubt } from "./doubts.js";
import type { Changes, Forked, Missing, Ruled } from "./drift.js";
import { ForkDescriptors, isMeant } from "./fork-descriptors.js";
import { ForkDoubts } from "./fork-doubts.js";
import type { PageOverride } from "./override.js";
import { Tape, type PayloadSource } from "./tape.js";
import { afterUnjudged } from "./unjudged.js";

export interface ForkParts extends KernelParts {
  readonly payloads: PayloadSource | undefined;
  /** The source of the policy that replaces every recorded one; undefined: the recorded ones stay. */
  readonly policy: string | undefined;
  /** Outputs that were changed, by the sequence number of their page. */
  readonly overrides?: ReadonlyMap<number, PageOverride>;
}

type LineOf<T extends FlightLine["type"]> = Extract<FlightLine, { readonly type: T }>;

const NO_CHANGES: Changes = [];
const REDACTED: readonly Missing[] = [{ why: "target" }];
const UNTRIED: readonly Missing[] = [{ why: "value", at: "changes" }];
const SEEN: Decision = { verdict: "allow", rule: "policy-fault", reason: "policy-fault" };

const NO_DOUBTS: ReadonlySet<Doubt> = new Set();

interface ForkArrival {
  readonly page: PageArrival;
  /** Its content is another than was recorded. */
  readonly isChanged: boolean;
  readonly isUnlabelled: boolean;
  readonly history: History;
  readonly labels: Pick<History, "labels">;
}

interface Arrived {
  readonly arrival: ForkArrival;
  readonly answer: Ruled;
  readonly isKnown: boolean;
}

/**
 * One fork of one log. INVARIANT: hand it only lines that were read by decodeLine and replay (replay/replay.ts): the
 * recorded decisions and facts are taken for true.
 */
export class Fork {
  private state: State = INITIAL_STATE;
  private readonly parts: ForkParts;
  private readonly kernel: Kernel;
  private readonly tape: Tape;
  private readonly asking = new Asking();
  private readonly doubts = new ForkDoubts();
  private readonly descriptors = new ForkDescriptors();
  private readonly compiled = new Map<string, CompiledPolicy>();
  /** What the policy said to each call that waits for a human, and to which it is not known. */
  private readonly asked = new Map<string, { readonly verdict: Verdict | undefined; readonly value: SyscallValue }>();

  constructor(parts: ForkParts) {
    this.parts = parts;
    this.tape = new Tape(parts.payloads);
    const { digests } = parts;
    this.kernel = createKernel({ digests, compile: (source) => this.asking.watch(this.compile(source)) });
  }

  /** A log takes few policies into force, and each is asked for more than once. */
  private compile(source: string): CompiledPolicy {
    const known = this.compiled.get(source);
    if (known !== undefined) return known;
    const made = this.parts.compile(source);
    this.compiled.set(source, made);
    return made;
  }

  /** Takes the next line. Returns what was decided again; undefined for a line that decides nothing. */
  line(line: FlightLine): Forked | undefined {
    if (line.type === "syscall") return this.call(line);
    if (line.type === "page") return this.page(line);
    if (line.type === "approval") return this.approval(line);
    if (line.type === "policy") this.policy(line);
    // Every other line tells of the recorder or the transport, and no decision depends on it.
    if (TOLD.has(line.type)) this.told(line);
    return undefined;
  }

  private told(line: FlightLine): void {
    const input = this.tape.input(line);
    if (input !== undefined) this.step(line.seq, input);
  }

  private policy(line: LineOf<"policy">): void {
    const { name, source } = line.value;
    const own = this.parts.policy ?? source;
    this.step(line.seq, { type: "policy", at: line.time, name, source: own });
    this.doubts.policy(this.compile(source).document, this.compile(own).document);
  }

  /** INVARIANT: ids are made of the sequence number, so that a call keeps its own when lines before it are left out. */
  private step(seq: number, input: Input): Step {
    const step = this.kernel({ ...this.state, seq }, input);
    this.state = step.state;
    return step;
  }

  private call(line: LineOf<"syscall">): Forked {
    const { value, seq, time } = line;
    const { decision, kind, target, session } = value;
    const forked = { seq, on: "call", session, syscall: kind, target, original: ruled(value) } as const;
    const input = this.tape.input(line);
    if (input?.type !== "syscall") {
      this.unjudged(line);
      return { ...forked, fork: undefined, missing: REDACTED };
    }
    const request = { ...input.request, recorded: this.recorded(value, input.request.recorded) };
    this.asking.begin(this.doubts.ofCall(session));
    const isRead = this.isRead(session, request.arguments);
    const { event } = this.step(seq, { type: "syscall", at: time, request, history: { decision } });
    const answer = ruled(event.type === "syscall" ? event.value : value);
    const missing = [
      ...this.missing(forked.original, answer, request.arguments),
      ...(isRead ? [] : this.descriptors.missing(this.state, value, answer)),
    ];
    const isKnown = missing.length === 0;
    if (decision.verdict === "ask") {
      this.asked.set(parkedKey(value), { verdict: isKnown ? answer.decision.verdict : undefined, value });
    }
    if (!isKnown && isMeant(decision.verdict)) this.doubts.uncertain(session);
    return { ...forked, fork: isKnown ? answer : undefined, missing };
  }

  /** As the kernel has it (kernel/syscall.ts, page.ts): without its own value, or an earlier one, nothing is looked up. */
  private isRead(session: string, own: Payload | undefined): boolean {
    return own?.kind !== "sealed" && isOpen(contextOf(this.state, session));
  }

  /** The target is redacted and no journal gives it back: the state goes on with what happened. */
  private unjudged(line: LineOf<"syscall">): void {
    const { value, seq, hash, time } = line;
    const event = { type: "syscall", value } as const;
    const folded = fold({ ...this.state, seq }, { event, hash, time }, (source) => this.compile(source));
    this.state = afterUnjudged(folded, value);
    if (value.decision.verdict === "ask") this.asked.set(parkedKey(value), { verdict: undefined, value });
    if (isMeant(value.decision.verdict)) this.doubts.uncertain(value.session);
  }

  /** What the log says of the values, as far as it holds for the fork's policy too. */
  private recorded(value: SyscallValue, known: RecordedFacts | undefined): RecordedFacts {
    const facts = this.doubts.carried(value);
    return { provenance: [], moreLeaves: 0, sent: undefined, ...known, facts };
  }

  /** What the last decision asked for and nobody knows. A change that was never made may be one that cannot be. */
  private missing(original: Ruled, answer: Ruled, value: Payload | undefined): readonly Missing[] {
    const { missing } = this.asking;
    const isUntried =
      value?.kind === "sealed" && answer.changes.some(({ kind }) => kind === "redact" || kind === "substitute");
    return missing.length > 0 || !isUntried || isSameRuling(original, answer) ? missing : UNTRIED;
  }

  private page(line: LineOf<"page">): Forked {
    const { value, seq } = line;
    const { session } = value;
    this.descriptors.page(value);
    const input = this.tape.input(line);
    if (input?.type !== "page") throw new Error("a page line makes another input");
    const override = this.parts.overrides?.get(seq);
    const arrival = this.arrivalOf(value, input.page, override);
    const named = this.bringerOf(value);
    const before = this.state;
    this.asking.begin(this.doubts.ofPage(session, arrival.isUnlabelled));
    const take = (history: History): Step =>
      this.step(seq, { type: "page", at: line.time, page: arrival.page, history: { ...arrival.labels, ...history } });
    const { event } = take(arrival.history);
    const [original, answer] = [deliveryOf(value), deliveryOf(event.type === "page" ? event.value : value)];
    const missing = this.missing(original, answer, arrival.page.content);
    // Whether the agent got to see a changed output may not be known: then it has, and nobody knows what.
    if (missing.length > 0 && override !== undefined) {
      this.state = before;
      take({ decision: SEEN });
    }
    this.after(value, { arrival, answer, isKnown: missing.length === 0 });
    return { seq, on: "page", session, ...named, original, fork: missing.length > 0 ? undefined : answer, missing };
  }

  /** A page as the fork takes it. */
  private arrivalOf(value: PageValue, page: PageArrival, override: PageOverride | undefined): ForkArrival {
    const { session } = value;
    if (override !== undefined) {
      const { labels, signs } = override;
      const isUnlabelled = labels === undefined && (signs === undefined || this.hasSources);
      const changed = { ...page, content: sealed(value, override) };
      // A changed output has no delivery that was recorded.
      return {
        page: changed,
        isChanged: true,
        isUnlabelled,
        history: {},
        labels: labels === undefined ? {} : { labels },
      };
    }
    // Whose words are the user's is for the policy to say, as labels are.
    if (isUserWords(page)) return { page, isChanged: false, isUnlabelled: false, history: {}, labels: {} };
    const { decision, changes } = deliveryOf(value);
    const isUnlabelled = !this.isRead(session, page.content) && this.hasSources && this.doubts.mayRelabel(session);
    return { page: this.ofOwnLabels(page), isChanged: false, isUnlabelled, history: { decision, changes }, labels: {} };
  }

  private after(value: PageValue, { arrival, answer, isKnown }: Arrived): void {
    const { isChanged, isUnlabelled } = arrival;
    const wasSeen = mayPass(value.delivery.verdict);
    const isSeen = isChanged ? !isKnown || mayPass(answer.decision.verdict) : wasSeen;
    const isOfUser = arrival.history.decision === undefined && !isChanged;
    const isOtherwise = isOfUser && decisionName(value.delivery) !== decisionName(answer.decision);
    this.doubts.afterPage(value.session, {
      isUnknown: isUnlabelled && isSeen,
      isOtherwise: isOtherwise || (isChanged && (isSeen || wasSeen)),
    });
  }

  private bringerOf({ session, call, server, method }: PageValue): Pick<Forked, "syscall" | "target"> {
    const pending = call === undefined ? undefined : this.state.sessions.get(session)?.calls.get(call);
    if (pending === undefined) return { syscall: "tool.describe", target: `${server}/${method}` };
    return { syscall: SYSCALLS[pending.kind].response, target: pending.target };
  }

  private get hasSources(): boolean {
    return (this.state.policy?.compiled.document.sources.length ?? 0) > 0;
  }

  /** INVARIANT: recorded labels go only to a policy that labels as the recorded one does. */
  private ofOwnLabels(page: PageArrival): PageArrival {
    if (!this.doubts.mayRelabel(page.session)) return page;
    const { content } = page;
    return { ...page, content: unlabelled(content) };
  }

  /** An answer decides where the policy asked too. Where it did not, what it said to the call has been told already. */
  private approval(line: LineOf<"approval">): Forked | undefined {
    const { value, seq, time } = line;
    const key = parkedKey(value);
    const asked = this.asked.get(key);
    this.asked.delete(key);
    this.asking.begin(NO_DOUBTS);
    const known = asked?.verdict === undefined ? {} : { asked: asked.verdict };
    const history = { decision: value.decision, ...known };
    const step = this.step(seq, { type: "approval", at: time, approval: value, history });
    if (asked !== undefined && asked.verdict !== "ask") return undefined;
    const named = { syscall: asked?.value.kind ?? "unknown", target: asked?.value.target ?? value.call };
    const answer: ApprovalValue = step.event.type === "approval" ? step.event.value : value;
    const [original, fork] = [ruled(value), ruled(answer)];
    return { seq, on: "approval", session: value.session, ...named, original, fork, missing: [] };
  }
}

function unlabelled(content: Payload): Payload {
  const { withheld = [] } = content;
  if (content.kind === "open") return { kind: "open", canonical: content.canonical, withheld };
  const { kind, bytes, commitment, signs } = content;
  return { kind, bytes, commitment, signs, withheld };
}

/** Lines that change what the kernel knows, and are no policy's. */
const TOLD: ReadonlySet<string> = new Set(["open", "pins", "outcome", "release"]);

function ruled({ decision, changes = NO_CHANGES }: Pick<SyscallValue, "decision" | "changes">): Ruled {
  return { decision, changes };
}

function deliveryOf({ delivery, changes = NO_CHANGES }: PageValue): Ruled {
  return { decision: delivery, changes };
}

function isSameRuling(a: Ruled, b: Ruled): boolean {
  return (
    decisionName(a.decision) === decisionName(b.decision) && JSON.stringify(a.changes) === JSON.stringify(b.changes)
  );
}

function parkedKey({ call, session }: Pick<SyscallValue, "call" | "session">): string {
  return `${call} ${session}`;
}

/** A changed output is known by what is said of it, and not by its content. */
function sealed({ content }: PageValue, { signs }: PageOverride): Payload {
  return { kind: "sealed", ...content, signs: signs ?? [] };
}
