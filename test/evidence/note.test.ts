/** Signed notes: the examples of the specification's reference implementation, and everything that is no note. */
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import {
  COSIGNATURE_V1,
  ED25519,
  isKeyName,
  keyId,
  keyName,
  MAX_NOTE_BYTES,
  parseNote,
  parseSignatureLine,
  parseVerifierKey,
  signatureLine,
  signaturesBy,
  writeNote,
  writeVerifierKey,
  type VerifierKey,
} from "../../src/evidence/note.js";
import { digests, verifySignature } from "./fixture.js";

/** golang.org/x/mod/sumdb/note, note_test.go: the keys and the text by which implementations of notes are compared. */
const PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const PETER_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"; // agentk:allow-secret a published test vector
const ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const PETER_LINE =
  "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=";
const ENOCH_LINE =
  "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=";
const NOTE = `${TEXT}\n${PETER_LINE}\n`;

function keyOf(text: string): VerifierKey {
  const read = parseVerifierKey(digests, text);
  if (!read.ok) throw new Error(read.error.detail);
  return read.value;
}

function codeOf(note: string): string {
  const read = parseNote(note);
  return read.ok ? "read" : read.error.code;
}

describe("the reference's example", () => {
  test("has the key that its text form says, and is written back", () => {
    expect(keyOf(PETER)).toMatchObject({ name: "PeterNeumann", algorithm: ED25519 });
    expect(keyId(digests, "PeterNeumann", ED25519, keyOf(PETER).publicKey)).toBe("c74f20a3");
    for (const text of [PETER, ENOCH]) expect(writeVerifierKey(digests, keyOf(text))).toBe(text);
  });

  test("verifies under both keys", () => {
    const read = parseNote(`${NOTE}${ENOCH_LINE}\n`);
    if (!read.ok) throw new Error(read.error.detail);
    expect(read.value.text).toBe(TEXT);
    for (const key of [keyOf(PETER), keyOf(ENOCH)]) {
      const found = signaturesBy(read.value, key.name, keyId(digests, key.name, ED25519, key.publicKey));
      expect(found).toHaveLength(1);
      expect(verifySignature(key.publicKey, TEXT, found[0] ?? "")).toBe(true);
      expect(verifySignature(key.publicKey, `${TEXT}\n`, found[0] ?? "")).toBe(false);
    }
  });

  test("is written byte for byte", () => {
    const seed = Buffer.from(PETER_SECRET, "base64").subarray(1);
    const pkcs8 = Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), seed]);
    const key = createPrivateKey({ key: pkcs8, format: "der", type: "pkcs8" });
    const publicKey = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(12).toString("hex");
    const signature = sign(null, Buffer.from(TEXT), key).toString("hex");
    expect(publicKey).toBe(keyOf(PETER).publicKey);
    expect(writeNote(digests, TEXT, { name: "PeterNeumann", publicKey, signature })).toBe(NOTE);
  });
});

describe("a signature line", () => {
  test("is read and written back", () => {
    for (const line of [PETER_LINE, ENOCH_LINE]) {
      const read = parseSignatureLine(line);
      expect(read && signatureLine(read)).toBe(line);
    }
  });

  test("of a cosignature has its time in the signature (c2sp.org/tlog-cosignature, the example)", () => {
    const line =
      "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==";
    expect(parseSignatureLine(line)).toMatchObject({ name: "witness.example.com/w1", keyId: "8d66cf3f" });
    expect(parseSignatureLine(line)?.signature).toHaveLength(144);
  });
});

describe("a note is refused", () => {
  const flood = Array.from({ length: 17 }, (_, i) => PETER_LINE.replace("PeterNeumann", `Peter${String(i)}`));
  test.each([
    ["without a signature", TEXT, "note-without-signatures"],
    ["with a blank line and nothing after it", `${TEXT}\n`, "note-without-signatures"],
    ["without its last newline", NOTE.slice(0, -1), "note-without-signatures"],
    ["without a blank line", `${TEXT}${PETER_LINE}\n`, "note-without-signatures"],
    ["that is empty", "", "note-without-signatures"],
    ["with a control character", `\u0001${NOTE}`, "note-characters"],
    ["with a carriage return", NOTE.replace("\n\n", "\r\n\r\n"), "note-characters"],
    ["with a tab in it", NOTE.replace("you ", "you\t"), "note-characters"],
    ["with half a character", `\ud800${NOTE}`, "note-characters"],
    ["with a name of two words", NOTE.replace("PeterNeumann", "Peter Neumann"), "note-signature-line"],
    ["with a no-break space in a name", NOTE.replace("PeterN", "Peter\u00a0N"), "note-signature-line"],
    ["with a next-line character in a name", NOTE.replace("PeterN", "Peter\u0085N"), "note-signature-line"],
    ["with a plus in a name", NOTE.replace("PeterN", "Peter+N"), "note-signature-line"],
    ["with a hyphen for the dash", NOTE.replace("—", "-"), "note-signature-line"],
    ["with an unexpected line", `${NOTE}Unexpected line.\n`, "note-signature-line"],
    ["with two spaces", NOTE.replace("Neumann ", "Neumann  "), "note-signature-line"],
    ["with base64 that has loose bits", NOTE.replace("JnAM=", "JnAN="), "note-signature-line"],
    ["with base64 that is cut", NOTE.replace("JnAM=", "JnAM"), "note-signature-line"],
    ["with a key id and no signature", `${TEXT}\n— PeterNeumann x08gow==\n`, "note-signature-line"],
    ["with the same line twice", `${NOTE}${PETER_LINE}\n`, "note-signature-twice"],
    ["with seventeen signatures", `${TEXT}\n${flood.join("\n")}\n`, "note-too-many-signatures"],
    ["longer than 64 KiB", "é".repeat(33_000) + NOTE, "note-too-long"],
  ])("%s", (_what, note, code) => {
    expect(codeOf(note)).toBe(code);
  });

  test("but sixteen signatures are read, as the specification asks", () => {
    expect(codeOf(`${TEXT}\n${flood.slice(0, 16).join("\n")}\n`)).toBe("read");
  });

  test("by its writer too: nothing is written that does not read back", () => {
    const { publicKey } = keyOf(PETER);
    const signature = "00".repeat(64);
    for (const [text, name, hex] of [
      ["no newline", "PeterNeumann", signature],
      [TEXT, "Peter Neumann", signature],
      [TEXT, "", signature],
      [TEXT, "PeterNeumann", "00"],
      ["a\u0000b\n", "PeterNeumann", signature],
    ] as const)
      expect(() => writeNote(digests, text, { name, publicKey, signature: hex })).toThrow(RangeError);
  });
});

