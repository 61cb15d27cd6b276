/** The gate: a receipt opens it once, for the one call it was made for, and nothing else opens it. */
import { describe, expect, it } from "vitest";
import { decisionName, type ReceiptFault } from "../../src/abi/decision.js";
import { openPayload, type SyscallRequest } from "../../src/abi/request.js";
import { nodeDigests } from "../../src/host/digests.js";
import { Gate, type Effect, type Receipt } from "../../src/kernel/gate.js";
import { RECEIPT_LINES, RECEIPT_MS } from "../../src/kernel/receipts.js";
import { RUN_KEY, testKey, verifySignature } from "../evidence/fixture.js";
import { at, linesOf, payload, runFacts } from "./fixture.js";
import { fakeSeal, gate as byHand, onLine, settle, type Script } from "./ports.js";
import { mustHave, post, read, receipted } from "./receipted.js";
import { request, running } from "./running.js";

const NOW = at.wall_ms;
const newGate = (): Gate => new Gate({ digests: nodeDigests, verify: verifySignature });
const group = receipted([read, post, read]);
const [ofRead, ofPost, ofOther] = group.receipts.map((one) => one) as [Receipt, Receipt, Receipt];
const [reads, posts, readsAgain] = group.effects.map((one) => one) as [Effect, Effect, Effect];

const redeem = (receipt: Receipt | undefined, effect: Effect): ReceiptFault | undefined =>
  newGate().redeem(receipt, effect, group.state, NOW);

