import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { utf8Bytes } from "../../../src/base/bytes.js";
import { MAX_ID_CHARS, MAX_JSON_DEPTH, MAX_LINE_BYTES, MAX_NAME_CHARS } from "../../../src/base/limits.js";
import { WIRE_FAULTS } from "../../../src/mcp/wire/faults.js";
import { idKey } from "../../../src/mcp/wire/message.js";
import type { WireFault } from "../../../src/mcp/wire/faults.js";
import { readMessage } from "../../../src/mcp/wire/read.js";

function read(line: string | Uint8Array, origin: "client" | "server" = "client") {
  return readMessage(typeof line === "string" ? utf8Bytes(line) : line, origin);
}

function faultOf(line: string | Uint8Array, origin?: "client" | "server"): WireFault | undefined {
  const found = read(line, origin);
  return found.ok ? undefined : found.error;
}

function call(more: string): string {
  return `{"jsonrpc":"2.0","id":1,"method":"tools/call"${more}}`;
}

function withId(id: string): string {
  return `{"jsonrpc":"2.0","id":${id},"method":"ping"}`;
}

function bytesOf(...parts: (string | number[])[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => (typeof part === "string" ? [...utf8Bytes(part)] : part)));
}

const deep = (levels: number) =>
  `{"jsonrpc":"2.0","method":"x","params":{"a":${"[".repeat(levels)}${"]".repeat(levels)}}}`;

const REFUSED: [string, string | Uint8Array, WireFault["code"], number, WireFault["id"]][] = [
  ["a batch", `[${withId("1")}]`, "batch", -32600, null],
  ["an empty batch", "[]", "batch", -32600, null],
  ["a string", `"ping"`, "not-an-object", -32600, null],
  ["null", "null", "not-an-object", -32600, null],
  ["a log line", "Server listening on stdio", "json-syntax", -32700, null],
  ["an empty line", "", "json-syntax", -32700, null],
  ["two messages on one line", withId("1") + withId("2"), "json-syntax", -32700, null],
  ["overlong UTF-8", bytesOf(`{"jsonrpc":"2.0","method":"`, [0xff, 0xc0, 0xaf], `"}`), "not-utf8", -32700, null],
  ["a UTF-8 surrogate", bytesOf(`{"method":"`, [0xed, 0xa0, 0x80], `"}`), "not-utf8", -32700, null],
  ["a byte order mark", bytesOf([0xef, 0xbb, 0xbf], withId("1")), "json-syntax", -32700, null],
  ["a name twice", call(`,"params":{"name":"safe","name":"evil"}`), "json-duplicate-key", -32700, null],
  ["a name twice, once escaped", call(`,"params":{"name":1,"n\\u0061me":2}`), "json-duplicate-key", -32700, null],
  ["a method twice", call(`,"method":"ping"`), "json-duplicate-key", -32700, null],
  ["__proto__ in params", call(`,"params":{"__proto__":{}}`), "json-prototype-key", -32700, null],
  ["__proto__ in arguments", call(`,"params":{"arguments":{"__proto__":1}}`), "json-prototype-key", -32700, null],
  ["1e400", call(`,"params":{"n":1e400}`), "json-unsafe-number", -32600, null],
  ["a 20-digit integer", call(`,"params":{"n":12345678901234567890}`), "json-unsafe-number", -32600, null],
  ["NaN", call(`,"params":{"n":NaN}`), "json-syntax", -32700, null],
  ["a lone surrogate", call(`,"params":{"s":"\\ud800"}`), "json-lone-surrogate", -32700, null],
  ["deep nesting", deep(MAX_JSON_DEPTH), "json-too-deep", -32700, null],
  ["very deep nesting", deep(100_000), "json-too-deep", -32700, null],
  ["id null", withId("null"), "bad-id", -32600, null],
  ["a fraction as id", withId("1.5"), "bad-id", -32600, null],
  ["an object as id", withId("{}"), "bad-id", -32600, null],
  ["true as id", withId("true"), "bad-id", -32600, null],
  ["an unsafe integer as id", withId("9007199254740993"), "json-unsafe-number", -32600, null],
  ["an unsafe id written with an exponent", withId("1e300"), "bad-id", -32600, null],
  ["an overlong id", withId(`"${"i".repeat(MAX_ID_CHARS + 1)}"`), "bad-id", -32600, null],
  ["no version", `{"id":1,"method":"ping"}`, "bad-version", -32600, 1],
  ["another version", `{"jsonrpc":"1.0","id":"a","method":"ping"}`, "bad-version", -32600, "a"],
  ["a number as version", `{"jsonrpc":2.0,"id":0,"method":"ping"}`, "bad-version", -32600, 0],
  ["an unknown envelope member", call(`,"auth":"x"`), "unknown-envelope-member", -32600, 1],
  ["result and error", `{"jsonrpc":"2.0","id":1,"result":{},"error":{}}`, "ambiguous-envelope", -32600, null],
  ["method and result", call(`,"result":{}`), "ambiguous-envelope", -32600, 1],
  ["neither", `{"jsonrpc":"2.0","id":1}`, "ambiguous-envelope", -32600, 1],
  ["result and params", `{"jsonrpc":"2.0","id":1,"result":{},"params":{}}`, "ambiguous-envelope", -32600, null],
  ["params as array", call(`,"params":[]`), "bad-params", -32600, 1],
  ["params null", call(`,"params":null`), "bad-params", -32600, 1],
  ["an empty method", `{"jsonrpc":"2.0","id":1,"method":""}`, "bad-method", -32600, 1],
  ["a number as method", `{"jsonrpc":"2.0","id":1,"method":7}`, "bad-method", -32600, 1],
  ["a long method", `{"jsonrpc":"2.0","method":"${"m".repeat(MAX_NAME_CHARS + 1)}"}`, "bad-method", -32600, null],
  ["a result that is an array", `{"jsonrpc":"2.0","id":1,"result":[]}`, "bad-result", -32600, null],
  ["a result without id", `{"jsonrpc":"2.0","result":{}}`, "bad-id", -32600, null],
  ["error as string", `{"jsonrpc":"2.0","id":1,"error":"no"}`, "bad-error", -32600, null],
  ["error without message", `{"jsonrpc":"2.0","id":1,"error":{"code":1}}`, "bad-error", -32600, null],
  ["error code as fraction", `{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":""}}`, "bad-error", -32600, null],
  ["error with more", `{"jsonrpc":"2.0","id":1,"error":{"code":1,"message":"","x":1}}`, "bad-error", -32600, null],
  [
    "an error without id, of a client",
    `{"jsonrpc":"2.0","id":null,"error":{"code":1,"message":""}}`,
    "bad-id",
    -32600,
    null,
  ],
];

