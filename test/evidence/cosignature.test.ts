/** Cosignatures and the counting of them, against notes that another implementation made. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  cosignatureStatement,
  isBy,
  parseWitnessKey,
  verifyCosignature,
  writeCosignature,
  writeWitnessKey,
  type WitnessKey,
} from "../../src/evidence/cosignature.js";
import { ED25519, parseNote, signatureLine, writeVerifierKey, type Note } from "../../src/evidence/note.js";
import { isQuorum, quorumOf, type Quorum } from "../../src/evidence/quorum.js";
import { digests, RUN_KEY, testKey, verifySignature } from "./fixture.js";

interface Vectors {
  readonly note: string;
  readonly witness_vkeys: readonly string[];
}

const vectors = JSON.parse(readFileSync(new URL("../vectors/cosignatures.json", import.meta.url), "utf8")) as Vectors;

function noteOf(text: string): Note {
  const read = parseNote(text);
  if (!read.ok) throw new Error(read.error.detail);
  return read.value;
}

function keyOf(vkey: string): WitnessKey {
  const read = parseWitnessKey(digests, vkey);
  if (!read.ok) throw new Error(read.error);
  return read.value;
}

const NOTE = noteOf(vectors.note);
const WITNESSES = vectors.witness_vkeys.map(keyOf);
/** The keys behind the witnesses, as the vectors say. */
const SEEDS = [11, 12];

function count(note: Note, witnesses: readonly WitnessKey[] = WITNESSES, logKey?: string): Quorum {
  return quorumOf({ digests, verifySignature }, { note, witnesses, ...(logKey === undefined ? {} : { logKey }) });
}

function cosigned(seed: number, name: string, time: number, text = NOTE.text): string {
  const key = testKey(seed);
  const signature = key.sign(cosignatureStatement(text, time));
  return writeCosignature(digests, { name, publicKey: key.publicHex }, { time, signature });
}

function withLines(lines: readonly string[]): Note {
  return noteOf(`${NOTE.text}\n${lines.map((line) => `${line}\n`).join("")}`);
}

describe("what another implementation made", () => {
  test("is counted", () => {
    const quorum = count(NOTE);
    expect(quorum).toMatchObject({ cosigned: WITNESSES.map((witness) => ({ witness })), forged: [] });
    expect([isQuorum(quorum, 2), isQuorum(quorum, 3)]).toEqual([true, false]);
  });

  test("is made here to the same bytes, keys included", () => {
    const times = count(NOTE).cosigned.map(({ time }) => time);
    const lines = SEEDS.map((seed, i) => cosigned(seed, `witness.example/w${String(i + 1)}`, times[i] ?? 0));
    expect(lines).toEqual(NOTE.signatures.slice(1).map(signatureLine));
    const keys = SEEDS.map((seed, i) => ({
      name: `witness.example/w${String(i + 1)}`,
      publicKey: testKey(seed).publicHex,
    }));
    expect(keys.map((key) => writeWitnessKey(digests, key))).toEqual(vectors.witness_vkeys);
  });
});

describe("a quorum", () => {
  const WRONG_TEXT = NOTE.text.replace("20852163", "20852164");

  test("does not count over another checkpoint, and a line that does not hold spoils it", () => {
    const [, one = "", two = ""] = NOTE.signatures.map(signatureLine);
    const moved = noteOf(`${WRONG_TEXT}\n${one}\n${two}\n`);
    expect(count(moved)).toEqual({ cosigned: [], forged: WITNESSES.map(({ name }) => name) });
    const lie = cosigned(11, "witness.example/w1", 5, WRONG_TEXT);
    const spoilt = count(withLines([one, two, lie]));
    expect([spoilt.cosigned.length, spoilt.forged, isQuorum(spoilt, 1)]).toEqual([2, ["witness.example/w1"], false]);
  });

  test("does not count the time that another line states", () => {
    const line = cosigned(11, "witness.example/w1", 1000);
    const later = line.replace(/ \S+$/, (base64) => {
      const bytes = Buffer.from(base64.trim(), "base64");
      bytes[11] = (bytes[11] ?? 0) + 1;
      return ` ${bytes.toString("base64")}`;
    });
    expect(count(withLines([later]))).toEqual({ cosigned: [], forged: ["witness.example/w1"] });
  });

  test("counts a key once, under several names, lines and mentions; the latest line of it is told", () => {
    const key = testKey(11).publicHex;
    const trusted = ["a", "a", "b"].map((name) => ({ name, publicKey: key }));
    const note = withLines([cosigned(11, "a", 7), cosigned(11, "a", 9), cosigned(11, "b", 8)]);
    expect(count(note, trusted)).toEqual({
      cosigned: [{ witness: { name: "a", publicKey: key }, time: 9 }],
      forged: [],
    });
  });

  test("never counts the log's own key, nor its checkpoint signature", () => {
    const own = { name: "w", publicKey: RUN_KEY.publicHex };
    const note = withLines([cosigned(7, "w", 1)]);
    expect(count(note, [own], RUN_KEY.publicHex).cosigned).toEqual([]);
    expect(count(NOTE, [{ name: NOTE.signatures[0]?.name ?? "", publicKey: RUN_KEY.publicHex }]).cosigned).toEqual([]);
  });

  test("does not look at strangers", () => {
    const note = withLines([cosigned(13, "witness.example/w1", 1), cosigned(11, "stranger", 1)]);
    expect(count(note)).toEqual({ cosigned: [], forged: [] });
  });
});

