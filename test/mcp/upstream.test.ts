/** Requests around the end of a server: none that was meant for one ever reaches the one after it. */
import { describe, expect, test } from "vitest";
import { utf8Bytes } from "../../src/base/bytes.js";
import { openPayload } from "../../src/abi/request.js";
import { toolsCall } from "../../src/mcp/methods/tools-call.js";
import { Session, type Exchange } from "../../src/mcp/session.js";
import { Upstream, type McpRequest } from "../../src/mcp/upstream.js";
import type { RequestId, ResultMessage } from "../../src/mcp/wire/message.js";
import { readMessage } from "../../src/mcp/wire/read.js";
import { resultLine } from "../../src/mcp/wire/write.js";

function world(): { session: Session; upstream: Upstream; sent: string[]; begin: (id: RequestId) => McpRequest } {
  const session = new Session();
  const sent: string[] = [];
  const upstream = new Upstream({ session, send: (line) => void sent.push(line), timeoutMs: 600_000 });
  const begin = (id: RequestId): McpRequest => ({
    ...{ session: "s1", agent: "a", server: "s", from: "client", kind: "tool.invoke", subject: { tool: "t" } },
    arguments: openPayload("{}"),
    exchange: session.beginOwn(id, "tools/call"),
    ...{ contract: toolsCall, params: { name: "t" }, line: `call ${String(id)}` },
  });
  return { session, upstream, sent, begin };
}

/** The server ends, and another is there. */
function replaced({ session, upstream }: ReturnType<typeof world>): void {
  session.lost();
  upstream.gone();
  upstream.back();
}

function answer(id: RequestId): ResultMessage {
  const read = readMessage(utf8Bytes(resultLine(id, { content: [] })), "server");
  if (!read.ok) throw new Error(read.error.code);
  return read.value as ResultMessage;
}

describe("when a server has taken another's place", () => {
  test("what was with the first is answered as gone, and an answer of the second's to it is one to nothing", async () => {
    const at = world();
    const request = at.begin(1);
    const acted = at.upstream.act("c1", request, undefined);
    replaced(at);
    expect(await acted).toEqual({ status: "child-exited" });
    expect(request.answer).toEqual({ kind: "gone" });
    expect(at.sent).toEqual(["call 1"]);
    expect(at.upstream.answered(answer(1))).toEqual({ stray: "orphan" });
  });

  test("what was decided and not sent yet is not sent", async () => {
    const at = world();
    const request = at.begin(1);
    replaced(at);
    expect(await at.upstream.act("c1", request, undefined)).toEqual({ status: "not-sent" });
    expect(request.answer).toEqual({ kind: "gone" });
    expect(at.session.inFlight).toBe(0);
    expect(at.sent).toEqual([]);
  });

  test("what was forwarded and not sent yet is not sent", async () => {
    const at = world();
    const [asked, greeting] = [at.begin(1).exchange, at.begin(2).exchange];
    for (const exchange of [asked, greeting]) expect(at.session.forward(exchange)).toBe(true);
    replaced(at);
    expect(await at.upstream.ask(asked, "late")).toEqual({ kind: "gone" });
    expect(await at.upstream.greet(greeting, "late")).toEqual({ kind: "gone" });
    expect(at.sent).toEqual([]);
  });

  test("what was given up at the first holds no id and no token at the second", () => {
    const at = world();
    const hung: Exchange = at.session.begin({
      ...{ form: "request", id: 1, method: "tools/call", canonical: "" },
      params: { name: "t", _meta: { progressToken: "p" } },
    });
    at.session.forward(hung);
    at.session.abandon(hung);
    replaced(at);
    expect(at.session.begin({ form: "request", id: 1, method: "ping", canonical: "" }).id).toBe(1);
  });

  test("a new request is asked of the second, and answered by it", async () => {
    const at = world();
    replaced(at);
    const acted = at.upstream.act("c1", at.begin(1), undefined);
    expect(at.upstream.answered(answer(1))).toBeUndefined();
    expect((await acted).status).toBe("ok");
    expect(at.sent).toEqual(["call 1"]);
  });

  test("as long as none is there, only a greeting is sent", async () => {
    const at = world();
    at.upstream.gone();
    expect(await at.upstream.ask(at.begin(1).exchange, "call")).toEqual({ kind: "gone" });
    const { exchange } = at.begin("agentk:1");
    at.session.forward(exchange);
    const greeted = at.upstream.greet(exchange, "hello");
    expect(at.sent).toEqual(["hello"]);
    at.upstream.answered(answer("agentk:1"));
    expect((await greeted).kind).toBe("result");
  });
});
