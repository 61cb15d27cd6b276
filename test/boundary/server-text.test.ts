/** The same lines from the server: none reaches the client, each is a fault of the server, 64 of them end the run. */
import { expect, test } from "vitest";
import { MAX_CHILD_FAULTS, MAX_JSON_DEPTH, MAX_LINE_BYTES } from "../../src/base/limits.js";
import type { ProxyProcess } from "./proxy-process.js";
import { judgedCalls, startScripted } from "./scripted-proxy.js";
import { outcomes } from "./watch.js";

const TIMEOUT = 7003;
const SERVER_GONE = 7002;

/** A result for the call at hand, with the given text inside its one content item. */
function result(item: string): string {
  return `{"jsonrpc":"2.0","id":$ID,"result":{"content":[{"type":"text",${item}}]}}`;
}

const GOOD = result('"text":"canary"');
const BODY = '"result":{"content":[{"type":"text","text":"canary"}]}';

function nested(depth: number): string {
  return `${"[".repeat(depth)}"canary"${"]".repeat(depth)}`;
}

/** What the server writes instead of its answer, and the fault that is recorded. */
const LINES: readonly (readonly [line: string, fault: string])[] = [
  [`[${GOOD}]`, "batch"],
  ['"canary"', "not-an-object"],
  ["Server listening on canary", "json-syntax"],
  ["", "json-syntax"],
  [GOOD.slice(0, -1), "json-syntax"],
  [`\ufeff${GOOD}`, "json-syntax"],
  [result('"text":"canary","x":NaN'), "json-syntax"],
  [result('"text":"canary\\ud800"'), "json-lone-surrogate"],
  [`{"id":0,${GOOD.slice(1)}`, "json-duplicate-key"],
  [result('"text":"canary","text":"other"'), "json-duplicate-key"],
  [result('"text":"canary","\\u0074ext":"other"'), "json-duplicate-key"],
  [result('"text":"canary","__proto__":{"a":1}'), "json-prototype-key"],
  [result('"text":"canary","constructor":{"prototype":{}}'), "json-prototype-key"],
  [result('"text":"canary","x":1e400'), "json-unsafe-number"],
  [result('"text":"canary","x":12345678901234567890'), "json-unsafe-number"],
  [result(`"text":"canary","x":${nested(MAX_JSON_DEPTH)}`), "json-too-deep"],
  [result(`"text":"canary","x":${nested(100_000)}`), "json-too-deep"],
  [`{"jsonrpc":"2.0","id":null,${BODY}}`, "bad-id"],
  [`{"jsonrpc":"2.0","id":1.5,${BODY}}`, "bad-id"],
  [`{"jsonrpc":"2.0","id":{"a":1},${BODY}}`, "bad-id"],
  [`{"jsonrpc":"2.0","id":[$ID],${BODY}}`, "bad-id"],
  [`{"jsonrpc":"2.0",${BODY}}`, "bad-id"],
  [`{"jsonrpc":"2.0","id":9007199254740993,${BODY}}`, "json-unsafe-number"],
  [`{"jsonrpc":"2.0","id":"nobody",${BODY}}`, "orphan-answer"],
  ['{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":"canary"}}', "orphan-answer"],
  ['{"jsonrpc":"2.0","error":{"code":1,"message":"canary"}}', "orphan-answer"],
  [`{"extra":1,${GOOD.slice(1)}`, "unknown-envelope-member"],
  [GOOD.replace("2.0", "1.0"), "bad-version"],
  [`{"error":{"code":1,"message":"canary"},${GOOD.slice(1)}`, "ambiguous-envelope"],
  [`{"method":"tools/call",${GOOD.slice(1)}`, "ambiguous-envelope"],
  [`{"params":{},${GOOD.slice(1)}`, "ambiguous-envelope"],
  ['{"jsonrpc":"2.0","id":$ID,"result":["canary"]}', "bad-result"],
  ['{"jsonrpc":"2.0","id":$ID,"result":null}', "bad-result"],
  ['{"jsonrpc":"2.0","id":$ID,"error":{"message":"canary"}}', "bad-error"],
  ['{"jsonrpc":"2.0","id":$ID,"error":{"code":1,"message":"canary","more":1}}', "bad-error"],
  ['{"jsonrpc":"2.0","id":$ID,"error":"canary"}', "bad-error"],
  ['{"jsonrpc":"2.0","id":0,"method":"","params":{"a":"canary"}}', "bad-method"],
  ['{"jsonrpc":"2.0","method":"notifications/progress","params":["canary"]}', "bad-params"],
];

/** Not UTF-8; the newline is the server's. */
const BYTES = `${Buffer.from('{"jsonrpc":"2.0","id":0,"a":"canary').toString("hex")}ffc0af227d0a`;