describe("a cosignature", () => {
  const witness = { name: "w", publicKey: testKey(11).publicHex };
  const checkpoint = NOTE.text;
  const signedAt = (time: number): string =>
    time.toString(16).padStart(16, "0") + testKey(11).sign(cosignatureStatement(checkpoint, time));

  test.each([0, 7, Number.MAX_SAFE_INTEGER])("holds at the time %i that it states", (time) => {
    const signed = { checkpoint, signature: signedAt(time) };
    expect(verifyCosignature(verifySignature, witness, signed)).toEqual({ witness, time });
  });

  test("at a time beyond any clock does not hold, however well it is signed", () => {
    const signed = { checkpoint, signature: signedAt(2 ** 53) };
    expect(verifyCosignature(verifySignature, witness, signed)).toBeUndefined();
  });

  test("of another length is refused before any verifier is asked", () => {
    const signature = signedAt(7);
    for (const other of [signature.slice(2), `${signature}00`])
      expect(verifyCosignature(() => true, witness, { checkpoint, signature: other })).toBeUndefined();
  });
});

test("a signature of another length or a time beyond any clock does not hold", () => {
  const [, one] = NOTE.signatures;
  if (one === undefined) throw new Error("a cosignature");
  const changed = [one.signature.slice(2), `${one.signature}00`, `ffff${one.signature.slice(4)}`];
  for (const signature of changed) {
    expect(count({ ...NOTE, signatures: [{ ...one, signature }] })).toMatchObject({ cosigned: [], forged: [one.name] });
  }
});

test.each([
  ["a key for checkpoints", "agentk/fe812c12f3ab4ce6+445e5f2e+AepKbGPinFIKvvVQexMuxfmVR3auvr57kkIe6mkURtIs"],
  ["another id", vectors.witness_vkeys[0]?.replace("+efcd800c+", "+efcd800d+") ?? ""],
  ["another name", vectors.witness_vkeys[0]?.replace("/w1", "/w3") ?? ""],
  ["nothing", ""],
])("%s is no witness's key", (_, vkey) => {
  expect(parseWitnessKey(digests, vkey).ok).toBe(false);
});

test("a witness's key is read back, and a key for checkpoints is told from it in words", () => {
  const [witness = { name: "", publicKey: "" }] = WITNESSES;
  expect(parseWitnessKey(digests, writeWitnessKey(digests, witness))).toEqual({ ok: true, value: witness });
  const log = writeVerifierKey(digests, { ...witness, algorithm: ED25519 });
  expect(parseWitnessKey(digests, log)).toEqual({
    ok: false,
    error: "is a key for checkpoints, not a witness's",
  });
});

test("a line is by a witness when both its name and its key id are", () => {
  const key = { name: "witness.example/w1", publicKey: testKey(11).publicHex };
  const [line = { name: "", keyId: "", signature: "" }] = withLines([cosigned(11, key.name, 7)]).signatures;
  expect(isBy(digests, key, line)).toBe(true);
  expect(isBy(digests, key, { ...line, name: "witness.example/w2" })).toBe(false);
  expect(isBy(digests, key, { ...line, keyId: "00000000" })).toBe(false);
});

test("what is no time or no signature is not written, and is named", () => {
  const witness = { name: "w", publicKey: testKey(1).publicHex };
  const written = (time: number, signature = "00".repeat(64)): string =>
    writeCosignature(digests, witness, { time, signature });
  for (const time of [-1, 0.5, 2 ** 53, NaN])
    expect(() => written(time)).toThrow(new RangeError(`${String(time)} is no time`));
  for (const signature of ["00", "00".repeat(65)])
    expect(() => written(1, signature)).toThrow(new RangeError("a signature has 64 bytes"));
  expect(written(0)).toMatch(/^\u2014 w /);
});
