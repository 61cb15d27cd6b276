/** What a run signs as it goes: heads of its log, a receipt for each call before the call begins, one key for all runs. */
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { testFolder, type LoggedEvent, type ProxyProcess } from "./proxy-process.js";
import { startScripted } from "./scripted-proxy.js";
import { outcomes, untilLogged, verified } from "./watch.js";

const ECHO_ALONE = `
[[rules]]
id = "echo"
effect = "allow"
[rules.when]
syscalls = ["tool.invoke"]
tool = "echo"

[[rules]]
id = "results"
effect = "allow"
[rules.when]
syscalls = ["tool.describe", "tool.response"]

[[rules]]
id = "default-deny"
effect = "deny"
`;

function checkpointsIn(events: readonly LoggedEvent[]): readonly number[] {
  return events.filter(({ type }) => type === "checkpoint").map(({ seq }) => seq);
}

/** The line that gives a call its receipt: exactly one, or undefined. */
function receiptOf(events: readonly LoggedEvent[], call: string | undefined): number | undefined {
  const lines = events.filter(
    ({ type, value }) =>
      type === "receipts" && (value["receipts"] as readonly { readonly call: string }[]).some((r) => r.call === call),
  );
  expect(lines.length).toBeLessThan(2);
  return lines[0]?.seq;
}

describe("heads of the log", () => {
  test("are signed after the policy, before the close, and after no more lines than the first line says", async () => {
    const { proxy } = startScripted("heads");
    await proxy.handshake();
    await Promise.all(Array.from({ length: 150 }, (_, i) => proxy.call("echo", { i })));
    await proxy.close();
    const events = proxy.events();
    const { lines } = events[0]?.value["checkpoints"] as { readonly lines: number };
    const heads = checkpointsIn(events);
    expect([heads[0], heads.at(-1)]).toEqual([2, events.length - 2]);
    expect(heads.length).toBeGreaterThan(2);
    for (const [i, seq] of heads.entries()) expect(seq - (heads[i - 1] ?? 1) - 1).toBeLessThanOrEqual(lines);
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });

  test("are signed while nothing else happens, once what has happened is old enough", async () => {
    const { proxy } = startScripted("idle");
    await proxy.handshake();
    await proxy.call("echo");
    await untilLogged(proxy, (events) => {
      const done = events.find(({ type }) => type === "outcome")?.seq ?? Infinity;
      return (checkpointsIn(events).at(-1) ?? 0) > done;
    });
    await proxy.close();
    expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });
});

describe("receipts", () => {
  // Claim: E6
  test("one for each call that is allowed, after its decision and before its result; none for another", async () => {
    const { proxy } = startScripted("receipts", { policy: ECHO_ALONE });
    await proxy.handshake();
    await Promise.all(["echo", "secret", "echo", "hold", "echo"].map((tool) => proxy.call(tool)));
    await proxy.close();
    const events = proxy.events();
    const asked = events.filter(({ type, value }) => type === "syscall" && value.kind === "tool.invoke");
    expect(asked.map(({ value }) => value.decision?.verdict)).toEqual(["allow", "deny", "allow", "deny", "allow"]);
    for (const { seq, value } of asked) {
      const receipt = receiptOf(events, value.call);
      if (value.decision?.verdict === "deny") {
        expect(receipt).toBeUndefined();
        continue;
      }
      const page = events.find(({ type, value: { call } }) => type === "page" && call === value.call);
      expect(receipt).toBeGreaterThan(seq);
      expect(receipt).toBeLessThan(page?.seq ?? 0);
    }
    expect(outcomes(proxy)).toEqual(["ok", "ok", "ok"]);
  });
});

describe("the key", () => {
  async function runIn(data: string): Promise<ProxyProcess> {
    const { proxy } = startScripted("key", { flags: ["--payloads", "none"], env: { AGENTK_DATA_DIR: data } });
    await proxy.handshake();
    await proxy.close();
    return proxy;
  }
  const keyOf = (proxy: ProxyProcess): unknown => proxy.events()[0]?.value["public_key"];

  test("is the operator's: made and told of once, then the same in all runs of a data folder, and in no other", async () => {
    const data = join(testFolder("operator"), "data");
    const first = await runIn(data);
    const second = await runIn(data);
    const stranger = await runIn(join(testFolder("stranger"), "data"));
    const told = `agentk: a key for signatures was made at ${join(data, "signing.key")}\n`;
    expect(first.stderr.split(told)).toHaveLength(2);
    expect(second.stderr).not.toContain("a key for");
    expect(keyOf(first)).toMatch(/^[0-9a-f]{64}$/);
    expect(keyOf(second)).toBe(keyOf(first));
    expect(keyOf(stranger)).not.toBe(keyOf(first));
    for (const proxy of [first, second, stranger]) expect(await verified(proxy)).toEqual({ code: 0, ok: true });
  });
});
