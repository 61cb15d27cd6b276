/** Lines for the fuzzers: real messages with bytes changed, JSON put together at random, and what once was a crash. */
import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import {
  CLIENT_ANSWERS,
  CLIENT_NOTIFICATIONS,
  CLIENT_REQUESTS,
  HELLO,
  SERVER_ANSWERS,
  SERVER_CALLS,
  WELCOME,
} from "../boundary/corpus.js";

const VECTORS = new URL("../vectors/fuzz/", import.meta.url);

/** Every line that a fuzzer has found something with, by its file's name. */
export const KEPT: readonly (readonly [name: string, bytes: Buffer])[] = readdirSync(VECTORS)
  .filter((name) => name.endsWith(".hex"))
  .sort()
  .map((name) => [name, Buffer.from(readFileSync(new URL(name, VECTORS), "utf8").replace(/\s/g, ""), "hex")]);

const MESSAGES: readonly Buffer[] = [
  { id: "hello", method: "initialize", params: HELLO },
  { id: "hello", result: WELCOME },
  ...CLIENT_REQUESTS.map(([method, params]) => ({ id: 7, method, params })),
  ...CLIENT_NOTIFICATIONS.map(([method, params]) => ({ method, params })),
  ...CLIENT_ANSWERS.map((answer) => ({ id: 0, ...answer })),
  ...SERVER_ANSWERS.map(([, , answer]) => ({ id: 7, ...answer })),
  ...SERVER_CALLS,
].map((message) => Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message })));

/** What JSON readers disagree about, and what holds a message together. */
const PIECES: readonly Buffer[] = [
  ...['{"', '":', '",', "{", "}", "[", "]", ",", ":", '"', "\\", "\\u", "\\ud83d", "\\ude00", "\\u0000", '\\"', "\\/"],
  ...["0", "-0", "-", ".", "1e5", "1E+400", "1e-400", "9007199254740993", "0.1", "00", "+1", "0x1", "NaN", "Infinity"],
  ...["true", "false", "null", "undefined", " ", "\t", "\r", "\u2028", "\ufeff", "\u00a0", "//", "/*", "*/", "'"],
  ...[
    '"jsonrpc":"2.0"',
    '"id":1',
    '"id":"1"',
    '"method":"ping"',
    '"method":"tools/call"',
    '"params":{}',
    '"result":{}',
  ],
  ...[
    '"error":{"code":1,"message":""}',
    '"__proto__":{}',
    '"constructor":1',
    '"toString":1',
    '"_meta":{}',
    '"agentk":{}',
  ],
  ...['"name":"a"', '"n\\u0061me":"b"', '{"jsonrpc":"2.0",', "\u{1f600}", "é", "e\u0301"],
]
  .map((text) => Buffer.from(text))
  .concat([Buffer.of(0xff), Buffer.of(0xc0, 0xaf), Buffer.of(0xed, 0xa0, 0x80), Buffer.of(0xf4, 0x90, 0x80, 0x80)]);

const piece = fc.constantFrom(...PIECES);
const message = fc.constantFrom(...MESSAGES);

/** A part of a message replaced, doubled, moved or filled with something else. */
const spliced = fc
  .tuple(
    message,
    fc.nat(),
    fc.nat(40),
    fc.oneof(
      piece,
      fc.uint8Array({ maxLength: 6 }).map((bytes) => Buffer.from(bytes)),
      message,
    ),
  )
  .map(([bytes, place, length, other]) => {
    const at = place % bytes.length;
    return Buffer.concat([bytes.subarray(0, at), other, bytes.subarray(at + length)]);
  });

const soup = fc.array(piece, { maxLength: 24 }).map((pieces) => Buffer.concat(pieces));
const json = fc.json({ maxDepth: 6 }).map((text) => Buffer.from(text));
const framed = fc
  .tuple(
    fc.constantFrom("params", "result", "error"),
    fc.json({ maxDepth: 5 }),
    fc.constantFrom("tools/call", "ping", ""),
  )
  .map(([part, value, method]) => Buffer.from(`{"jsonrpc":"2.0","id":1,"method":"${method}","${part}":${value}}`));

/** One line, of any bytes but a line end. */
export const line: fc.Arbitrary<Buffer> = fc
  .oneof(
    { weight: 4, arbitrary: spliced },
    soup,
    json,
    framed,
    fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes)),
  )
  .map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0x0a)));
