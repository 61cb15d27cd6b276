/** A recursive-descent JSON reader (RFC 8259) that names what is wrong and where. The slow, complete half of strict-json. */
import type { JsonValue } from "./json.js";
import { err, ok, type Result } from "./result.js";

export type JsonFaultCode =
  | "json-syntax"
  | "json-duplicate-key"
  | "json-prototype-key"
  | "json-unsafe-number"
  | "json-lone-surrogate"
  | "json-too-deep";

export interface JsonFault {
  readonly code: JsonFaultCode;
  /** UTF-16 offset into the text. */
  readonly offset: number;
}

const NUMBER = /-?(?:0|[1-9]\d*)(?<tail>(?:\.\d+)?(?:[eE][+-]?\d+)?)/y;
// eslint-disable-next-line no-control-regex -- RFC 8259 section 7: control characters must be escaped
const PLAIN_RUN = /[^"\\\u0000-\u001f]*/y;
const WHITE = /[ \t\n\r]*/y;
const HEX4 = /[0-9a-fA-F]{4}/y;
const LONE_SURROGATE = /\p{Surrogate}/u;
const WORDS = [
  ["true", true],
  ["false", false],
  ["null", null],
] as const;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};

/**
 * Keys that reach an object's prototype in careless code: `__proto__` always, `constructor` when it
 * carries a `prototype` member. A plain `constructor` is an ordinary word.
 */
export function isForbiddenKey(key: string, value: JsonValue): boolean {
  if (key === "__proto__") return true;
  return key === "constructor" && typeof value === "object" && value !== null && Object.hasOwn(value, "prototype");
}

/**
 * An integer beyond 2^53 that its canonical text writes out digit by digit (up to 1e21): RFC 7493 section 2.2,
 * readers disagree on it. However it was written, so that canonical texts are always read again.
 */
export function isUnsafeInteger(value: number): boolean {
  return Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21;
}

class Fault extends Error {
  readonly fault: JsonFault;
  constructor(code: JsonFaultCode, offset: number) {
    super(code);
    this.fault = { code, offset };
  }
}

export class StrictReader {
  private at = 0;
  private readonly source: string;
  private readonly maxDepth: number;

  constructor(source: string, maxDepth: number) {
    this.source = source;
    this.maxDepth = maxDepth;
  }

  read(): Result<JsonValue, JsonFault> {
    try {
      this.skip(WHITE);
      const value = this.value(this.maxDepth);
      this.skip(WHITE);
      if (this.at !== this.source.length) this.fail("json-syntax");
      return ok(value);
    } catch (error) {
      if (error instanceof Fault) return err(error.fault);
      throw error;
    }
  }

  private fail(code: JsonFaultCode, offset = this.at): never {
    throw new Fault(code, offset);
  }

  private skip(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.source);
    if (found === null) return "";
    this.at = pattern.lastIndex;
    return found[0];
  }

  private take(character: string): boolean {
    if (this.source[this.at] !== character) return false;
    this.at++;
    return true;
  }

  private value(room: number): JsonValue {
    const first = this.source[this.at] ?? "";
    if (first === "{") return this.object(room);
    if (first === "[") return this.array(room);
    if (first === '"') return this.string();
    const word = WORDS.find(([text]) => this.source.startsWith(text, this.at));
    if (word === undefined) return this.number();
    this.at += word[0].length;
    return word[1];
  }

  private number(): number {
    const start = this.at;
    NUMBER.lastIndex = start;
    const found = NUMBER.exec(this.source);
    if (found === null) this.fail("json-syntax");
    this.at = NUMBER.lastIndex;
    const value = Number(found[0]);
    const isInteger = found.groups?.["tail"] === "";
    // RFC 7493 section 2.2: beyond 2^53 readers disagree; 1e400 and 1e-400 turn into something else altogether.
    const isLost = value === 0 && /[1-9]/.test(found[0].replace(/[eE].*/, ""));
    const isUnsafe = isUnsafeInteger(value) || (isInteger && !Number.isSafeInteger(value));
    if (!Number.isFinite(value) || isLost || isUnsafe) this.fail("json-unsafe-number", start);
    return value === 0 ? 0 : value;
  }

  private string(): string {
    const start = this.at++;
    let text = this.skip(PLAIN_RUN);
    while (!this.take('"')) {
      if (!this.take("\\")) this.fail("json-syntax");
      text += this.escape() + this.skip(PLAIN_RUN);
    }
    if (LONE_SURROGATE.test(text)) this.fail("json-lone-surrogate", start);
    return text;
  }

  private escape(): string {
    const letter = this.source[this.at] ?? "";
    const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (plain === undefined && letter !== "u") this.fail("json-syntax");
    this.at++;
    if (plain !== undefined) return plain;
    const digits = this.skip(HEX4);
    if (digits === "") this.fail("json-syntax");
    return String.fromCharCode(Number.parseInt(digits, 16));
  }

  private array(room: number): JsonValue[] {
    if (room === 0) this.fail("json-too-deep");
    this.at++;
    const items: JsonValue[] = [];
    this.skip(WHITE);
    if (this.take("]")) return items;
    for (;;) {
      this.skip(WHITE);
      items.push(this.value(room - 1));
      this.skip(WHITE);
      if (this.take("]")) return items;
      if (!this.take(",")) this.fail("json-syntax");
    }
  }

  private object(room: number): JsonValue {
    if (room === 0) this.fail("json-too-deep");
    this.at++;
    const members: Record<string, JsonValue> = {};
    this.skip(WHITE);
    if (this.take("}")) return members;
    for (;;) {
      this.skip(WHITE);
      this.member(members, room);
      this.skip(WHITE);
      if (this.take("}")) return members;
      if (!this.take(",")) this.fail("json-syntax");
    }
  }

  private member(members: Record<string, JsonValue>, room: number): void {
    const start = this.at;
    if (this.source[start] !== '"') this.fail("json-syntax");
    const key = this.string();
    this.skip(WHITE);
    if (!this.take(":")) this.fail("json-syntax");
    this.skip(WHITE);
    const value = this.value(room - 1);
    if (isForbiddenKey(key, value)) this.fail("json-prototype-key", start);
    if (Object.hasOwn(members, key)) this.fail("json-duplicate-key", start);
    members[key] = value;
  }
}
