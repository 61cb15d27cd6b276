import { expect, test } from "vitest";
import { join } from "node:path";
import { fixture, ProxyProcess, testFolder } from "./proxy-process.js";

test("a call goes through, is answered and recorded; the log closes on end of input", async () => {
  const cwd = testFolder("smoke");
  const proxy = new ProxyProcess({
    cwd,
    server: [process.execPath, fixture("servers/scripted.mjs"), join(cwd, "seen")],
  });
  await proxy.handshake();
  const answer = await proxy.call("echo", { hello: "world" }, 0);
  expect(answer).toEqual({ jsonrpc: "2.0", id: 0, result: { content: [{ type: "text", text: '{"hello":"world"}' }] } });
  expect(await proxy.close()).toEqual({ code: 0, signal: null });
  const types = proxy.events().map(({ type }) => type);
  // How many heads are signed in between is a matter of time.
  expect([types[2], types.at(-2)]).toEqual(["checkpoint", "checkpoint"]);
  expect(types.filter((type) => type !== "checkpoint")).toEqual([
    ...["open", "policy", "session", "session", "page", "session"],
    // agentk's own look at what the server lists, then the call.
    ...["syscall", "receipts", "page", "outcome"],
    ...["syscall", "receipts", "page", "outcome", "session", "close"],
  ]);
});
