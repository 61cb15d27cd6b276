/** Every line that two readers could understand differently, from the client: answered, recorded, never forwarded. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { MAX_JSON_DEPTH, MAX_LINE_BYTES } from "../../src/base/limits.js";
import { judgedCall, refusedCall, startScripted, type ScriptedProxy } from "./scripted-proxy.js";

const PARSE = -32700;
const INVALID = -32600;
const NO_METHOD = -32601;
const PARAMS = -32602;

interface Row {
  readonly what: string;
  /** The line; $ stands for a word that must not reach the server. */
  readonly line: string | Buffer;
  readonly code: number;
  /** The id the answer has; null when the line has none that may be used. */
  readonly id: string | number | null;
  readonly target: string;
  /** The built-in rule that refuses it. */
  readonly rule?: string;
}

/** A call of `echo` with the given arguments as JSON text. */
function callText(args: string): string {
  return `{"jsonrpc":"2.0","id":"x","method":"tools/call","params":{"name":"echo","arguments":${args}}}`;
}

function envelope(members: string): string {
  return `{"jsonrpc":"2.0",${members}}`;
}

/** A line that cannot be read at all: no id of it can be trusted. */
function unreadable(what: string, code: string, line: string | Buffer): Row {
  return { what, line, code: PARSE, id: null, target: `frame:${code}` };
}

/** JSON, but no message. */
function noMessage(what: string, code: string, line: string, id: Row["id"] = null): Row {
  return { what, line, code: INVALID, id, target: `frame:${code}` };
}

function nested(depth: number): string {
  return `${"[".repeat(depth)}"$"${"]".repeat(depth)}`;
}

/** The levels that the envelope, params and arguments take. */
const OUTER_LEVELS = 3;
const CALL = callText('{"a":"$"}');
const PARAMS_TEXT = '"params":{"name":"echo","arguments":{"a":"$"}}';
const HEAD = `"method":"tools/call",${PARAMS_TEXT}`;

