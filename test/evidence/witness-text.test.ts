/** A witness's state as text: read back whole by the witness that wrote it, or not at all. */
import { describe, expect, test } from "vitest";
import { DOMAINS } from "../../src/base/digest.js";
import { MAX_LOGS, type TreeHead } from "../../src/evidence/witness-state.js";
import { parseState, writeState } from "../../src/evidence/witness-text.js";
import { ORIGIN } from "../app/checkpointed-log.js";
import { digests, testKey } from "./fixture.js";

const KEY = testKey(3).publicHex;
const ROOT = "ab".repeat(32);
const heads = new Map<string, TreeHead>([
  [ORIGIN, { size: 8, root: ROOT }],
  ["log.example/with a space", { size: 0, root: "00".repeat(32) }],
]);
const text = writeState(digests, KEY, heads);

/** Lines under a head that states their digest, as anybody can write it. */
function stated(lines: string, key = KEY): string {
  return `agentk-witness-state/1 ${key} ${digests.sha256Hex(`${DOMAINS.witness}${key}\n${lines}`)}\n${lines}`;
}

function read(source: string): unknown {
  const parsed = parseState(digests, KEY, source);
  return parsed.ok ? [...parsed.value] : parsed.error;
}

test("is a line for the key and one for each log, under a digest of both", () => {
  expect(writeState(digests, KEY, heads)).toBe(
    stated(`8 ${ROOT} ${ORIGIN}\n0 ${"00".repeat(32)} log.example/with a space\n`),
  );
  expect(writeState(digests, KEY, new Map())).toBe(stated(""));
});

test("is read back", () => {
  expect(parseState(digests, KEY, text)).toEqual({ ok: true, value: heads });
  expect(parseState(digests, KEY, writeState(digests, KEY, new Map()))).toEqual({ ok: true, value: new Map() });
});

test("with any byte changed, cut or added is refused", () => {
  for (let at = 0; at < text.length; at++) {
    const other = text[at] === "0" ? "1" : "0";
    expect(parseState(digests, KEY, text.slice(0, at) + other + text.slice(at + 1)).ok).toBe(false);
    expect(parseState(digests, KEY, text.slice(0, at)).ok).toBe(false);
  }
  expect(parseState(digests, KEY, `${text}1`).ok).toBe(false);
  expect(parseState(digests, KEY, "").ok).toBe(false);
});

test.each([
  ["nothing", ""],
  ["a head that does not end", stated("").slice(0, -1)],
  ["an empty head before the real one", `\n${text}`],
  ["another version", text.replace("state/1", "state/2")],
  ["a key in capitals", stated("", KEY.toUpperCase())],
])("%s is not the state of a witness", (_what, source) => {
  expect(read(source)).toBe("is not the state of a witness");
});

test("of another witness is told from one that is damaged", () => {
  const other = testKey(4).publicHex;
  expect(read(writeState(digests, other, heads))).toBe("is the state of a witness with another key");
  expect(read(text.replace(KEY, other))).toBe("is the state of a witness with another key");
  expect(read(text.replace(`8 ${ROOT}`, `9 ${ROOT}`))).toBe("is damaged: it has not the digest it states");
  expect(read(text.slice(0, -1))).toBe("is damaged: it has not the digest it states");
});

describe("under a digest that is right", () => {
  test.each([
    ["a line that does not end", `8 ${ROOT} a`],
    ["a second line that does not end", `8 ${ROOT} a\n8 ${ROOT} b`],
  ])("%s is where the state was cut", (_what, lines) => {
    expect(read(stated(lines))).toBe("ends within a line");
  });

  test.each([
    ["a log twice", `8 ${ROOT} a\n9 ${ROOT} a\n`],
    ["an empty line", "\n"],
    ["an empty line between two", `8 ${ROOT} a\n\n8 ${ROOT} b\n`],
    ["no origin", `8 ${ROOT}\n`],
    ["an empty origin", `8 ${ROOT} \n`],
    ["no size", `${ROOT} a\n`],
    ["a zero before the size", `08 ${ROOT} a\n`],
    ["a size that a double rounds", `9007199254740993 ${ROOT} a\n`],
    ["a root cut short", `8 ${ROOT.slice(2)} a\n`],
  ])("%s is refused", (_what, lines) => {
    expect(read(stated(lines))).toBe("has a line of another form, or a log twice");
  });

  test("the largest size there is is read as it stands", () => {
    expect(read(stated(`9007199254740991 ${ROOT} a\n`))).toEqual([["a", { size: 9007199254740991, root: ROOT }]]);
  });

  test("as many logs as a witness holds are read, and one more is too many", () => {
    const lines = Array.from({ length: MAX_LOGS + 1 }, (_, i) => `${String(i)} ${ROOT} ${String(i)}\n`);
    const most = parseState(digests, KEY, stated(lines.slice(0, MAX_LOGS).join("")));
    expect(most.ok && most.value.size).toBe(MAX_LOGS);
    expect(read(stated(lines.join("")))).toBe("has more logs than a witness holds");
  });
});
