/** Receipts as the kernel gives them: one signature a group, each good alone, and nothing acts before they are written. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decisionName } from "../../src/abi/decision.js";
import type { FlightLine } from "../../src/abi/event.js";
import { MAX_GROUP } from "../../src/abi/signed.js";
import { leafHash, verifyInclusion } from "../../src/evidence/merkle.js";
import { receiptsStatement } from "../../src/evidence/receipt.js";
import { nodeDigests } from "../../src/host/digests.js";
import { draftReceipts, receiptsIn } from "../../src/kernel/receipts.js";
import { naiveLeaf, naiveRoot } from "../evidence/naive-tree.js";
import { RUN_KEY, verifySignature } from "../evidence/fixture.js";
import { ALLOW_ALL, ask, at, kernel, linesOf, opened, policyOf, requestOf, RUN, Run, typesOf } from "./fixture.js";
import { gate, onLine, settle, type Script } from "./ports.js";
import { nonceOf, post, read, receipted, started } from "./receipted.js";
import { CLOSE, request, running, type Running } from "./running.js";

const claimOf = (call: string, session = "s1"): { call: string; session: string; nonce: string } => ({
  ...{ call, session },
  nonce: nonceOf(1),
});

describe("a receipt is drafted for no call", () => {
  const asked = ask(started(), read);
  const draft = (state = asked.state, ...calls: readonly ReturnType<typeof claimOf>[]): unknown =>
    draftReceipts(state, calls, at, nodeDigests);
  const ASKS = policyOf({ id: "ask", effect: "ask", syscalls: ["tool.invoke"] });

  it("but one that was allowed and waits", () => {
    expect(draft(asked.state, claimOf("c2"))).toMatchObject({ value: { receipts: [{ call: "c2" }] } });
  });

  it.each<readonly [string, () => unknown]>([
    ["that was never made", () => draft(asked.state, claimOf("c9"))],
    ["of another session", () => draft(asked.state, claimOf("c2", "s2"))],
    ["twice in a group", () => draft(asked.state, claimOf("c2"), claimOf("c2"))],
    ["that was denied", () => draft(ask(started(), requestOf("secret.open")).state, claimOf("c2"))],
    [
      "that a human is asked about",
      () => draft(ask(opened(ASKS, { format: "agentk-flight/4" }), read).state, claimOf("c2")),
    ],
    ["that has its receipt", () => draft(receipted([read]).state, claimOf("c2"))],
    [
      "that has its outcome",
      () => {
        const outcome = { call: "c2", session: "s1", status: "unknown" } as const;
        return draft(kernel(asked.state, { type: "outcome", at, outcome }).state, claimOf("c2"));
      },
    ],
    ["of a run of version 1", () => draft(ask(opened(ALLOW_ALL), read).state, claimOf("c2"))],
    [
      "of a run of version 2",
      () => draft(ask(opened(ALLOW_ALL, { format: "agentk-flight/2" }), read).state, claimOf("c2")),
    ],
  ])("%s", (_what, make) => {
    expect(make).toThrow();
  });

  it("that a human refused, and for one that he approved", () => {
    const asking = new Run(ASKS);
    const [one, two] = [asking.call("read", {}), asking.call("read", {})];
    asking.approval(one, "refused");
    asking.approval(two, "approved");
    expect(() => draft(asking.state, claimOf(one.event.value.call))).toThrow();
    expect(draft(asking.state, claimOf(two.event.value.call))).toBeDefined();
  });
});

describe("a group", () => {
  it("of any size has the root of RFC 6962 over its digests, and each receipt verifies alone", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (count) => {
        const { draft, receipts } = receipted(Array.from({ length: count }, (_, i) => (i % 3 === 0 ? post : read)));
        const digests = draft.receipts.map(({ digest }) => digest);
        expect(draft.value.root).toBe(naiveRoot(digests.map(naiveLeaf)));
        for (const [index, { path, root, signature }] of receipts.entries()) {
          const leaf = leafHash(nodeDigests, digests[index] ?? "");
          expect(verifyInclusion(nodeDigests, { leaf, index, size: count, path: path.hashes, root })).toBe(true);
          expect(verifySignature(RUN_KEY.publicHex, `agentk/receipts/1\n${RUN}\n${root}\n`, signature)).toBe(true);
        }
        expect(receipts.every(({ path }, index) => path.index === index && path.size === count)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it("of one has the receipt's own leaf for its root, and an empty path", () => {
    const { draft, receipts } = receipted([read]);
    expect(draft.value.root).toBe(naiveLeaf(draft.receipts[0]?.digest ?? ""));
    expect(receipts[0]?.path).toEqual({ index: 0, size: 1, hashes: [] });
    expect(receiptsIn(draft, "", nodeDigests).size).toBe(1);
    expect(draft.statement).toBe(receiptsStatement(RUN, draft.value.root));
  });
});

type ReceiptsLine = Extract<FlightLine, { readonly type: "receipts" }>;

function receiptLines({ lines }: Running): readonly ReceiptsLine[] {
  return linesOf(lines).filter((line): line is ReceiptsLine => line.type === "receipts");
}

/** Signatures over groups of receipts. */
function groupsSigned({ signed }: Running): number {
  return signed.filter((statement) => statement.startsWith("agentk/receipts/1\n")).length;
}