const ROWS: readonly Row[] = [
  noMessage("a batch", "batch", `[${CALL}]`),
  noMessage("an empty batch", "batch", "[]"),
  noMessage("a batch of two", "batch", `[${CALL},${CALL}]`),
  noMessage("a string", "not-an-object", '"$"'),
  noMessage("null", "not-an-object", "null"),
  unreadable("a log line", "json-syntax", "Server listening on $"),
  unreadable("an empty line", "json-syntax", ""),
  unreadable("a message cut short", "json-syntax", CALL.slice(0, -1)),
  unreadable("two messages on one line", "json-syntax", `${CALL} ${CALL}`),
  unreadable("a comment", "json-syntax", `${CALL}//`),
  unreadable("NaN", "json-syntax", callText('{"a":NaN,"b":"$"}')),
  unreadable("a trailing comma", "json-syntax", callText('{"a":"$",}')),
  unreadable("a byte order mark", "json-syntax", `\ufeff${CALL}`),
  unreadable("a raw NUL in a string", "json-syntax", callText('{"a":"$\u0000"}')),
  unreadable(
    "bytes that are not UTF-8",
    "not-utf8",
    Buffer.concat([Buffer.from('{"jsonrpc":"2.0","id":"x","a":"$'), Buffer.from("ffc0af", "hex"), Buffer.from('"}\n')]),
  ),
  unreadable("a lone surrogate", "json-lone-surrogate", callText('{"a":"$\\ud800"}')),
  unreadable("a member of the envelope twice", "json-duplicate-key", `{"id":"y",${CALL.slice(1)}`),
  unreadable(
    "the tool named twice",
    "json-duplicate-key",
    envelope('"id":"x","method":"tools/call","params":{"name":"safe","name":"$"}'),
  ),
  unreadable("an argument twice", "json-duplicate-key", callText('{"a":"$","a":2}')),
  unreadable("an argument twice, once escaped", "json-duplicate-key", callText('{"a":"$","\\u0061":2}')),
  unreadable(
    "__proto__ in params",
    "json-prototype-key",
    envelope('"id":"x","method":"tools/call","params":{"__proto__":{"b":"$"},"name":"echo"}'),
  ),
  unreadable("__proto__ in arguments", "json-prototype-key", callText('{"__proto__":{"a":"$"}}')),
  unreadable("__proto__ escaped", "json-prototype-key", callText('{"\\u005f_proto__":{"a":"$"}}')),
  unreadable("constructor.prototype", "json-prototype-key", callText('{"constructor":{"prototype":{"a":"$"}}}')),
  noMessage("the id null", "bad-id", envelope(`"id":null,${HEAD}`)),
  noMessage("the id 1.5", "bad-id", envelope(`"id":1.5,${HEAD}`)),
  noMessage("the id an object", "bad-id", envelope(`"id":{"a":"$"},${HEAD}`)),
  noMessage("the id a list", "bad-id", envelope(`"id":["$"],${HEAD}`)),
  noMessage("the id true", "bad-id", envelope(`"id":true,${HEAD}`)),
  noMessage("the id 1e21", "bad-id", envelope(`"id":1e21,${HEAD}`)),
  noMessage("the id of 257 characters", "bad-id", envelope(`"id":"${"i".repeat(257)}",${HEAD}`)),
  noMessage("the id 2^53", "json-unsafe-number", envelope(`"id":9007199254740992,${HEAD}`)),
  noMessage("an extra member", "unknown-envelope-member", envelope(`"id":"x","extra":1,${HEAD}`), "x"),
  noMessage("jsonrpc 1.0", "bad-version", `{"jsonrpc":"1.0","id":"x",${HEAD}}`, "x"),
  noMessage("jsonrpc a number", "bad-version", `{"jsonrpc":2.0,"id":"x",${HEAD}}`, "x"),
  noMessage("no jsonrpc", "bad-version", `{"id":"x",${HEAD}}`, "x"),
  noMessage("neither call nor answer", "ambiguous-envelope", envelope('"id":"x"'), "x"),
  noMessage("method and result", "ambiguous-envelope", envelope(`"id":"x","result":{},${HEAD}`), "x"),
  noMessage("method and error", "ambiguous-envelope", envelope(`"id":"x","error":{},${HEAD}`), "x"),
  noMessage(
    "result and error",
    "ambiguous-envelope",
    envelope('"id":"x","result":{"a":"$"},"error":{"code":1,"message":"$"}'),
  ),
  noMessage("a result with params", "ambiguous-envelope", envelope(`"id":"x","result":{},${PARAMS_TEXT}`)),
  noMessage("a result that is a list", "bad-result", envelope('"id":"x","result":["$"]')),
  noMessage("an error without code", "bad-error", envelope('"id":"x","error":{"message":"$"}')),
  noMessage("an error without id", "bad-id", envelope('"id":null,"error":{"code":1,"message":"$"}')),
  noMessage("params null", "bad-params", envelope('"id":"x","method":"tools/call","params":null'), "x"),
  noMessage("params a list", "bad-params", envelope('"id":"x","method":"tools/call","params":["$"]'), "x"),
  noMessage("params a string", "bad-params", envelope('"id":"x","method":"tools/call","params":"$"'), "x"),
  noMessage("1e400 in arguments", "json-unsafe-number", callText('{"a":1e400,"b":"$"}')),
  noMessage("1e-400 in arguments", "json-unsafe-number", callText('{"a":1e-400,"b":"$"}')),
  noMessage("an integer of 20 digits", "json-unsafe-number", callText('{"a":12345678901234567890,"b":"$"}')),
  noMessage("an integer of 20 digits as 1.0e19", "json-unsafe-number", callText('{"a":1.0e19,"b":"$"}')),
  unreadable("129 levels", "json-too-deep", callText(`{"a":${nested(MAX_JSON_DEPTH - OUTER_LEVELS + 1)}}`)),
  unreadable("100 000 levels", "json-too-deep", callText(`{"a":${nested(100_000)}}`)),
  unreadable("100 000 levels that never close", "json-too-deep", '{"a":'.repeat(100_000)),
  noMessage("a line over the cap", "line-too-long", callText(`{"a":"$${"x".repeat(MAX_LINE_BYTES)}"}`)),
  noMessage("an empty method", "bad-method", envelope(`"id":"x","method":"",${PARAMS_TEXT}`), "x"),
  noMessage("a method that is a number", "bad-method", envelope(`"id":"x","method":1,${PARAMS_TEXT}`), "x"),
  noMessage("a method of 129 characters", "bad-method", envelope(`"id":"x","method":"${"m".repeat(129)}"`), "x"),
  ...["Tools/Call", "tools/call ", "tools/ca\\u006cl\\u0000", "no/such", "constructor", "toString"].map(
    (method): Row => ({
      what: `the method ${JSON.stringify(method)}`,
      line: envelope(`"id":"x","method":"${method}",${PARAMS_TEXT}`),
      code: NO_METHOD,
      id: "x",
      target: /^[\w/]+$/.test(method) ? method : "(unprintable)",
      rule: "no-contract",
    }),
  ),
  ...['"evil":1', '"task":{}', '"arguments":[]', '"arguments":null', '"_meta":[]', '"_meta":{"progressToken":1.5}'].map(
    (member): Row => ({
      what: `tools/call with ${member}`,
      line: envelope(`"id":"x","method":"tools/call","params":{"name":"$",${member}}`),
      code: PARAMS,
      id: "x",
      target: "tools/call",
      rule: "malformed",
    }),
  ),
  ...['""', "7", '"a\\u0007b"', '"a\\u202eb"', `"${"n".repeat(129)}"`].map((name): Row => ({
    what: `the tool ${name}`,
    line: envelope(`"id":"x","method":"tools/call","params":{"name":${name},"arguments":{"a":"$"}}`),
    code: PARAMS,
    id: "x",
    target: "tools/call",
    rule: "malformed",
  })),
];

