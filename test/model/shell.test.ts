/** The real shell does what the model does, in its order: intent, disk, receipt, disk, effect, page, outcome; or nothing. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Kernel, Step } from "../../src/kernel/step.js";
import { kernel } from "../kernel/fixture.js";
import { eventsOf, keyOf, type Bound } from "./explore.js";
import { emptyLedger } from "./ledger.js";
import { Machine } from "./machine.js";
import { start, type Did, type Event, type State } from "./state.js";
import { Shell, type Tampering } from "./real-shell.js";
import { POLICIES, type Policy } from "./rules.js";

interface Move {
  readonly event: Event;
  readonly nextCall: number;
  /** What the model does. */
  readonly due: readonly string[];
}

/** The model with what the shell does by itself: signing what may begin, and doing what is ready. */
class EagerModel {
  private readonly machine: Machine;

  constructor(policy: Policy) {
    this.machine = new Machine(policy);
  }

  move(state: State, event: Event): { readonly state: State; readonly move: Move } | undefined {
    const first = this.machine.next(state, event);
    if (first === undefined) return undefined;
    let { state: now } = first;
    let did = first.did;
    for (let next = this.following(now); next !== undefined; next = this.following(now)) {
      now = next.state;
      did = [...did, ...next.did];
    }
    const handed = event.type === "result" ? handedBy(event.call, first.did) : [];
    const due = [...did.flatMap((one) => wordsFor(one, event)), ...handed];
    return { state: now, move: { event, nextCall: state.nextCall, due } };
  }

  private following(state: State): ReturnType<Machine["next"]> {
    const events: readonly Event[] = [
      // Who has its receipt on the disk goes on before those are signed who waited for that.
      ...Object.keys(state.calls).map((id): Event => ({ type: "act", call: Number(id) })),
      { type: "sign" },
    ];
    for (const event of events) {
      const next = this.machine.next(state, event);
      if (next !== undefined) return next;
    }
    return undefined;
  }
}

function handedBy(call: number, did: readonly Did[]): readonly string[] {
  return did.some((one) => one.what === "page" && one.isHanded) ? [`handed ${String(call)}`] : [];
}

function wordsFor(did: Did, { type }: Event): readonly string[] {
  if (did.what === "act") return [`act ${String(did.call)}`];
  if (did.what === "disk") return [`disk ${did.line}`];
  if (did.what !== "append") return [];
  return [`append ${did.line}${type === "ask" && did.line === "syscall" ? ` ${did.decision?.verdict ?? ""}` : ""}`];
}

/** Every transition of the model, each at the end of a shortest way to it. */
function waysOf(policy: Policy, bound: Bound): readonly (readonly Move[])[] {
  const model = new EagerModel(policy);
  const known = new Set<string>();
  const ways: (readonly Move[])[] = [];
  let frontier: readonly { readonly state: State; readonly way: readonly Move[] }[] = [{ state: start(1), way: [] }];
  for (let depth = 0; depth < bound.steps && frontier.length > 0; depth++) {
    frontier = frontier.flatMap(({ state, way }) =>
      externalEvents(state, bound).flatMap((event) => {
        const made = model.move(state, event);
        if (made === undefined) return [];
        const longer = [...way, made.move];
        ways.push(longer);
        const key = keyOf({ state: made.state, ledger: emptyLedger(1) });
        if (known.has(key)) return [];
        known.add(key);
        return [{ state: made.state, way: longer }];
      }),
    );
  }
  return ways;
}

/** What the world does; signing and acting are the shell's own. */
function externalEvents(state: State, bound: Bound): readonly Event[] {
  return eventsOf(state, bound).filter(({ type }) => type !== "sign" && type !== "act");
}

/** What was due and what happened, at the first event where these differ. */
async function differenceIn(
  policy: Policy,
  way: readonly Move[],
  tampering: Tampering = {},
): Promise<{ readonly after: readonly Event[]; readonly due: unknown; readonly happened: unknown } | undefined> {
  const shell = new Shell(kernel, tampering);
  await shell.open(policy);
  for (const [index, { event, nextCall, due }] of way.entries()) {
    const happened = await shell.happens(event, nextCall);
    if (isSame(event, happened, due)) continue;
    return { after: way.slice(0, index + 1).map((move) => move.event), due, happened };
  }
  return undefined;
}