describe("the shell", () => {
  it.each([
    [1, [1]],
    [32, [32]],
    [MAX_GROUP, [MAX_GROUP]],
  ])("signs once for %i calls that are ready together", async (count, sizes) => {
    const run = await running();
    const judged = await Promise.all(Array.from({ length: count }, () => run.dispatch.request(request)));
    expect(judged.map(({ decision }) => decisionName(decision))).toEqual(Array(count).fill("allow:all"));
    expect(receiptLines(run).map(({ value }) => value.receipts.length)).toEqual(sizes);
    expect(groupsSigned(run)).toBe(1);
    expect(new Set(receiptLines(run).flatMap(({ value }) => value.receipts.map(({ nonce }) => nonce))).size).toBe(
      count,
    );
  });

  it("signs anew for each call that comes alone", async () => {
    const run = await running();
    for (let i = 0; i < 3; i++) await run.dispatch.request(request);
    expect(receiptLines(run).map(({ value }) => value.receipts.length)).toEqual([1, 1, 1]);
    expect(groupsSigned(run)).toBe(3);
  });

  it("gives none to what is denied, beside calls that get theirs", async () => {
    const run = await running();
    const kinds = ["tool.invoke", "secret.open", "tool.describe", "network.send"] as const;
    await Promise.all(kinds.map((kind) => run.dispatch.request(requestOf(kind))));
    expect(receiptLines(run).map(({ value }) => value.receipts.map(({ call }) => call))).toEqual([["c3", "c5"]]);
    expect(run.acts()).toEqual(["c3", "c5"]);
  });

  it("gives none to calls that were given up before it was signed", async () => {
    const run = await running();
    const asked = [run.dispatch.request(request), run.dispatch.request(request)];
    const given = run.dispatch.interrupt();
    const judged = await Promise.all(asked);
    await given;
    expect(judged.map(({ decision }) => decisionName(decision))).toEqual(["deny:run-closed", "deny:run-closed"]);
    expect([groupsSigned(run), receiptLines(run).length, run.acts().length]).toEqual([0, 0, 0]);
    const outcomes = linesOf(run.lines).filter(({ type }) => type === "outcome");
    expect(outcomes.map(({ value }) => value)).toMatchObject([{ status: "unknown" }, { status: "unknown" }]);
  });

  it("lets nothing act before the line is appended, nor before it is on the disk where that is due", async () => {
    const flush = gate();
    const run = await running({ append: onLine("receipts", () => flush.promise) });
    const asked = [run.dispatch.request(request), run.dispatch.request({ ...request, session: "s2" })];
    await settle();
    expect([typesOf(run.lines).slice(3), run.acts()]).toEqual([["syscall", "syscall", "receipts"], []]);
    flush.open();
    await Promise.all(asked);
    const order = run.happened.flatMap((one) => {
      if (one.what === "act") return ["act"];
      return one.line.includes('"type":"receipts"')
        ? [`${one.what}${one.what === "append" ? String(one.durable) : ""}`]
        : [];
    });
    expect(order).toEqual(["appendtrue", "on-disk", "act", "act"]);
  });

  const broken = (): never => {
    throw new Error("broken");
  };
  it.each<readonly [string, Script]>([
    [
      "cannot be signed",
      { sign: (statement) => (statement.startsWith("agentk/receipts/") ? broken() : "00".repeat(64)) },
    ],
    ["cannot be appended", { append: onLine("receipts", broken) }],
    ["cannot be flushed", { append: onLine("receipts", () => Promise.reject(new Error("broken"))) }],
  ])("lets nothing act, now or later, when it %s", async (_what, script) => {
    const run = await running(script);
    const judged = await Promise.all([run.dispatch.request(request), run.dispatch.request(request)]);
    judged.push(await run.dispatch.request(request));
    expect(judged.map(({ decision }) => decisionName(decision))).toEqual(Array(3).fill("deny:recorder-fault"));
    expect(run.acts()).toEqual([]);
    expect(run.dispatch.fault?.message).toBe("broken");
    await run.dispatch.close(CLOSE);
    expect(typesOf(run.lines)).not.toContain("close");
  });
});
