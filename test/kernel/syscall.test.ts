/** A call's line: what it commits to beside the decision. */
import { describe, expect, it } from "vitest";
import { FLIGHT_FORMAT } from "../../src/abi/event.js";
import { canonicalJson } from "../../src/base/canonical.js";
import { INITIAL_STATE } from "../../src/kernel/state.js";
import { USER_WORDS } from "../../src/abi/request.js";
import { recordingOf, replay, sourceOf } from "../replay/tape-deck.js";
import {
  ALLOW_ALL,
  ask,
  at,
  kernel,
  opened,
  payload,
  policyOf,
  requestOf,
  ruled,
  Run,
  runFacts,
  SECRET,
} from "./fixture.js";

const V = { format: FLIGHT_FORMAT } as const;
const state = opened(ALLOW_ALL, V);

describe("a call's line", () => {
  it("commits to the intent that the client claims, and keeps its words out", () => {
    const claims = { labels: ["pii"], capabilities: 2, intent: payload("to read") };
    const { event, line, payloads } = ask(state, requestOf("tool.invoke", { claims }));
    const [kept, ...others] = payloads;
    expect(others).toEqual([]);
    expect(kept).toMatchObject({ slot: "intent", canonical: '"to read"' });
    expect(event.value.claims).toEqual({
      labels: ["pii"],
      capabilities: 2,
      intent: { bytes: 9, commitment: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
    });
    expect(line).not.toContain("to read");
  });

  it("has no intent where none is claimed", () => {
    const claims = { labels: [], capabilities: 0 };
    expect(canonicalJson(ask(state, requestOf("tool.invoke", { claims })).event.value.claims ?? null)).toBe(
      '{"capabilities":0,"labels":[]}',
    );
  });

  it("names no policy before there is one", () => {
    const open = kernel(INITIAL_STATE, { type: "open", at, run: runFacts(V), secret: SECRET });
    expect(ask(open.state, requestOf("tool.invoke")).event.value.policy).toBe("0".repeat(64));
  });

  it("names the facts that were asked for in one order, those that held and those that did not", () => {
    const places = Array.from({ length: 11 }, (_, i) => `r${String(i)}`);
    const rules = places.map((id) => ({
      ...({ id, effect: "deny", syscalls: ["tool.invoke"] } as const),
      more: 'descriptor = ["unknown"]\nevery = [{ path = "/to", from = ["user"] }]',
    }));
    const call = requestOf("tool.invoke", { arguments: payload({ to: "x" }) });
    const inOrder = ["r0", "r1", "r10", ...places.slice(2, 10)];
    expect(ask(opened(policyOf(...rules), V), call).event.value.facts).toEqual({
      held: inOrder.map((place) => `${place}.descriptor`),
      failed: inOrder.map((place) => `${place}.every.0`),
    });
  });

  it("of a transform without arguments says that nothing was changed", () => {
    const cut = policyOf({
      ...{ id: "cut", effect: "transform", syscalls: ["tool.invoke"] },
      more: '[[rules.changes]]\npath = "/body"\nredact = true',
    });
    const step = ask(opened(cut, V), requestOf("tool.invoke"));
    expect([step.event.value.decision, step.event.value.sent, step.changed]).toEqual([
      { verdict: "transform", rule: "cut", reason: "policy-transform" },
      undefined,
      undefined,
    ]);
  });

  it("of a transform is changed also where an earlier page of the session has no values", () => {
    const cut = { id: "cut", effect: "transform", syscalls: ["tool.invoke"] } as const;
    const more = '[[rules.changes]]\npath = "/note"\nredact = true';
    const run = new Run(`[trust]\ncontext_socket = true\n${policyOf({ ...cut, more })}`);
    const known = run.call("post", { note: "lily", to: "t" });
    run.page(USER_WORDS, { words: "no text" }, { server: "user" });
    const unknown = run.call("post", { note: "lily", to: "t" });
    expect([ruled(unknown), unknown.event.value.provenance]).toEqual(["transform:cut", undefined]);
    expect(unknown.changed).toBe(known.changed);
    expect(unknown.changed).not.toContain("lily");
    expect(replay(run.lines).ok).toBe(true);
    const payloads = run.steps.flatMap((step) => step.payloads);
    expect(replay(run.lines, sourceOf(recordingOf(run.lines, payloads))).ok).toBe(true);
  });
});
