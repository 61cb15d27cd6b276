/** Checkpoints: what a key says of a log's tree, exactly, and nothing that could be read in two ways. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  checkpointOf,
  checkpointText,
  originOf,
  parseCheckpoint,
  verifyCheckpoint,
  type RunHead,
} from "../../src/evidence/checkpoint.js";
import { keyName, writeNote } from "../../src/evidence/note.js";
import { digests, RUN, testKey, verifySignature } from "./fixture.js";

const KEY = testKey(7);
const OTHER = testKey(8);
const deps = { digests, verifySignature };
const ROOT = digests.sha256Hex("root");
const HEAD: RunHead = { publicKey: KEY.publicHex, run: RUN, size: 256, root: ROOT };

function signed(head: RunHead = HEAD, key = KEY): string {
  const { statement, note } = checkpointOf(digests, head);
  return note(key.sign(statement));
}

function resultOf(note: string, expected: { publicKey: string; run?: string } = { publicKey: KEY.publicHex }): string {
  const checked = verifyCheckpoint(deps, note, expected);
  return checked.ok ? "ok" : checked.error.code;
}

/** The example of c2sp.org/tlog-checkpoint. */
const SOFA = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

describe("the text", () => {
  test("of the specification's example is read and written back", () => {
    const read = parseCheckpoint(SOFA);
    expect(read).toMatchObject({ ok: true, value: { origin: "example.com/behind-the-sofa", size: 20852163 } });
    if (read.ok) expect(checkpointText(read.value)).toBe(SOFA);
  });

  test("is read back whatever the head", () => {
    const size = fc.maxSafeNat();
    const root = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes).toString("hex"));
    fc.assert(
      fc.property(size, root, (n, hash) => {
        const head = { origin: "agentk/0/x", size: n, root: hash };
        expect(parseCheckpoint(checkpointText(head))).toEqual({ ok: true, value: head });
      }),
    );
  });

  test.each([
    ["no newline at its end", SOFA.slice(0, -1)],
    ["no origin", SOFA.replace("example.com/behind-the-sofa", "")],
    ["a leading zero", SOFA.replace("2085", "02085")],
    ["a plus sign", SOFA.replace("2085", "+2085")],
    ["a space before the size", SOFA.replace("2085", " 2085")],
    ["no size", SOFA.replace("20852163", "")],
    ["a size of zero twice over", SOFA.replace("20852163", "00")],
    ["an exponent", SOFA.replace("20852163", "1e9")],
    ["a size that is not exact", SOFA.replace("20852163", "9007199254740992")],
    ["a size without end", SOFA.replace("20852163", "9".repeat(400))],
    ["a root that is cut", SOFA.replace("jxq2I=", "jxq2")],
    ["a root in another spelling", SOFA.replace("jxq2I=", "jxq2J=")],
    ["a root in hex", `example.com\n1\n${ROOT}\n`],
    ["two lines only", "example.com\n1\n"],
    ["an extension", `${SOFA}extension\n`],
    ["an empty line", `${SOFA}\n`],
  ])("is refused with %s", (_what, text) => {
    expect(parseCheckpoint(text)).toMatchObject({ ok: false, error: { code: "checkpoint-form" } });
  });

  test("may have extension lines where they are tolerated, and no empty ones", () => {
    expect(parseCheckpoint(`${SOFA}one\ntwo\n`, "tolerated").ok).toBe(true);
    expect(parseCheckpoint(`${SOFA}\ntwo\n`, "tolerated").ok).toBe(false);
  });
});

describe("a checkpoint", () => {
  test("says whose log it is, which run, how long and its root", () => {
    const checked = verifyCheckpoint(deps, signed(), { publicKey: KEY.publicHex, run: RUN });
    const origin = originOf(digests, KEY.publicHex, RUN);
    expect(checked).toMatchObject({ ok: true, value: { origin, run: RUN, size: 256, root: ROOT } });
    expect(signed().split("\n")).toEqual([
      origin,
      "256",
      Buffer.from(ROOT, "hex").toString("base64"),
      "",
      expect.stringMatching(/^— /),
      "",
    ]);
  });

  test("is refused under another key, and for another run", () => {
    expect(resultOf(signed(), { publicKey: OTHER.publicHex })).toBe("checkpoint-origin");
    expect(resultOf(signed(), { publicKey: KEY.publicHex, run: "20261121T035413Z-ffffffffffff" })).toBe(
      "checkpoint-origin",
    );
    expect(resultOf(signed({ ...HEAD, run: "" }))).toBe("checkpoint-origin");
  });

  test("is refused when another key signed in this one's name", () => {
    expect(resultOf(signed(HEAD, OTHER))).toBe("checkpoint-signature");
  });

  test("is refused when any character of it is another", () => {
    const note = signed();
    for (let i = 0; i < note.length; i++) {
      const other = note[i] === "A" ? "B" : "A";
      expect(resultOf(note.slice(0, i) + other + note.slice(i + 1))).not.toBe("ok");
    }
  });

  test("is spoilt by a second signature of the key that does not verify", () => {
    const { statement } = checkpointOf(digests, HEAD);
    const name = keyName(digests, KEY.publicHex);
    const bad = writeNote(digests, statement, { name, publicKey: KEY.publicHex, signature: OTHER.sign(statement) });
    expect(resultOf(signed() + (bad.split("\n").at(-2) ?? "") + "\n")).toBe("checkpoint-signature");
  });

  test("may carry signatures of others, which prove nothing", () => {
    const { statement } = checkpointOf(digests, HEAD);
    const witness = writeNote(digests, statement, {
      name: "w.example",
      publicKey: OTHER.publicHex,
      signature: "00".repeat(64),
    });
    expect(resultOf(signed() + (witness.split("\n").at(-2) ?? "") + "\n")).toBe("ok");
    expect(resultOf(witness)).toBe("checkpoint-signature");
  });

  test("is not taken out of a note that is no checkpoint", () => {
    const text = "hello\n";
    const name = keyName(digests, KEY.publicHex);
    const note = writeNote(digests, text, { name, publicKey: KEY.publicHex, signature: KEY.sign(text) });
    expect(resultOf(note)).toBe("checkpoint-form");
    expect(resultOf("")).toBe("note-without-signatures");
  });
});
