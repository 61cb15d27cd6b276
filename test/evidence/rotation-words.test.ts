/** What is told of a rotation manifest that does not hold; what its signatures cover; and its bounds, to the one. */
import { describe, expect, test } from "vitest";
import { verifyRotation, type RotationChain } from "../../src/evidence/rotation-chain.js";
import {
  emptyRotation,
  withRevocation,
  withRotation,
  type StatementSigner,
} from "../../src/evidence/rotation-write.js";
import { parseRotation, type Revocation, type Rotation, type RotationManifest } from "../../src/evidence/rotation.js";
import { digests, testKey, verifySignature } from "./fixture.js";

const signerOf = (seed: number): StatementSigner => {
  const { publicHex, sign } = testKey(seed);
  return { publicKeyHex: publicHex, sign };
};
const [A, B, C, STRANGER] = [signerOf(1), signerOf(2), signerOf(3), signerOf(4)];
const EMPTY = emptyRotation(A.publicKeyHex);

function chainOf(manifest: RotationManifest): RotationChain {
  const result = verifyRotation(manifest, { root: manifest.root }, { digests, verifySignature });
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

/** `code path problem`, or `holds`. */
function told(manifest: RotationManifest, root = A.publicKeyHex): string {
  const result = verifyRotation(manifest, { root }, { digests, verifySignature });
  return result.ok ? "holds" : `${result.error.code} ${result.error.path} ${result.error.problem}`;
}

interface Change {
  readonly at?: number;
  readonly reason?: string;
}

function rotated(
  manifest: RotationManifest,
  current: StatementSigner,
  next: StatementSigner,
  more: Change = {},
): RotationManifest {
  return withRotation(manifest, chainOf(manifest), { current, next, at: 3000, ...more });
}

function revoked(
  manifest: RotationManifest,
  current: StatementSigner,
  publicKey: string,
  more: object = {},
): RotationManifest {
  return withRevocation(manifest, chainOf(manifest), { current, publicKey, at: 2500, suspectFrom: 900, ...more });
}

/** The manifest with its last rotation or revocation changed. */
function withLast<K extends "rotations" | "revocations">(
  manifest: RotationManifest,
  list: K,
  change: Partial<RotationManifest[K][number]>,
): RotationManifest {
  const entries = manifest[list] as readonly (Rotation | Revocation)[];
  return { ...manifest, [list]: entries.map((entry, i) => (i < entries.length - 1 ? entry : { ...entry, ...change })) };
}

/** A gives way to B at 1000, B revokes A at 2500. */
const FIRST = rotated(EMPTY, A, B, { at: 1000 });
const BOTH = revoked(FIRST, B, A.publicKeyHex);
const WEAK = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";

describe("a reader is told that an entry", () => {
  const ended = revoked(FIRST, B, B.publicKeyHex);
  const whole = rotated(BOTH, B, C);
  const goneOn = withRotation(ended, chainOf(ended), { current: B, next: C, at: 3000 });

  test.each<readonly [string, RotationManifest, string]>([
    [
      "stands in the wrong place",
      { ...whole, rotations: whole.rotations.toReversed() },
      "out-of-order /rotations/1 stands after an entry with a higher number",
    ],
    [
      "has the number of another",
      { ...FIRST, rotations: [...FIRST.rotations, ...FIRST.rotations] },
      "fork /rotations/1 has number 1, which another entry has too",
    ],
    [
      "has a number that is not due",
      withLast(FIRST, "rotations", { sequence: 3 }),
      "gap /rotations/0 has number 3 where 1 is due",
    ],
    [
      "comes after the end",
      goneOn,
      "after-end /rotations/1 follows the revocation of the current key, which ends the chain",
    ],
    [
      "names another before it",
      withLast(BOTH, "revocations", { previous_hash: "0".repeat(64) }),
      "previous-hash /revocations/0 does not name the entry before it",
    ],
    [
      "is earlier than a rotation before it",
      rotated(FIRST, B, C, { at: 999 }),
      "time /rotations/1 is earlier than the entry before it",
    ],
    [
      "is earlier than a revocation before it",
      rotated(BOTH, B, C, { at: 2499 }),
      "time /rotations/1 is earlier than the entry before it",
    ],
    [
      "revokes earlier than the rotation before it",
      revoked(FIRST, B, A.publicKeyHex, { at: 999 }),
      "time /revocations/0 is earlier than the entry before it",
    ],
    [
      "begins at another key",
      rotated(FIRST, A, C),
      "wrong-key /rotations/1 does not begin at the key that was current",
    ],
    [
      "goes to a weak key",
      rotated(EMPTY, A, { ...B, publicKeyHex: WEAK }),
      "weak-key /rotations/0 has a next key that is of small order or not canonical: one signature could fit many messages",
    ],
    ["goes back to a key", rotated(FIRST, B, A), "key-reused /rotations/1 goes to a key that was used before"],
    [
      "is not signed by the previous key",
      rotated(EMPTY, { ...A, sign: STRANGER.sign }, B),
      "signature /rotations/0 is not signed by the previous key",
    ],
    [
      "is not signed by the next key",
      rotated(EMPTY, A, { ...B, sign: STRANGER.sign }),
      "signature /rotations/0 is not signed by the next key: nobody has shown to have it",
    ],
    [
      "revokes by another key",
      revoked(FIRST, A, B.publicKeyHex),
      "wrong-key /revocations/0 is not by the key that was current",
    ],
    [
      "revokes another chain's key",
      revoked(FIRST, B, STRANGER.publicKeyHex),
      "wrong-key /revocations/0 revokes a key that is not of this chain",
    ],
    [
      "revokes a key again",
      revoked(BOTH, B, A.publicKeyHex),
      "key-reused /revocations/1 revokes a key that was revoked before",
    ],
    [
      "suspects a key only afterwards",
      revoked(FIRST, B, A.publicKeyHex, { suspectFrom: 2501 }),
      "time /revocations/0 begins to suspect the key after it is revoked",
    ],
    [
      "revokes without the current key's signature",
      revoked(FIRST, { ...B, sign: STRANGER.sign }, A.publicKeyHex),
      "signature /revocations/0 is not signed by the current key",
    ],
  ])("%s", (_what, manifest, words) => {
    expect(told(manifest)).toBe(words);
  });

  test("is of another root than the one that is pinned", () => {
    expect(told(FIRST, B.publicKeyHex)).toBe("root-mismatch /root is not the root that is pinned");
  });
});

describe("signatures cover", () => {
  test.each<readonly [string, RotationManifest, RotationManifest]>([
    [
      "the reason of a rotation",
      rotated(FIRST, B, C, { reason: "yearly" }),
      withLast(rotated(FIRST, B, C, { reason: "yearly" }), "rotations", { reason: "the key was stolen" }),
    ],
    [
      "that a rotation has none",
      rotated(FIRST, B, C),
      withLast(rotated(FIRST, B, C), "rotations", { reason: "the key was stolen" }),
    ],
    [
      "the reason of a revocation",
      revoked(FIRST, B, A.publicKeyHex, { reason: "the laptop was lost" }),
      withLast(revoked(FIRST, B, A.publicKeyHex, { reason: "the laptop was lost" }), "revocations", {
        reason: "yearly",
      }),
    ],
    ["when a revoked key came to be suspect", BOTH, withLast(BOTH, "revocations", { suspect_from: 1 })],
  ])("%s", (_what, good, forged) => {
    expect(told(good)).toBe("holds");
    expect(told(forged)).toMatch(/^signature /);
  });
});

describe("a chain", () => {
  test("goes on in the same second, and may suspect a key from the moment on that it revokes it", () => {
    const same = revoked(FIRST, B, A.publicKeyHex, { at: 1000, suspectFrom: 1000 });
    expect(told(rotated(same, B, C, { at: 1000 }))).toBe("holds");
  });

  test("says when its last entry was made, whichever sort it is of", () => {
    expect([EMPTY, FIRST, BOTH, rotated(BOTH, B, C)].map((one) => chainOf(one).lastAt)).toEqual([0, 1000, 2500, 3000]);
  });
});

describe("parseRotation", () => {
  const parsed = (source: string): unknown => {
    const read = parseRotation(source);
    return read.ok ? "read" : read.error;
  };

  test("reads up to 1 MiB, and looks at nothing longer", () => {
    const source = JSON.stringify(BOTH);
    const padded = source + " ".repeat(1024 * 1024 - source.length);
    expect(parsed(padded)).toBe("read");
    expect(parsed(`${padded} `)).toEqual({ code: "malformed", path: "", problem: "is longer than 1048576 characters" });
  });

  test("says of what is no JSON that it is none, of no place in it", () => {
    expect(parsed("{")).toEqual({ code: "malformed", path: "", problem: "is not strict JSON" });
    const twice = JSON.stringify(EMPTY).replace("{", `{"root":"${A.publicKeyHex}",`);
    expect(parsed(twice)).toEqual({ code: "malformed", path: "", problem: "is not strict JSON" });
  });

  test("takes a thousand entries of both sorts, and no more", () => {
    const [rotation, revocation] = [BOTH.rotations[0], BOTH.revocations[0]];
    const manyOf = (rotations: number, revocations: number): string =>
      JSON.stringify({
        ...BOTH,
        rotations: Array.from({ length: rotations }, () => rotation),
        revocations: Array.from({ length: revocations }, () => revocation),
      });
    const many = { code: "malformed", path: "", problem: "has more than 1000 entries" };
    expect([manyOf(1000, 0), manyOf(600, 400), manyOf(1, 999)].map(parsed)).toEqual(["read", "read", "read"]);
    expect([manyOf(1000, 1), manyOf(501, 500), manyOf(1, 1000)].map(parsed)).toEqual([many, many, many]);
  });
});
