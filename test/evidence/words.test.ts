/** What a reader is told is wrong: the exact words of every fault of notes, keys, checkpoints and lines. */
import { describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { parseCheckpoint, verifyCheckpoint } from "../../src/evidence/checkpoint.js";
import { decodeLine } from "../../src/evidence/codec.js";
import {
  ED25519,
  keyId,
  keyName,
  parseNote,
  parseVerifierKey,
  signatureLine,
  writeNote,
  writeVerifierKey,
} from "../../src/evidence/note.js";
import { base64OfHex } from "../../src/base/base64.js";
import type { Result } from "../../src/base/result.js";
import { buildLog, chainOf, digests, restated, RUN, testKey, verifySignature } from "./fixture.js";
import { noteOver } from "./checkpointed.js";

interface Fault {
  readonly code: string;
  readonly detail: string;
}

/** `code: detail`, or `read`. */
function told(read: Result<unknown, Fault>): string {
  return read.ok ? "read" : `${read.error.code}: ${read.error.detail}`;
}

const KEY = testKey(7);
const OTHER = testKey(8);
const TEXT = "a text\n";

function lineBy(name: string, signature = "00".repeat(64)): string {
  return signatureLine({ name, keyId: "01020304", signature });
}

const NOTE = `${TEXT}\n${lineBy("w.example")}\n`;

describe("a note", () => {
  const flood = Array.from({ length: 17 }, (_, i) => lineBy(`w${String(i)}`)).join("\n");
  test.each([
    ["is read", NOTE, "read"],
    ["has no signature lines", TEXT, "note-without-signatures: has no blank line with whole signature lines after it"],
    ["is cut", NOTE.slice(0, -1), "note-without-signatures: has no blank line with whole signature lines after it"],
    ["ends in its blank line", `${TEXT}\n`, "note-without-signatures: has no signature"],
    ["has too many", `${TEXT}\n${flood}\n`, "note-too-many-signatures: has more than 16 signatures"],
    ["has a loose line", `${NOTE}x\n`, "note-signature-line: has a line after its text that is no signature"],
    ["has one twice", `${NOTE}${lineBy("w.example")}\n`, "note-signature-twice: has the same signature twice"],
    ["is too long", `${"a".repeat(65_536)}${NOTE}`, "note-too-long: is longer than 65536 bytes"],
    ["has half a character", `\udc00${NOTE}`, "note-characters: is not Unicode text"],
    ["has a control", `\u0000${NOTE}`, "note-characters: has a control character other than a newline"],
  ])("that %s", (_what, note, words) => {
    expect(told(parseNote(note))).toBe(words);
  });

  test("is not written when it would not be read, or be read as another", () => {
    const { publicHex: publicKey } = KEY;
    const written =
      (text: string, more: { name?: string; signature?: string } = {}) =>
      (): string =>
        writeNote(digests, text, { name: "w.example", signature: "00".repeat(64), publicKey, ...more });
    expect(written(TEXT, { name: "two words" })).toThrow(
      new RangeError("not a note: has a line after its text that is no signature"),
    );
    expect(written(TEXT, { signature: "00" })).toThrow(new RangeError("not a note: it reads back as another"));
    // A text that brings its own signature line would be signed without it.
    expect(written(`first\n\n${lineBy("mallory")}`)).toThrow(new RangeError("not a note: it reads back as another"));
  });
});

describe("a verifier key", () => {
  const form = "verifier-key: is not of the form NAME+KEYID+BASE64";
  const kind = "verifier-key: is not an Ed25519 key of a known kind";
  const id = "verifier-key: has an id that is not its name's and key's";
  /** A key's text with whatever bytes, and the id that these bytes have. */
  const textOf = (algorithm: number, publicKey: string): string =>
    `w.example+${keyId(digests, "w.example", algorithm, publicKey)}+${base64OfHex(
      algorithm.toString(16).padStart(2, "0") + publicKey,
    )}`;

  test.each([
    ["is read", textOf(ED25519, KEY.publicHex), "read"],
    ["is empty", "", form],
    ["has no name", textOf(ED25519, KEY.publicHex).slice("w.example".length), form],
    ["has a control in its name", textOf(ED25519, KEY.publicHex).replace("w.", "w\u0001"), form],
    ["has no key", "w.example+01020304+AQ==", kind],
    ["has text that is no base64", "w.example+01020304+A", kind],
    ["is longer, with the id it would have", textOf(ED25519, `${KEY.publicHex}00`), kind],
    ["is shorter, with the id it would have", textOf(ED25519, KEY.publicHex.slice(2)), kind],
    ["is of another algorithm, with the id it would have", textOf(0x65, KEY.publicHex), kind],
    ["is of the algorithm 0, with the id it would have", textOf(0, KEY.publicHex), kind],
    ["has another's id", textOf(ED25519, KEY.publicHex).replace("w.", "v."), id],
  ])("that %s", (_what, text, words) => {
    expect(told(parseVerifierKey(digests, text))).toBe(words);
  });

  test("is read up to 64 KiB, and nothing longer is looked at", () => {
    const room = 65_536 - writeVerifierKey(digests, { name: "", algorithm: ED25519, publicKey: KEY.publicHex }).length;
    const sized = (length: number): string =>
      writeVerifierKey(digests, { name: "n".repeat(length), algorithm: ED25519, publicKey: KEY.publicHex });
    expect(sized(room)).toHaveLength(65_536);
    expect(told(parseVerifierKey(digests, sized(room)))).toBe("read");
    expect(told(parseVerifierKey(digests, sized(room + 1)))).toBe(form);
  });
});

describe("a checkpoint", () => {
  const root = base64OfHex(digests.sha256Hex("root"));
  const whole = `origin\n3\n${root}\n`;
  test.each([
    ["is read", whole, "read"],
    ["does not end", whole.slice(0, -1), "does not end in a newline"],
    ["does not end, and lacks its last digit in place of it", `${whole}x`, "does not end in a newline"],
    ["is empty but for its end", "\n", "has an empty line"],
    ["has an empty line", `${whole}\n`, "has an empty line"],
    ["has no size", "origin\n", "has no plain decimal size"],
    ["has a size with a sign", whole.replace("3", "-3"), "has no plain decimal size"],
    ["has no root", "origin\n3\n", "has no root of 32 bytes in base64"],
    ["has a root of 33 bytes", `origin\n3\n${base64OfHex("00".repeat(33))}\n`, "has no root of 32 bytes in base64"],
    ["has more", `${whole}more\n`, "has lines after the root"],
  ])("that %s", (_what, text, words) => {
    expect(told(parseCheckpoint(text))).toBe(words === "read" ? words : `checkpoint-form: ${words}`);
  });

  test("of another key or run, or without the key's signature", () => {
    const deps = { digests, verifySignature };
    const checked = (note: string, publicKey = KEY.publicHex, run = RUN): string =>
      told(verifyCheckpoint(deps, note, { publicKey, run }));
    const note = noteOver(buildLog(), KEY);
    expect(checked(note)).toBe("read");
    expect(checked(note, OTHER.publicHex)).toBe("checkpoint-origin: is of another key or another run");
    expect(checked(note, KEY.publicHex, "other")).toBe("checkpoint-origin: is of another key or another run");
    const text = note.slice(0, note.lastIndexOf("\n\n") + 1);
    const name = keyName(digests, KEY.publicHex);
    const forged = writeNote(digests, text, { name, publicKey: KEY.publicHex, signature: OTHER.sign(text) });
    expect(checked(forged)).toBe("checkpoint-signature: has no valid signature of the key");
  });
});

describe("a line", () => {
  const [open = ""] = buildLog();
  const edited = (from: string | RegExp, to: string): string => restated(open.replace(from, to));
  const value = { note: 3 } as unknown;
  const [numbered = ""] = chainOf([{ type: "checkpoint", value } as FlightEvent]);
  const [valueless = ""] = chainOf([{ type: "checkpoint", value: 3 } as unknown as FlightEvent]);
  const [listed = ""] = chainOf([{ type: "checkpoint", value: [] } as unknown as FlightEvent]);
  test.each([
    ["is read", open, "read"],
    ["is no JSON", `${open}x`, "line-not-json: is not JSON"],
    ["begins otherwise", "{}", "line-shape: does not begin with its hash and the one before"],
    ["was edited", open.replace("0.1.0", "0.1.1"), "hash-mismatch: does not hash to the digest it states"],
    ["is spelt otherwise", edited('"seq":0', '"seq": 0'), "line-not-canonical: is not in RFC 8785 form"],
    [
      "has a wrong number",
      edited('"seq":0', '"seq":-1'),
      "line-shape: /seq is not an integer from 0 to 9007199254740991",
    ],
    ["is of no known type", edited('"type":"open"', '"type":"opened"'), "line-shape: /type is not a known event type"],
    ["has no object in it", valueless, "line-shape: /value is not an object"],
    ["has a list in it", listed, "line-shape: /value is not an object"],
    ["has a number for a text in it", numbered, "line-shape: /value/note is not a string"],
  ])("that %s", (_what, line, words) => {
    expect(told(decodeLine(digests, line))).toBe(words);
  });
});