describe("readMessage", () => {
  it.each(REFUSED)("refuses %s", (_name, line, code, rpcCode, id) => {
    expect(faultOf(line)).toEqual({ code, rpcCode, id });
  });

  it("provokes every fault of the table", () => {
    const provoked = new Set(REFUSED.map(([, , code]) => code as string));
    provoked.add("line-too-long");
    expect([...provoked].sort()).toEqual(Object.keys(WIRE_FAULTS).sort());
  });

  it("refuses a line one byte too long, not one of just the right length", () => {
    const frame = `{"jsonrpc":"2.0","method":"x","params":{"a":""}}`;
    const line = (bytes: number) => frame.replace(`""`, () => `"${"a".repeat(bytes - frame.length)}"`);
    expect(faultOf(line(MAX_LINE_BYTES))).toBeUndefined();
    expect(faultOf(line(MAX_LINE_BYTES + 1))).toEqual({ code: "line-too-long", rpcCode: -32600, id: null });
  });

  it.each([
    ["a request", call(`,"params":{}`)],
    ["a notification without params", `{"jsonrpc":"2.0","method":"notifications/initialized"}`],
    ["a method of another case, for the table to refuse", `{"jsonrpc":"2.0","id":1,"method":"Tools/Call"}`],
    ["id 0", withId("0")],
    ["a negative id", withId("-5")],
    ["an empty string as id", withId(`""`)],
    ["the longest id", withId(`"${"i".repeat(MAX_ID_CHARS)}"`)],
    ["white space and a carriage return", ` ${withId("1")} \r`],
    ["an error with data", `{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"m","data":null}}`],
  ])("accepts %s", (_name, line) => {
    expect(faultOf(line)).toBeUndefined();
  });

  it("reads ids 1e3 and -0 as 1000 and 0, and forwards them so", () => {
    expect(read(withId("1e3"))).toMatchObject({
      value: { id: 1000, canonical: `{"id":1000,"jsonrpc":"2.0","method":"ping"}` },
    });
    const zero = read(withId("-0"));
    expect(zero.ok && zero.value.form === "request" && Object.is(zero.value.id, 0)).toBe(true);
  });

  it.each([`"id":null,`, ""])("accepts an error of the server that names no request (%s)", (id) => {
    const found = read(`{"jsonrpc":"2.0",${id}"error":{"code":-32700,"message":"?"}}`, "server");
    expect(found).toMatchObject({ ok: true, value: { form: "error", id: null } });
  });

  it("hands on the canonical text of the whole message", () => {
    const found = read(`{ "params": {"b":1.0,"a":"\\u0041"}, "method":"x", "jsonrpc":"2.0" }`);
    expect(found).toMatchObject({ value: { canonical: `{"jsonrpc":"2.0","method":"x","params":{"a":"A","b":1}}` } });
  });

  it("reads the bytes it is given, not the buffer they lie in", () => {
    const line = withId("1");
    const buffer = bytesOf("garbage", line, "garbage");
    expect(read(buffer.subarray(7, 7 + line.length)).ok).toBe(true);
  });

  it("never throws on random bytes, nor on a message with one byte changed", () => {
    const valid = utf8Bytes(call(`,"params":{"name":"é","arguments":{"a":[1,2]}}`));
    const changed = fc.tuple(fc.nat(valid.length - 1), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => {
      return valid.with(at, byte);
    });
    const origins = fc.constantFrom("client" as const, "server" as const);
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 64 }), changed), origins, (bytes, origin) => {
        const found = readMessage(bytes, origin);
        expect(found.ok ? "" : found.error.code in WIRE_FAULTS).not.toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe("idKey", () => {
  it("keeps a number and its text apart", () => {
    expect(idKey(1)).not.toBe(idKey("1"));
    expect(idKey("n1")).not.toBe(idKey(1));
    expect(idKey(1)).toBe(idKey(1));
  });
});