test("a note and a signature line are read up to 64 KiB, whatever their characters, and not a byte longer", () => {
  const end = `\n\n${PETER_LINE}\n`;
  const room = MAX_NOTE_BYTES - Buffer.byteLength(end);
  expect(codeOf("a".repeat(room) + end)).toBe("read");
  expect(codeOf("a".repeat(room + 1) + end)).toBe("note-too-long");
  expect(codeOf(`${"é".repeat(20_000)}${"a".repeat(room - 40_000)}${end}`)).toBe("read");
  expect(codeOf(`${"é".repeat(20_000)}${"a".repeat(room - 39_999)}${end}`)).toBe("note-too-long");

  const line = (name: string): string => `— ${name} ${"A".repeat(MAX_NOTE_BYTES - 4)}`;
  expect(line("a")).toHaveLength(MAX_NOTE_BYTES);
  expect(parseSignatureLine(line("a"))?.name).toBe("a");
  expect(parseSignatureLine(line("ab"))).toBeUndefined();
});

test("a text may hold blank lines, and lines that look like signatures", () => {
  const text = `first\n\n${PETER_LINE}\n`;
  const read = parseNote(`${text}\n${ENOCH_LINE}\n`);
  expect(read).toMatchObject({ ok: true, value: { text, signatures: [{ name: "EnochRoot" }] } });
});

test("signatures of other keys of the same name or the same id are not the key's", () => {
  const read = parseNote(NOTE);
  if (!read.ok) throw new Error(read.error.detail);
  expect(signaturesBy(read.value, "PeterNeumann", "c74f20a4")).toEqual([]);
  expect(signaturesBy(read.value, "Peterneumann", "c74f20a3")).toEqual([]);
});

describe("a key's text form", () => {
  test("is refused after any cut, and after any change of a character", () => {
    const isRead = (text: string): boolean => parseVerifierKey(digests, text).ok;
    for (let from = 0; from <= PETER.length; from++)
      for (let to = from + 1; to <= PETER.length; to++)
        if (to - from < PETER.length) expect(isRead(PETER.slice(from, to))).toBe(false);
    for (let i = 0; i < PETER.length; i++) {
      const next = String.fromCharCode(PETER.charCodeAt(i) + 1);
      expect(isRead(PETER.slice(0, i) + next + PETER.slice(i + 1))).toBe(false);
    }
  });

  test.each([
    [
      "a longer key, in base64 that is none",
      "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
    ],
    [
      "an unknown algorithm with the id it would have",
      "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
    ],
    ["nothing", ""],
  ])("is refused with %s", (_what, text) => {
    expect(parseVerifierKey(digests, text).ok).toBe(false);
  });

  test("keeps a key for cosignatures apart from the same key for notes", () => {
    const { publicKey } = keyOf(PETER);
    const text = writeVerifierKey(digests, { name: "w.example/1", algorithm: COSIGNATURE_V1, publicKey });
    expect(keyOf(text)).toEqual({ name: "w.example/1", algorithm: COSIGNATURE_V1, publicKey });
    expect(text.split("+")[1]).not.toBe(keyId(digests, "w.example/1", ED25519, publicKey));
  });
});

test("an operator's key is named after its digest", () => {
  const { publicKey } = keyOf(PETER);
  const digest = digests.sha256Hex(Buffer.from(publicKey, "hex"));
  expect(keyName(digests, publicKey)).toBe(`agentk/${digest.slice(0, 16)}`);
  expect(isKeyName(keyName(digests, publicKey))).toBe(true);
  for (const name of ["", "a b", "a+b", "a\u2003b", "a\u0000"]) expect(isKeyName(name)).toBe(false);
});
