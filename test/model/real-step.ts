/** The model and the real `step`, event by event: where they disagree, in words. */
import { FLIGHT_FORMAT } from "../../src/abi/event.js";
import type { Input } from "../../src/abi/request.js";
import { USER_WORDS } from "../../src/abi/request.js";
import { INITIAL_STATE, type State as RealState } from "../../src/kernel/state.js";
import type { Kernel, Step } from "../../src/kernel/step.js";
import { labelNames } from "../../src/mmu/lattice.js";
import { labelsIn, payload, runFacts, SECRET, SERVER } from "../kernel/fixture.js";
import { fakeSeal } from "../kernel/ports.js";
import { namesOf } from "./labels.js";
import type { Did, Event, Next, State } from "./state.js";
import { answerOf, requestFor, ruleNameOf, sessionName, TEXTS, tomlOf, type Hiding } from "./real.js";
import type { Policy } from "./rules.js";

type Timeless = Input extends infer I ? (I extends Input ? Omit<I, "at"> : never) : never;

/** A real state beside the model's, and the real names of the model's calls. */
export interface Twin {
  readonly real: RealState;
  readonly names: Readonly<Record<number, string>>;
}

/** What the two say of the same thing. */
export interface Compared {
  readonly model: unknown;
  readonly kernel: unknown;
}

export interface Stepped {
  readonly twin: Twin;
  readonly compared: Compared;
}

export class Stepper {
  private readonly kernel: Kernel;
  private readonly hide: Hiding;

  constructor(kernel: Kernel, hide: Hiding) {
    this.kernel = kernel;
    this.hide = hide;
  }

  begin(policy: Policy): Twin {
    const run = runFacts({ format: FLIGHT_FORMAT });
    const open = this.step(INITIAL_STATE, { type: "open", run, secret: SECRET });
    const source = tomlOf(policy);
    return { real: this.step(open.state, { type: "policy", name: "model", source }).state, names: {} };
  }

  /** The same event on both sides. `before` and `next` are the model's. */
  follow(twin: Twin, before: State, event: Event, next: Next): Stepped {
    const steps = this.inputsOf(twin, before, event).reduce<readonly Step[]>(
      (made, input) => [...made, this.step(made.at(-1)?.state ?? twin.real, input)],
      [],
    );
    const real = steps.at(-1)?.state ?? twin.real;
    const asked = event.type === "ask" ? { [before.nextCall]: `c${String(twin.real.seq)}` } : {};
    const after: Twin = { real, names: { ...twin.names, ...asked } };
    const said = { steps: steps.map((one) => saidBy(one)), ...stateOf(real, next.state.sessions.length) };
    const modelled = {
      steps: next.did.flatMap((did) => modelSays(did, after)),
      ...modelState(next.state, after),
    };
    return { twin: after, compared: { model: modelled, kernel: said } };
  }

  private step(state: RealState, input: Timeless): Step {
    return this.kernel(state, { ...input, at: { mono_us: state.mono_us + 10, wall_ms: 1_700_000_000_000 } });
  }

  /** What the kernel is given; the doors of the shell (disk, act) are none of its inputs. */
  private inputsOf({ names }: Twin, before: State, event: Event): readonly Timeless[] {
    switch (event.type) {
      case "user":
        return [pageIn(event.session, "user", { method: USER_WORDS, value: TEXTS[event.value] })];
      case "page":
        return [pageIn(event.session, SERVER, { method: "notifications/message", value: { v: TEXTS[event.content] } })];
      case "ask":
        return [{ type: "syscall", request: requestFor(event, this.hide) }];
      case "answer":
        return [{ type: "approval", approval: { ...callIn(names, before, event.call), answer: answered(event) } }];
      case "sign":
        return [{ type: "receipts", claims: claimsIn(names, before), signature: fakeSeal("receipts") }];
      case "result": {
        const { call, session } = callIn(names, before, event.call);
        const { method, value } = answerOf(event.content, event.isError);
        const page = { session, server: SERVER, method, content: payload(value), call };
        return [
          { type: "page", page },
          { type: "outcome", outcome: { call, session, status: "ok" } },
        ];
      }
      case "release":
        return [{ type: "release", release: { session: sessionName(event.session), axis: event.axis, by: "test" } }];
      default:
        return [];
    }
  }
}