/** Puts the word in for `$`, in text or bytes. */
function withWord(line: string | Buffer, word: string): string | Buffer {
  if (typeof line === "string") return line.replaceAll("$", word);
  return Buffer.from(line.toString("latin1").replaceAll("$", word), "latin1");
}

// Claim: M3
describe("a line of the client that is not one plain message", () => {
  let scripted: ScriptedProxy;
  beforeAll(async () => {
    scripted = startScripted("strict");
    await scripted.proxy.handshake();
    // An answer of the server's, so that the handshake's last line has reached it.
    await scripted.proxy.call("echo");
  });
  afterAll(async () => {
    expect(await scripted.proxy.close()).toEqual({ code: 0, signal: null });
  });

  test.each(ROWS.map((row, index) => ({ ...row, index })))("$what", async (row) => {
    const { proxy, seen } = scripted;
    const word = `canary-${String(row.index)}-`;
    const [answered, logged, forwarded] = [proxy.replies.length, proxy.events().length, seen().length];
    proxy.send(withWord(row.line, word));
    const next = `next-${String(row.index)}`;
    const echo = await proxy.call("echo", { next });
    expect(echo.result).toEqual({ content: [{ type: "text", text: `{"next":"${next}"}` }] });
    const [refusal, ...others] = proxy.replies.slice(answered);
    expect(refusal).toMatchObject({ jsonrpc: "2.0", id: row.id, error: { code: row.code } });
    expect(others).toEqual([echo]);
    // No answer repeats what the line held.
    expect(JSON.stringify(refusal)).not.toContain(word);
    const calls = proxy
      .events()
      .slice(logged)
      .filter(({ type }) => type === "syscall")
      .map(judgedCall);
    expect(calls).toEqual([
      refusedCall(row.target, row.rule ?? "malformed"),
      { from: "client", kind: "tool.invoke", target: "downstream-mcp/echo", decision: "allow:tool-call" },
    ]);
    expect(seen().slice(forwarded)).toHaveLength(1);
    expect(seen().at(-1)).toContain(next);
  });

  test("a line over the cap is answered before it ends, once, and the next line is read again", async () => {
    const { proxy, seen } = scripted;
    const [answered, forwarded] = [proxy.replies.length, seen().length];
    proxy.send(Buffer.alloc(MAX_LINE_BYTES + 1, "u"));
    await proxy.reply((reply) => proxy.replies.indexOf(reply) >= answered);
    proxy.send(Buffer.from("uuu\n"));
    const echo = await proxy.call("echo");
    expect(proxy.replies.slice(answered)).toEqual([
      { jsonrpc: "2.0", id: null, error: { code: INVALID, message: "the line is too long" } },
      echo,
    ]);
    expect(seen()).toHaveLength(forwarded + 1);
  });

  test("answers to nothing get no answer, are recorded and go nowhere", async () => {
    const { proxy, seen } = scripted;
    const [answered, logged] = [proxy.replies.length, proxy.events().length];
    proxy.send(envelope('"id":0,"result":{"a":"canary-answer"}'));
    proxy.send(envelope('"id":"t1","error":{"code":1,"message":"canary-answer"}'));
    const echo = await proxy.call("echo");
    expect(proxy.replies.slice(answered)).toEqual([echo]);
    const calls = proxy
      .events()
      .slice(logged)
      .filter(({ type }) => type === "syscall")
      .map(judgedCall);
    expect(calls.slice(0, 2)).toEqual([
      refusedCall("answer:result", "no-contract"),
      refusedCall("answer:error", "no-contract"),
    ]);
    expect(seen().join("\n")).not.toContain("canary-answer");
  });
});