function faultsOf(proxy: ProxyProcess): readonly unknown[] {
  return proxy
    .events()
    .filter(({ value }) => value.fact === "child-fault")
    .map(({ value }) => value["fault"]);
}

test("only the call at hand fails, and the session goes on", async () => {
  const { proxy } = startScripted("server-text", { flags: ["--response-timeout-ms", "2000"] });
  await proxy.handshake();
  const broken = [
    ...LINES.map(([line]) => proxy.call("raw", { line })),
    proxy.call("bytes", { hex: BYTES }),
    proxy.call("big", { bytes: MAX_LINE_BYTES }),
    proxy.call("spill", { bytes: MAX_LINE_BYTES + 1 }),
    // Ends the line that was spilt: nothing of it comes back.
    proxy.call("bytes", { hex: Buffer.from(`${BODY}\n`).toString("hex") }),
  ];
  const answers = await Promise.all(broken);
  expect(answers.map(({ error }) => error?.code)).toEqual(answers.map(() => TIMEOUT));
  const echo = await proxy.call("echo", { after: "all" });
  expect(echo.result).toEqual({ content: [{ type: "text", text: '{"after":"all"}' }] });
  // One answer for the handshake, each call and the echo, and nothing else.
  expect(proxy.replies).toHaveLength(answers.length + 2);
  expect(JSON.stringify(proxy.replies)).not.toContain("canary");
  expect(faultsOf(proxy)).toEqual([
    ...LINES.map(([, fault]) => fault),
    ...["not-utf8", "line-too-long", "line-too-long"],
  ]);
  expect(outcomes(proxy)).toEqual([...answers.map(() => "timeout"), "ok"]);
  expect(await proxy.close()).toEqual({ code: 0, signal: null });
});

test("a carriage return, white space and members out of order are no faults; the client gets RFC 8785 text", async () => {
  const { proxy } = startScripted("server-canonical");
  await proxy.handshake();
  const line = ' {"result" : {"content":[],"b":1.0,"a":"\\u0041"},"jsonrpc":"2.0", "id":$ID}\r';
  const raw: string[] = [];
  proxy.process.stdout.on("data", (chunk: Buffer) => raw.push(chunk.toString("utf8")));
  const answer = await proxy.call("raw", { line }, 7);
  expect(answer.result).toEqual({ a: "A", b: 1, content: [] });
  expect(await proxy.close()).toEqual({ code: 0, signal: null });
  expect(raw.join("")).toBe('{"id":7,"jsonrpc":"2.0","result":{"a":"A","b":1,"content":[]}}\n');
  expect(faultsOf(proxy)).toEqual([]);
});

test("an answer to a number is none to a string of the same digits", async () => {
  const { proxy } = startScripted("server-ids");
  await proxy.handshake();
  const number = proxy.call("hang", {}, 1);
  const line = '{"jsonrpc":"2.0","id":"1","result":{"content":[{"type":"text","text":"canary"}]}}';
  const other = await proxy.call("raw", { line: `${line}\n{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}` });
  expect(other.result).toEqual({ content: [] });
  expect(faultsOf(proxy)).toEqual(["orphan-answer"]);
  proxy.send({ jsonrpc: "2.0", id: "1", method: "tools/call", params: { name: "echo", arguments: { which: "text" } } });
  const text = await proxy.reply(({ id }) => id === "1");
  expect(text.result).toEqual({ content: [{ type: "text", text: '{"which":"text"}' }] });
  await proxy.call("raw", {
    line: '{"jsonrpc":"2.0","id":1,"result":{"content":[]}}\n{"jsonrpc":"2.0","id":$ID,"result":{"content":[]}}',
  });
  expect((await number).id).toBe(1);
  expect(JSON.stringify(proxy.replies)).not.toContain("canary");
  await proxy.close();
});

test("64 faults end the run: the server is stopped at once, every call that waits is answered, the exit status is 1", async () => {
  const { proxy } = startScripted("child-faults");
  await proxy.handshake();
  const waiting = [proxy.call("hang"), proxy.call("hang")];
  const lines = Array.from({ length: MAX_CHILD_FAULTS + 10 }, () => "canary");
  const answers = await Promise.all([...waiting, proxy.call("raw", { line: lines.join("\n") })]);
  expect(answers.map(({ error }) => error?.code)).toEqual([SERVER_GONE, SERVER_GONE, SERVER_GONE]);
  expect(await proxy.ended).toEqual({ code: 1, signal: null });
  expect(faultsOf(proxy)).toHaveLength(MAX_CHILD_FAULTS);
  expect(outcomes(proxy)).toEqual(["child-exited", "child-exited", "child-exited"]);
  expect(proxy.events().at(-1)).toMatchObject({ type: "close", value: { reason: "child-faults" } });
  expect(proxy.stderr).toContain("child-faults");
  expect(judgedCalls(proxy)).toHaveLength(3);
});
