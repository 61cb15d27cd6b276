/** The replay identity of the whole shell: calls side by side, questions, grants, budgets, receipts and signed heads. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FLIGHT_FORMAT } from "../../src/abi/event.js";
import { USER_WORDS, type SyscallRequest } from "../../src/abi/request.js";
import { nodeDigests } from "../../src/host/digests.js";
import { Dispatch } from "../../src/kernel/dispatch.js";
import { findingsOf, RUN_KEY, verifyLines, verifySignature } from "../evidence/fixture.js";
import { kernel, linesOf, payload, requestOf, runFacts, SECRET, SERVER } from "../kernel/fixture.js";
import { scriptedPorts } from "../kernel/ports.js";
import { recordingOf, replay, sourceOf, type Recording } from "../replay/tape-deck.js";
import { policies, turnsWithRelease, type Turn } from "./sessions.js";

type CallTurn = Extract<Turn, { type: "call" }>;

/** Plays turns through the shell, all that stand between two pauses at once, in the order a scheduler lets them. */
async function shell(
  policy: string,
  turns: readonly Turn[],
  s: fc.Scheduler,
  pauses: ReadonlySet<number>,
): Promise<Recording> {
  const asked = new Map<SyscallRequest, CallTurn>();
  let wall_ms = 1_700_000_000_000;
  let mono_us = 0;
  const ports = scriptedPorts({
    now: () => ({ mono_us: ++mono_us, wall_ms }),
    sign: RUN_KEY.sign,
    verify: verifySignature,
    append: (line, index) =>
      index > 2 && line.includes('"type":"receipts"') ? s.schedule(Promise.resolve()) : undefined,
    act: (_call, request) => {
      const back = asked.get(request)?.back;
      if (back === undefined || back.how === "never")
        return s.schedule(Promise.resolve({ status: "timeout" as const }));
      const how = back.how === "error" ? "tools/call#error" : "tools/call#result";
      const value =
        back.how === "error" ? { code: 1, message: back.value } : { content: [], structuredContent: back.value };
      return s.schedule(Promise.resolve({ status: "ok" as const, page: { method: how, content: payload(value) } }));
    },
  });
  const approve = (_call: string, request: SyscallRequest) => {
    const answer = asked.get(request)?.back.answer ?? "never";
    return s.schedule(Promise.resolve(answer === "never" ? ("unavailable" as const) : answer));
  };
  const dispatch = new Dispatch<SyscallRequest>(kernel, nodeDigests, { ...ports, approve });
  const checkpoints = { lines: 5, ms: 1000 };
  const facts = runFacts({ format: FLIGHT_FORMAT, public_key: RUN_KEY.publicHex, checkpoints });
  await dispatch.open(facts, SECRET, { name: "test", source: policy });
  let waiting: Promise<unknown>[] = [];
  for (const [index, turn] of turns.entries()) {
    if (turn.type === "clock") wall_ms += turn.hours * 3_600_000;
    else waiting.push(play(dispatch, turn, asked));
    if (!pauses.has(index)) continue;
    await s.waitFor(Promise.all(waiting));
    waiting = [];
  }
  // What is still under way may be given up by the close.
  await s.waitFor(Promise.all([...waiting, s.schedule(Promise.resolve()).then(() => dispatch.close(CLOSE))]));
  return recordingOf(ports.lines, ports.payloads);
}

const CLOSE = { reason: "eof", strays: 0 } as const;

function play(dispatch: Dispatch<SyscallRequest>, turn: Turn, asked: Map<SyscallRequest, CallTurn>): Promise<unknown> {
  if (turn.type === "call") {
    const request = requestOf("tool.invoke", {
      subject: { tool: turn.tool },
      arguments: payload(turn.args),
      ...turn.more,
    });
    asked.set(request, turn);
    return dispatch.request(request);
  }
  if (turn.type === "user")
    return dispatch.page({ session: turn.session, server: "user", method: USER_WORDS, content: payload(turn.text) });
  if (turn.type === "page")
    return dispatch.page({
      session: turn.session,
      server: SERVER,
      method: "notifications/message",
      content: payload(turn.value),
    });
  if (turn.type === "release") return dispatch.release(turn.release);
  return dispatch.checkpoint();
}

describe("any session through the shell", () => {
  // Claim: E4
  it("verifies with every signature, and is replayed to the same bytes, with all values and with none", async () => {
    const seen = { groups: 0, receipts: 0, approvals: 0 };
    await fc.assert(
      fc.asyncProperty(
        ...[policies, turnsWithRelease, fc.scheduler(), fc.uniqueArray(fc.nat({ max: 13 }))],
        async (policy, turns, s, pauses) => {
          const run = await shell(policy, turns, s, new Set(pauses));
          const report = verifyLines(run.lines, { signatures: { trusted: undefined } });
          expect(findingsOf(report)).toEqual([]);
          expect(report).toMatchObject({ ok: true, ending: "sealed", unanswered: { count: 0 } });
          const whole = {
            ok: true,
            lines: run.lines.length,
            ending: "closed",
            divergence: undefined,
            broken: undefined,
          };
          expect(replay(run.lines, sourceOf(run))).toMatchObject({ ...whole, indeterminate: 0, sealed: 0 });
          expect(replay(run.lines)).toMatchObject({ ...whole, opened: 0 });
          for (const line of linesOf(run.lines)) {
            if (line.type === "approval") seen.approvals++;
            if (line.type !== "receipts") continue;
            seen.receipts++;
            if (line.value.receipts.length > 1) seen.groups++;
          }
        },
      ),
      { numRuns: 100 },
    );
    // What is to be shown has happened.
    expect(Math.min(seen.groups, seen.receipts, seen.approvals)).toBeGreaterThan(5);
  });
});