// Claim: M3
describe("what is forwarded is the RFC 8785 text of what was judged", () => {
  let scripted: ScriptedProxy;
  beforeAll(async () => {
    scripted = startScripted("canonical");
    await scripted.proxy.handshake();
  });
  afterAll(async () => {
    expect(await scripted.proxy.close()).toEqual({ code: 0, signal: null });
  });

  test.each([
    {
      what: "members out of order",
      line: '{"params":{"name":"echo","arguments":{"b":1,"a":{"d":2,"c":3}}},"method":"tools/call","id":1,"jsonrpc":"2.0"}',
      id: 1,
      text: '{"id":1,"jsonrpc":"2.0","method":"tools/call","params":{"arguments":{"a":{"c":3,"d":2},"b":1},"name":"echo"}}',
    },
    {
      what: "white space",
      line: ' {\t"id" : 2 ,"jsonrpc": "2.0", "method":"tools/call","params":{"arguments":{ "a" : [ 1 , 2 ] },"name":"echo"} } ',
      id: 2,
      text: '{"id":2,"jsonrpc":"2.0","method":"tools/call","params":{"arguments":{"a":[1,2]},"name":"echo"}}',
    },
    {
      what: "escapes that need not be",
      line: '{"id":3,"jsonrpc":"2.0","meth\\u006fd":"tools\\/call","params":{"arguments":{"\\u0061":"\\u20ac\\u000a\\u0041"},"name":"\\u0065cho"}}',
      id: 3,
      text: '{"id":3,"jsonrpc":"2.0","method":"tools/call","params":{"arguments":{"a":"€\\nA"},"name":"echo"}}',
    },
    {
      what: "numbers written at length",
      line: '{"id":4,"jsonrpc":"2.0","method":"tools/call","params":{"arguments":{"a":[1.0,1e2,0.10,-0.0,1E-7,1e21]},"name":"echo"}}',
      id: 4,
      text: '{"id":4,"jsonrpc":"2.0","method":"tools/call","params":{"arguments":{"a":[1,100,0.1,0,1e-7,1e+21]},"name":"echo"}}',
    },
    {
      what: "the id 1e3",
      line: '{"id":1e3,"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}',
      id: 1000,
      text: '{"id":1000,"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}',
    },
    {
      what: "the id -0",
      line: '{"id":-0,"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}',
      id: 0,
      text: '{"id":0,"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}',
    },
    {
      what: "a carriage return before the newline",
      line: '{"id":"cr","jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}\r',
      id: "cr",
      text: '{"id":"cr","jsonrpc":"2.0","method":"tools/call","params":{"name":"echo"}}',
    },
    {
      what: "128 levels",
      line: callText(`{"a":${nested(MAX_JSON_DEPTH - OUTER_LEVELS)}}`),
      id: "x",
      text: `{"id":"x","jsonrpc":"2.0","method":"tools/call","params":{"arguments":{"a":${nested(MAX_JSON_DEPTH - OUTER_LEVELS)}},"name":"echo"}}`,
    },
    {
      what: "a member called constructor, which is only a word",
      line: '{"id":5,"jsonrpc":"2.0","method":"tools/call","params":{"name":"echo","arguments":{"constructor":"a"}}}',
      id: 5,
      text: '{"id":5,"jsonrpc":"2.0","method":"tools/call","params":{"arguments":{"constructor":"a"},"name":"echo"}}',
    },
  ])("$what", async ({ line, id, text }) => {
    const { proxy, seen } = scripted;
    proxy.send(line);
    const answer = await proxy.reply((reply) => reply.id === id);
    expect(answer.error).toBeUndefined();
    expect(seen().at(-1)).toBe(text);
  });
});