function answered({ isApproved }: { readonly isApproved: boolean }): "approved" | "refused" {
  return isApproved ? "approved" : "refused";
}

function pageIn(
  session: number,
  server: string,
  page: { method: string; value: Parameters<typeof payload>[0] },
): Timeless {
  const { method, value } = page;
  return { type: "page", page: { session: sessionName(session), server, method, content: payload(value) } };
}

function callIn(
  names: Twin["names"],
  { calls }: State,
  id: number,
): { readonly call: string; readonly session: string } {
  return { call: names[id] ?? "none", session: sessionName(calls[id]?.session ?? 0) };
}

function claimsIn(
  names: Twin["names"],
  state: State,
): readonly { readonly call: string; readonly session: string; readonly nonce: string }[] {
  const waiting = Object.entries(state.calls).filter(([, { stage }]) => stage === "intended");
  return waiting.map(([id]) => ({ ...callIn(names, state, Number(id)), nonce: id.padStart(32, "0") }));
}

/** The classes that the model knows. */
const CLASSES = new Set(["user", "trusted", "untrusted", "nowhere", "pii"]);

/** What a line says, in the terms of the model. */
function saidBy({ event, act, durable }: Step): unknown {
  switch (event.type) {
    case "syscall": {
      const { decision, labels, provenance } = event.value;
      const [found] = provenance ?? [];
      const classes = found?.classes.filter((name) => CLASSES.has(name));
      const about = { labels, found: { labels: found?.labels, classes } };
      return { line: "syscall", ...decided(decision), ...about, may: act !== undefined };
    }
    case "approval":
      return { line: "approval", ...decided(event.value.decision), may: act !== undefined, durable };
    case "receipts":
      return { line: "receipts", calls: event.value.receipts.map(({ call }) => call), durable };
    case "page":
      return { line: "page", labels: event.value.labels, isHanded: event.value.delivery.verdict === "allow" };
    default:
      return { line: event.type };
  }
}

function decided({ verdict, rule }: { readonly verdict: string; readonly rule: string }): object {
  return { verdict, rule: ruleNameOf(rule) };
}

function modelSays(did: Did, { names }: Twin): readonly unknown[] {
  if (did.what === "page") return [{ line: "page", labels: namesOf(did.labels), isHanded: did.isHanded }];
  if (did.what !== "append" || did.line === "page") return [];
  const { line, calls, decision } = did;
  if (decision !== undefined && line === "approval")
    return [{ line, verdict: decision.verdict, rule: decision.rule, may: decision.verdict === "allow", durable: true }];
  if (line === "receipts") return [{ line, calls: calls.map((id) => names[id]), durable: true }];
  if (decision === undefined || did.asked === undefined) return [{ line }];
  const { labels, found } = did.asked;
  const about = { labels: namesOf(labels), found: { labels: namesOf(found.labels), classes: found.classes } };
  return [{ line, verdict: decision.verdict, rule: decision.rule, ...about, may: decision.verdict === "allow" }];
}

/** What is open, and what each session is labelled. */
function stateOf(real: RealState, sessions: number): object {
  const names = Array.from({ length: sessions }, (_, id) => sessionName(id));
  return {
    labels: names.map((name) => labelNames(labelsIn(real, name))),
    parked: names.flatMap((name) => [...(real.sessions.get(name)?.parked.keys() ?? [])]).sort(),
    open: names.flatMap((name) => [...(real.sessions.get(name)?.calls.keys() ?? [])]).sort(),
  };
}

function modelState({ sessions, calls }: State, { names }: Twin): object {
  const at = (isParked: boolean): readonly string[] =>
    Object.entries(calls)
      .filter(([, { stage }]) => (stage === "parked") === isParked)
      .map(([id]) => names[Number(id)] ?? "none")
      .sort();
  return { labels: sessions.map(({ labels }) => namesOf(labels)), parked: at(true), open: at(false) };
}