describe("a receipt", () => {
  it("opens the gate for its call, with changed arguments and without", () => {
    expect(redeem(ofRead, reads)).toBeUndefined();
    expect(posts.sent).toBe('{"note":"[redacted]","to":"t"}'.replace("[redacted]", sentNote()));
    expect(redeem(ofPost, posts)).toBeUndefined();
  });

  it("that is not there opens nothing", () => {
    expect(redeem(undefined, reads)).toBe("receipt-missing");
  });

  it("of another call opens nothing, though it asks for the same", () => {
    expect(redeem(ofOther, reads)).toBe("receipt-altered");
    expect(redeem(ofRead, readsAgain)).toBe("receipt-altered");
    expect(redeem(ofRead, { ...reads, call: readsAgain.call })).toBe("receipt-altered");
  });

  const asking = (more: Partial<SyscallRequest>): Effect => ({ ...reads, request: { ...read, ...more } });
  it.each<readonly [string, Effect]>([
    ["agent", asking({ agent: "agent://test/two" })],
    ["session", asking({ session: "s2" })],
    ["server", asking({ server: "other" })],
    ["tool", asking({ subject: { tool: "write" } })],
    ["kind", asking({ kind: "tool.describe", subject: { item: "tools" } })],
    ["kind, to one that there is not", asking({ kind: "unknown", subject: { name: "x" } })],
    ["value of an argument", asking({ arguments: payload({ path: "b" }) })],
    ["name of an argument", asking({ arguments: payload({ file: "a" }) })],
    ["number of arguments", asking({ arguments: payload({ path: "a", more: 1 }) })],
    ["text of the arguments", asking({ arguments: openPayload('{"path": "a"}') })],
    ["presence of arguments", { ...reads, request: withoutArguments(read) }],
    ["arguments to be sent, put in", { ...reads, sent: '{"path":"b"}' }],
  ])("opens nothing for another %s", (_what, effect) => {
    expect(redeem(ofRead, effect)).toBe("receipt-altered");
  });

  it.each<readonly [string, string | undefined]>([
    ["others", '{"note":"n","to":"t"}'],
    ["none", undefined],
  ])("for changed arguments opens nothing for %s", (_what, sent) => {
    expect(redeem(ofPost, { ...posts, sent })).toBe("receipt-altered");
  });

  const entry = (more: Partial<Receipt["entry"]>): Receipt => ({ ...ofRead, entry: { ...ofRead.entry, ...more } });
  const path = (more: Partial<Receipt["path"]>): Receipt => ({ ...ofRead, path: { ...ofRead.path, ...more } });
  const other = "0".repeat(64);
  it.each<readonly [string, Receipt]>([
    ["policy", { ...ofRead, intent: { ...ofRead.intent, policy: other } }],
    ["line", { ...ofRead, intent: { ...ofRead.intent, intent: other } }],
    ["nonce", entry({ nonce: "ff".repeat(16) })],
    ["time of its end", entry({ expires_ms: ofRead.entry.expires_ms + 1 })],
    ["line of its end", entry({ expires_seq: ofRead.entry.expires_seq + 1 })],
    ["call", entry({ call: readsAgain.call })],
    ["id", entry({ id: `cap_${"0".repeat(16)}` })],
    ["root", { ...ofRead, root: other }],
    ["place", path({ index: 1 })],
    ["size of its group", path({ size: 9 })],
    ["hash on its path", path({ hashes: ofRead.path.hashes.map(() => other) })],
    ["length of its path", path({ hashes: ofRead.path.hashes.slice(1) })],
    ["path, none at all", path({ hashes: [] })],
  ])("with another %s opens nothing", (_what, receipt) => {
    expect(redeem(receipt, reads)).toBe("receipt-altered");
  });

  it("of another run, or in a run that has none open, opens nothing", () => {
    const elsewhere = { ...group.state, run: { ...mustHave(group.state.run), run: "20261121T035413Z-ffffffffffff" } };
    expect(newGate().redeem(ofRead, reads, elsewhere, NOW)).toBe("receipt-altered");
    expect(newGate().redeem(ofRead, reads, { ...group.state, run: undefined }, NOW)).toBe("receipt-altered");
  });

  it("that another key signed opens nothing, nor does one without its signature", () => {
    const forged = receipted([read], testKey(8));
    const [receipt, effect] = [mustHave(forged.receipts[0]), mustHave(forged.effects[0])];
    expect(newGate().redeem(receipt, effect, forged.state, NOW)).toBe("receipt-signature");
    for (const signature of [ofPost.root.repeat(2), "", "zz"])
      expect(redeemQuietly({ ...ofRead, signature })).toBe("receipt-signature");
    expect(newGate().redeem(ofRead, reads, { ...group.state, key: undefined }, NOW)).toBe("receipt-signature");
    expect(newGate().redeem(ofRead, reads, { ...group.state, key: testKey(8).publicHex }, NOW)).toBe(
      "receipt-signature",
    );
  });

  it("is no good under a signature that was found good for another key", () => {
    const gate = newGate();
    expect(gate.redeem(ofRead, reads, group.state, NOW)).toBeUndefined();
    expect(gate.redeem(ofPost, posts, { ...group.state, key: testKey(8).publicHex }, NOW)).toBe("receipt-signature");
    expect(gate.redeem({ ...ofPost, signature: "0".repeat(128) }, posts, group.state, NOW)).toBe("receipt-signature");
  });

  it("is no good under the signature of another group, though that was found good by this very key", () => {
    const gate = newGate();
    expect(gate.redeem(ofRead, reads, group.state, NOW)).toBeUndefined();
    const other = receipted([post, read]);
    const [receipt, effect] = [mustHave(other.receipts[0]), mustHave(other.effects[0])];
    expect(receipt.root).not.toBe(ofRead.root);
    const borrowed = { ...receipt, signature: ofRead.signature };
    expect(gate.redeem(borrowed, effect, other.state, NOW)).toBe("receipt-signature");
    expect(newGate().redeem(receipt, effect, other.state, NOW)).toBeUndefined();
  });

  it("stands when the key has changed since it was made, and not by a key that the run never had", () => {
    const next = { ...group.state, key: testKey(8).publicHex, formerKeys: [RUN_KEY.publicHex] };
    expect(newGate().redeem(ofRead, reads, next, NOW)).toBeUndefined();
    const forged = receipted([read], testKey(8));
    const [receipt, effect] = [mustHave(forged.receipts[0]), mustHave(forged.effects[0])];
    const named = { ...receipt, key: testKey(8).publicHex };
    expect(newGate().redeem(named, effect, forged.state, NOW)).toBe("receipt-signature");
    expect(newGate().redeem(named, effect, { ...forged.state, key: testKey(8).publicHex }, NOW)).toBeUndefined();
  });

  it("ends with its time and with its line, and not before", () => {
    expect(ofRead.entry.expires_ms).toBe(NOW + RECEIPT_MS);
    const late = { ...group.state, seq: ofRead.entry.expires_seq };
    expect(newGate().redeem(ofRead, reads, late, NOW + RECEIPT_MS)).toBeUndefined();
    expect(newGate().redeem(ofRead, reads, group.state, NOW + RECEIPT_MS + 1)).toBe("receipt-expired");
    expect(newGate().redeem(ofRead, reads, { ...late, seq: late.seq + 1 }, NOW)).toBe("receipt-expired");
  });

  // Claim: E6
  it("opens the gate once, and what was refused has not used it up", () => {
    const gate = newGate();
    expect(gate.redeem(ofRead, readsAgain, group.state, NOW)).toBe("receipt-altered");
    expect(gate.redeem(ofRead, reads, group.state, NOW)).toBeUndefined();
    expect(gate.redeem(ofRead, reads, group.state, NOW)).toBe("receipt-replayed");
    expect(gate.redeem(structuredClone(ofRead), reads, group.state, NOW + 1)).toBe("receipt-replayed");
    expect(gate.redeem(ofOther, readsAgain, group.state, NOW)).toBeUndefined();
  });
});

/** A signature that is none must not make the check itself fail. */
function redeemQuietly(receipt: Receipt): ReceiptFault | undefined {
  const verify = (key: string, statement: string, signature: string): boolean =>
    /^[0-9a-f]{128}$/.test(signature) && verifySignature(key, statement, signature);
  return new Gate({ digests: nodeDigests, verify }).redeem(receipt, reads, group.state, NOW);
}

