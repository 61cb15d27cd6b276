/** Signed heads of a run under way: of all lines so far, often enough, and no more once it is over. */
import { describe, expect, it } from "vitest";
import { FLIGHT_FORMAT, type FlightLine } from "../../src/abi/event.js";
import type { SyscallRequest } from "../../src/abi/request.js";
import { verifyCheckpoint } from "../../src/evidence/checkpoint.js";
import { nodeDigests } from "../../src/host/digests.js";
import { draftCheckpoint } from "../../src/kernel/checkpoint.js";
import { Dispatch } from "../../src/kernel/dispatch.js";
import { INITIAL_STATE } from "../../src/kernel/state.js";
import { findingsOf, RUN_KEY, verifyLines, verifySignature } from "../evidence/fixture.js";
import { naiveLeaf, naiveRoot } from "../evidence/naive-tree.js";
import { ALLOW_ALL, kernel, linesOf, RUN, runFacts, SECRET, typesOf } from "./fixture.js";
import { scriptedPorts, settle, type Script, type ScriptedPorts } from "./ports.js";
import { CLOSE, request } from "./running.js";

async function running(
  lines = 8,
  script: Script = {},
): Promise<ScriptedPorts & { dispatch: Dispatch<SyscallRequest> }> {
  const ports = scriptedPorts({ sign: RUN_KEY.sign, verify: verifySignature, ...script });
  const dispatch = new Dispatch<SyscallRequest>(kernel, nodeDigests, ports);
  const facts = runFacts({ format: FLIGHT_FORMAT, public_key: RUN_KEY.publicHex, checkpoints: { lines, ms: 1000 } });
  await dispatch.open(facts, SECRET, { name: "test", source: ALLOW_ALL });
  return { ...ports, dispatch };
}

type CheckpointLine = Extract<FlightLine, { readonly type: "checkpoint" }>;
const heads = (lines: readonly string[]): readonly CheckpointLine[] =>
  linesOf(lines).filter((line): line is CheckpointLine => line.type === "checkpoint");

describe("a checkpoint", () => {
  it("is none before a run is open", () => {
    expect(() => draftCheckpoint(INITIAL_STATE, nodeDigests)).toThrow("no run is open");
  });

  it("is a note of the run's key over the tree of all lines before it", async () => {
    const { dispatch, lines } = await running();
    for (let i = 0; i < 9; i++) await dispatch.request(request);
    await dispatch.close(CLOSE);
    expect(heads(lines).length).toBeGreaterThan(4);
    for (const { seq, value } of heads(lines)) {
      const deps = { digests: nodeDigests, verifySignature };
      const checked = verifyCheckpoint(deps, value.note, { publicKey: RUN_KEY.publicHex, run: RUN });
      const root = naiveRoot(lines.slice(0, seq).map(naiveLeaf));
      expect(checked).toMatchObject({ ok: true, value: { size: seq, root } });
    }
    expect(findingsOf(verifyLines(lines))).toEqual([]);
  });

  it.each([1, 2, 8, 256])("leaves no more than %i lines unsigned", async (due) => {
    const { dispatch, lines } = await running(due);
    await Promise.all(Array.from({ length: 12 }, () => dispatch.request(request)));
    for (let i = 0; i < 12; i++) await dispatch.note({ session: "s1", fact: "ping" });
    let since = 0;
    for (const type of typesOf(lines)) {
      since = type === "checkpoint" ? 0 : since + 1;
      expect(since).toBeLessThanOrEqual(due);
    }
    await dispatch.close(CLOSE);
    expect(findingsOf(verifyLines(lines))).toEqual([]);
  });

  it("stands after the policy and before the close, and nowhere when nothing is new", async () => {
    const { dispatch, lines } = await running();
    expect(typesOf(lines)).toEqual(["open", "policy", "checkpoint"]);
    await dispatch.checkpoint();
    await dispatch.checkpoint();
    expect(lines).toHaveLength(3);
    await dispatch.note({ session: "s1", fact: "ping" });
    await dispatch.checkpoint();
    await dispatch.close(CLOSE);
    expect(typesOf(lines).slice(3)).toEqual(["session", "checkpoint", "close"]);
  });

  it("is none after the close, whoever asks for one", async () => {
    const { dispatch, lines } = await running();
    await dispatch.note({ session: "s1", fact: "ping" });
    await dispatch.close(CLOSE);
    await dispatch.checkpoint();
    expect(typesOf(lines).at(-1)).toBe("close");
  });

  it("that cannot be signed ends the run: nothing acts any more", async () => {
    let left = 1;
    const sign = (statement: string): string => {
      if (statement.startsWith("agentk/receipts/") || left-- > 0) return RUN_KEY.sign(statement);
      throw new Error("no key");
    };
    const { dispatch, lines, acts } = await running(8, { sign });
    await dispatch.request(request);
    await dispatch.note({ session: "s1", fact: "ping" });
    const before = acts().length;
    await dispatch.checkpoint();
    expect((await dispatch.request(request)).decision.rule).toBe("recorder-fault");
    expect(acts().length).toBe(before);
    await dispatch.close(CLOSE);
    expect(typesOf(lines)).not.toContain("close");
    expect(dispatch.fault?.message).toBe("no key");
  });

  it("that fails right behind a receipt lets its call not begin", async () => {
    // With a checkpoint due at every line, the one after the receipts line is refused.
    let isAfterReceipts = false;
    const append: Script["append"] = (line) => {
      if (isAfterReceipts) throw new Error("disk full");
      isAfterReceipts = line.includes('"type":"receipts"');
      return undefined;
    };
    const { dispatch, acts } = await running(1, { append });
    const judged = await dispatch.request(request);
    await settle();
    expect(dispatch.fault?.message).toBe("disk full");
    expect([judged.decision.rule, acts()]).toEqual(["recorder-fault", []]);
  });
});