/** Whose calls are given up first at the end is nobody's promise; that nothing stands after the close line is. */
function isSame({ type }: Event, happened: readonly string[], due: readonly string[]): boolean {
  if (type !== "close") return isDeepStrictEqual(happened, due);
  const last = happened.indexOf("append close");
  return isDeepStrictEqual(happened.toSorted(), due.toSorted()) && (last < 0 || last === happened.length - 1);
}

const MORE = Number(process.env["AGENTK_MODEL_STEPS"] ?? 0);
const LONG = { timeout: 3_600_000 };

describe.each(POLICIES)("under the policy `$name`", (policy) => {
  test("every transition with one call at a time", LONG, async () => {
    const ways = waysOf(policy, { scope: "shell", steps: MORE === 0 ? 4 : Infinity, sessions: 1, calls: 1 });
    for (const way of ways) expect(await differenceIn(policy, way)).toBeUndefined();
    process.stdout.write(`shell, ${policy.name}: ${String(ways.length)} ways compared\n`);
    expect(ways.length).toBeGreaterThan(30);
  });

  test("random ways of two sessions with three calls at once", LONG, async () => {
    const picks = fc.array(fc.nat({ max: 9999 }), { minLength: 15, maxLength: 30, size: "max" });
    await fc.assert(
      fc.asyncProperty(picks, async (list) => {
        expect(await differenceIn(policy, randomWay(policy, list))).toBeUndefined();
      }),
      { numRuns: MORE === 0 ? 10 : 3000 },
    );
  });
});

/** Faults and the end are among what may happen; picks favour the rest, or every way would be short. */
function randomWay(policy: Policy, picks: readonly number[]): readonly Move[] {
  const model = new EagerModel(policy);
  const bound: Bound = { scope: "whole", steps: 0, sessions: 2, calls: 3 };
  let state = start(2);
  return picks.flatMap((pick, index) => {
    const all = externalEvents(state, bound);
    const mild = all.filter(({ type }) => !ENDS.has(type));
    const events = index < 10 ? mild : all;
    const event = events[pick % events.length];
    const made = event === undefined ? undefined : model.move(state, event);
    if (made === undefined) return [];
    state = made.state;
    return [made.move];
  });
}

const ENDS = new Set(["flush-fails", "append-fails", "sign-fails", "close"]);

function answering(change: (step: Step) => Partial<Step>): Tampering {
  const tampered =
    (real: Kernel): Kernel =>
    (state, input) => {
      const step = real(state, input);
      return { ...step, ...change(step) };
    };
  return { kernel: tampered };
}

const TAMPERINGS: Readonly<Record<string, Tampering>> = {
  "receipts are not waited for": answering(({ event }) => (event.type === "receipts" ? { durable: false } : {})),
  "approvals are not waited for": answering(({ event }) => (event.type === "approval" ? { durable: false } : {})),
  "a call that a human approved does not begin": answering(({ event }) =>
    event.type === "approval" ? { act: undefined } : {},
  ),
  "the shell forgets that recording failed": {
    shell: (dispatch) => void Reflect.set(Reflect.get(dispatch, "recorder") as object, "failure", undefined),
  },
  "the shell forgets that the run is over": {
    shell: (dispatch) => {
      Reflect.set(dispatch, "ended", false);
      Reflect.set(dispatch, "closing", false);
    },
  },
  "no receipt is ever good": { verify: () => false },
};

test("a kernel that says a denied call may begin gets no receipt for it: nothing happens", LONG, async () => {
  const lying = answering(({ event }) =>
    event.type === "syscall" && event.value.decision.verdict === "deny" ? { act: event.value.call } : {},
  );
  for (const policy of POLICIES) {
    for (const way of waysOf(policy, { scope: "shell", steps: 3, sessions: 1, calls: 1 })) {
      expect(await differenceIn(policy, way, lying)).toBeUndefined();
    }
  }
});

describe("a shell that does otherwise is found", () => {
  test.each(Object.entries(TAMPERINGS))("%s", LONG, async (_, tampering) => {
    const [policy] = POLICIES;
    if (policy === undefined) throw new Error("there is none");
    const ways = waysOf(policy, { scope: "shell", steps: 5, sessions: 1, calls: 1 });
    const found = [];
    for (const way of ways) {
      const difference = await differenceIn(policy, way, tampering);
      if (difference !== undefined) found.push(difference);
      if (found.length > 0) break;
    }
    expect(found).toHaveLength(1);
  });
});