function sentNote(): string {
  return (JSON.parse(posts.sent ?? "{}") as { note: string }).note;
}

function withoutArguments({ session, agent, server, from, kind, subject }: SyscallRequest): SyscallRequest {
  return { session, agent, server, from, kind, subject };
}

describe("a call whose receipt is refused", () => {
  /** Its own time, so that a receipt can end while it is flushed. */
  const clock = (): { wall: number; readonly now: NonNullable<Script["now"]> } => {
    const time = { wall: NOW, mono: 0, now: () => ({ mono_us: ++time.mono, wall_ms: time.wall }) };
    return time;
  };

  type Refused = () => Promise<{ run: Awaited<ReturnType<typeof running>>; judged: unknown }>;
  const faults: readonly (readonly [ReceiptFault, Refused])[] = [
    [
      "receipt-signature",
      async () => {
        const run = await running({ verify: () => false });
        return { run, judged: await run.dispatch.request(request) };
      },
    ],
    [
      "receipt-altered",
      async () => {
        const flush = byHand();
        const run = await running({ append: onLine("receipts", () => flush.promise) });
        // Whoever made the request changes it while its receipt is on its way to the disk.
        const mine = { ...request };
        const judged = run.dispatch.request(mine);
        await settle();
        mine.arguments = payload({ path: "/etc/passwd" });
        flush.open();
        return { run, judged: await judged };
      },
    ],
    [
      "receipt-expired",
      async () => {
        const [time, flush] = [clock(), byHand()];
        const run = await running({ now: time.now, append: onLine("receipts", () => flush.promise) });
        const judged = run.dispatch.request(request);
        await settle();
        time.wall += RECEIPT_MS + 1;
        flush.open();
        return { run, judged: await judged };
      },
    ],
    [
      "receipt-expired",
      async () => {
        const flush = byHand();
        const run = await running({ append: onLine("receipts", () => flush.promise) });
        const judged = run.dispatch.request(request);
        await settle();
        for (let i = 0; i <= RECEIPT_LINES; i++) await run.dispatch.note({ session: "s1", fact: "ping" });
        flush.open();
        return { run, judged: await judged };
      },
    ],
  ];

  it.each(faults)("%s: never acts, is recorded as not sent, and the agent is told", async (fault, make) => {
    const { run, judged } = await make();
    expect(run.acts()).toEqual([]);
    expect(judged).toEqual({ call: "c3", decision: { verdict: "deny", rule: fault, reason: fault } });
    expect(linesOf(run.lines).at(-1)).toMatchObject({
      type: "outcome",
      value: { call: "c3", refused: fault, session: "s1", status: "not-sent" },
    });
    expect(run.dispatch.current.inFlight).toBe(0);
    expect(run.dispatch.fault).toBeUndefined();
  });

  it("because its nonce came a second time never acts, though the first one did", async () => {
    const run = await running({ nonce: () => "7c".repeat(16) });
    expect(decisionName((await run.dispatch.request(request)).decision)).toBe("allow:all");
    expect(decisionName((await run.dispatch.request(request)).decision)).toBe("deny:receipt-replayed");
    expect(run.acts()).toEqual(["c3"]);
  });

  it("does not throw when a port does: nothing acts, and the request is answered", async () => {
    const broken = (): never => {
      throw new Error("broken");
    };
    let draws = 0;
    const scripts: readonly Script[] = [
      { verify: broken },
      { nonce: broken },
      { now: () => (draws++ < 5 ? { mono_us: draws, wall_ms: NOW } : broken()) },
    ];
    for (const script of scripts) {
      const run = await running(script);
      const judged = await run.dispatch.request(request);
      expect(judged.decision.verdict).toBe("deny");
      expect(run.acts()).toEqual([]);
    }
  });

  it("is none for a change of the key while its line is flushed", async () => {
    const flush = byHand();
    const checks: string[] = [];
    const verify = (key: string, statement: string, signature: string): boolean => {
      checks.push(key);
      return signature === fakeSeal(statement);
    };
    const run = await running({ verify, append: onLine("receipts", () => flush.promise) });
    const judged = run.dispatch.request(request);
    await settle();
    await run.dispatch.rekey({ publicKeyHex: testKey(8).publicHex, sign: fakeSeal });
    flush.open();
    expect(decisionName((await judged).decision)).toBe("allow:all");
    expect(run.acts()).toEqual(["c3"]);
    await run.dispatch.request(request);
    expect(checks).toEqual([runFacts().public_key, testKey(8).publicHex]);
  });

  it("is checked with the run's own key", async () => {
    const keys: string[] = [];
    const run = await running({
      verify: (key, statement, signature) => {
        keys.push(key);
        return signature === fakeSeal(statement);
      },
    });
    await run.dispatch.request(request);
    expect(keys).toEqual([runFacts().public_key]);
  });
});
