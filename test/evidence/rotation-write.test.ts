/** Entries of a rotation manifest as they are written: a reason stands in what is signed, and in nothing where none is given. */
import { describe, expect, test } from "vitest";
import { verifyRotation, type RotationChain } from "../../src/evidence/rotation-chain.js";
import {
  emptyRotation,
  withRevocation,
  withRotation,
  type StatementSigner,
} from "../../src/evidence/rotation-write.js";
import { parseRotation, type RotationManifest } from "../../src/evidence/rotation.js";
import { digests, testKey, verifySignature } from "./fixture.js";

const signer = (seed: number): StatementSigner => {
  const { publicHex, sign } = testKey(seed);
  return { publicKeyHex: publicHex, sign };
};
const [A, B] = [signer(1), signer(2)];
const EMPTY = emptyRotation(A.publicKeyHex);

/** The chain of a manifest as it is read from its text. */
function chainOf(manifest: RotationManifest): RotationChain {
  const read = parseRotation(JSON.stringify(manifest));
  const result = read.ok ? verifyRotation(read.value, { root: A.publicKeyHex }, { digests, verifySignature }) : read;
  if (!result.ok) throw new Error(`${result.error.code} ${result.error.path}`);
  return result.value;
}

const CHAIN = chainOf(EMPTY);
const rotated = (reason?: string): RotationManifest =>
  withRotation(EMPTY, CHAIN, { current: A, next: B, at: 1000, ...(reason === undefined ? {} : { reason }) });
const revoked = (reason?: string): RotationManifest =>
  withRevocation(EMPTY, CHAIN, {
    current: A,
    publicKey: A.publicKeyHex,
    at: 1000,
    suspectFrom: 900,
    ...(reason === undefined ? {} : { reason }),
  });

test("an empty manifest names its format and its root", () => {
  expect(EMPTY).toEqual({ format: "agentk-rotation/1", root: A.publicKeyHex, rotations: [], revocations: [] });
});

describe("a rotation", () => {
  const entry = {
    sequence: 1,
    previous_public_key: A.publicKeyHex,
    next_public_key: B.publicKeyHex,
    rotated_at: 1000,
    previous_hash: CHAIN.head,
    signature_previous: expect.any(String) as string,
    signature_next: expect.any(String) as string,
  };
  test("states no reason where none is given", () => {
    expect(rotated().rotations).toStrictEqual([entry]);
    expect(chainOf(rotated())).toMatchObject({ current: B.publicKeyHex, sequence: 1 });
  });

  test("states its reason, and both keys sign it", () => {
    const manifest = rotated("once a year");
    expect(manifest.rotations).toStrictEqual([{ ...entry, reason: "once a year" }]);
    expect(chainOf(manifest)).toMatchObject({ current: B.publicKeyHex, sequence: 1 });
    const other = manifest.rotations.map((rotation) => ({ ...rotation, reason: "twice a year" }));
    expect(() => chainOf({ ...manifest, rotations: other })).toThrow("signature /rotations/0");
  });
});

describe("a revocation", () => {
  const entry = {
    sequence: 1,
    public_key: A.publicKeyHex,
    revoked_at: 1000,
    suspect_from: 900,
    previous_hash: CHAIN.head,
    signed_by: A.publicKeyHex,
    signature: expect.any(String) as string,
  };
  test("states no reason where none is given", () => {
    expect(revoked().revocations).toStrictEqual([entry]);
    expect(chainOf(revoked())).toMatchObject({ current: undefined, sequence: 1 });
  });

  test("states its reason, and the key signs it", () => {
    const manifest = revoked("the laptop was lost");
    expect(manifest.revocations).toStrictEqual([{ ...entry, reason: "the laptop was lost" }]);
    const other = manifest.revocations.map((revocation) => ({ ...revocation, reason: "the laptop was sold" }));
    expect(() => chainOf({ ...manifest, revocations: other })).toThrow("signature /revocations/0");
  });
});
