/** The rotation chain: what a stranger, a thief of an old key or a careless copy can make of it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { verifyRotation, type RotationChain } from "../../src/evidence/rotation-chain.js";
import {
  emptyRotation,
  withRevocation,
  withRotation,
  type StatementSigner,
} from "../../src/evidence/rotation-write.js";
import { parseRotation, type RotationManifest } from "../../src/evidence/rotation.js";
import { keysOfChain, TrustedKeys } from "../../src/evidence/trust.js";
import { nodeDigests } from "../../src/host/digests.js";
import { verifyEd25519 } from "../../src/host/signer.js";
import { newSigningKey } from "../../src/host/signing-key.js";

const DEPS = { digests: nodeDigests, verifySignature: verifyEd25519 };
const fresh = (): StatementSigner => newSigningKey().key;
const [A, B, C, D, STRANGER] = [fresh(), fresh(), fresh(), fresh(), fresh()];
const ROOT = { root: A.publicKeyHex };

function check(manifest: unknown, root = A.publicKeyHex): string | RotationChain {
  const parsed = parseRotation(JSON.stringify(manifest));
  const result = parsed.ok ? verifyRotation(parsed.value, { root }, DEPS) : parsed;
  return result.ok ? result.value : `${result.error.code} ${result.error.path}`;
}

function chainOf(manifest: RotationManifest, root = manifest.root): RotationChain {
  const result = verifyRotation(manifest, { root }, DEPS);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

function rotated(
  manifest: RotationManifest,
  current: StatementSigner,
  next: StatementSigner,
  at: number,
): RotationManifest {
  return withRotation(manifest, chainOf(manifest), { current, next, at });
}

/** A gives way to B, B revokes A, B gives way to C, C to D. */
const first = rotated(emptyRotation(A.publicKeyHex), A, B, 1000);
const second = withRevocation(first, chainOf(first), {
  current: B,
  publicKey: A.publicKeyHex,
  at: 1500,
  suspectFrom: 900,
  reason: "the laptop was lost",
});
const third = rotated(second, B, C, 2000);
const WHOLE = rotated(third, C, D, 3000);

type Edit = (manifest: {
  root: string;
  rotations: Record<string, unknown>[];
  revocations: Record<string, unknown>[];
}) => void;

function edited(edit: Edit, manifest: RotationManifest = WHOLE): unknown {
  const copy = structuredClone(manifest) as unknown as Parameters<Edit>[0];
  edit(copy);
  return copy;
}

describe("a rotation manifest", () => {
  it("leads from the root to the key that signs now, each with its window", () => {
    expect(check(WHOLE)).toMatchObject({
      root: A.publicKeyHex,
      current: D.publicKeyHex,
      sequence: 4,
      keys: [
        { publicKey: A.publicKeyHex, to: 1000, revokedAt: 1500, suspectFrom: 900 },
        { publicKey: B.publicKeyHex, from: 1000, to: 2000 },
        { publicKey: C.publicKeyHex, from: 2000, to: 3000 },
        { publicKey: D.publicKeyHex, from: 3000 },
      ],
    });
  });

  it("of no entry leaves its root in force", () => {
    expect(check(emptyRotation(A.publicKeyHex))).toMatchObject({ current: A.publicKeyHex, sequence: 0 });
  });

  it("of a stranger does not hold, however well he made it", () => {
    const made = rotated(emptyRotation(STRANGER.publicKeyHex), STRANGER, B, 1000);
    expect(check(made, STRANGER.publicKeyHex)).toMatchObject({ current: B.publicKeyHex });
    expect(check(made)).toBe("root-mismatch /root");
    expect(check({ ...made, root: A.publicKeyHex })).toBe("previous-hash /rotations/0");
    const posing = { ...STRANGER, publicKeyHex: A.publicKeyHex };
    const claim = withRotation(emptyRotation(A.publicKeyHex), chainOf(emptyRotation(A.publicKeyHex)), {
      current: posing,
      next: STRANGER,
      at: 1,
    });
    expect(check(claim)).toBe("signature /rotations/0");
  });

  it("needs the next key's own signature: nobody can name a key that is not his", () => {
    const taken = { publicKeyHex: B.publicKeyHex, sign: STRANGER.sign };
    const chain = chainOf(emptyRotation(A.publicKeyHex));
    const made = withRotation(emptyRotation(A.publicKeyHex), chain, { current: A, next: taken, at: 1000 });
    expect(check(made)).toBe("signature /rotations/0");
  });

  it.each<[string, Edit, string]>([
    ["without its first entry", (m) => m.rotations.shift(), "gap /revocations/0"],
    ["without one in the middle", (m) => m.rotations.splice(1, 1), "gap /rotations/1"],
    ["without its revocation", (m) => m.revocations.pop(), "gap /rotations/1"],
    ["with two entries in the wrong order", (m) => m.rotations.reverse(), "out-of-order /rotations/1"],
    ["with an entry twice", (m) => m.rotations.push({ ...m.rotations[2] }), "fork /rotations/3"],
    ["with its revocation twice", (m) => m.revocations.push({ ...m.revocations[0] }), "fork /revocations/1"],
    ["with a number changed", (m) => Object.assign(m.rotations[2] ?? {}, { sequence: 5 }), "gap /rotations/2"],
  ])("does not hold %s", (_name, edit, fault) => {
    expect(check(edited(edit))).toBe(fault);
  });

  it("shows a fork: two next entries of one number, each well signed", () => {
    const other = rotated(second, B, STRANGER, 2500);
    const both = { ...third, rotations: [...third.rotations, other.rotations[1]] };
    expect(check(both)).toBe("fork /rotations/2");
    expect(check(other)).toMatchObject({ current: STRANGER.publicKeyHex, sequence: 3 });
  });

  it("does not hold with any digit or number of any entry changed", () => {
    const places = (["rotations", "revocations"] as const).flatMap((list) =>
      WHOLE[list].flatMap((entry, i) => Object.keys(entry).map((name) => [list, i, name] as const)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.nat(), ([list, i, name], random) => {
        const made = edited((manifest) => {
          const entry = manifest[list][i] ?? {};
          entry[name] = changed(entry[name], random);
        });
        expect(typeof check(made)).toBe("string");
      }),
      { numRuns: 300 },
    );
  });

  function changed(value: unknown, random: number): unknown {
    if (typeof value !== "string") return Number(value) + 1 + (random % 1000);
    const at = random % value.length;
    return value.slice(0, at) + (value[at] === "0" ? "1" : "0") + value.slice(at + 1);
  }

  it("goes neither back in time nor back to a key", () => {
    expect(() => chainOf(rotated(WHOLE, D, STRANGER, 2999))).toThrow('"time"');
    for (const earlier of [A, B, C, D]) expect(() => chainOf(rotated(WHOLE, D, earlier, 4000))).toThrow('"key-reused"');
  });

  it("is not carried on by a key that was current once", () => {
    for (const old of [A, B, C]) expect(() => chainOf(rotated(WHOLE, old, STRANGER, 4000))).toThrow('"wrong-key"');
    expect(() =>
      chainOf(
        withRevocation(WHOLE, chainOf(WHOLE), { current: C, publicKey: D.publicKeyHex, at: 4000, suspectFrom: 1 }),
      ),
    ).toThrow('"wrong-key"');
  });

  it("ends with a key that revokes itself, and says so", () => {
    const end = { current: D, publicKey: D.publicKeyHex, at: 4000, suspectFrom: 3500 };
    const ended = withRevocation(WHOLE, chainOf(WHOLE), end);
    expect(check(ended)).toMatchObject({ current: undefined, sequence: 5 });
    expect(() => chainOf(rotated(ended, D, STRANGER, 5000))).toThrow('"after-end"');
  });

  it("revokes no key twice, none of another chain, and suspects none only afterwards", () => {
    const revoke = (publicKey: string, suspectFrom: number): unknown =>
      check(withRevocation(WHOLE, chainOf(WHOLE), { current: D, publicKey, at: 4000, suspectFrom }));
    expect(revoke(A.publicKeyHex, 1)).toBe("key-reused /revocations/1");
    expect(revoke(STRANGER.publicKeyHex, 1)).toBe("wrong-key /revocations/1");
    expect(revoke(B.publicKeyHex, 4001)).toBe("time /revocations/1");
  });

  it("takes no weak key, neither as its root nor as the next", () => {
    const weak = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05";
    expect(check(emptyRotation(weak), weak)).toBe("weak-key /root");
    expect(check(rotated(emptyRotation(A.publicKeyHex), A, { ...B, publicKeyHex: weak }, 1))).toBe(
      "weak-key /rotations/0",
    );
  });

  it.each([
    "",
    "[]",
    "{}",
    `{"format":"agentk-rotation/2","root":"${ROOT.root}","rotations":[],"revocations":[]}`,
    `{"format":"agentk-rotation/1","root":"${ROOT.root}","rotations":[],"revocations":[],"more":1}`,
    `{"format":"agentk-rotation/1","root":"${ROOT.root}","root":"${ROOT.root}","rotations":[],"revocations":[]}`,
    `{"format":"agentk-rotation/1","root":"${ROOT.root.toUpperCase()}","rotations":[],"revocations":[]}`,
    " ".repeat(1024 * 1024 + 1),
  ])("is read strictly (%#)", (text) => {
    const parsed = parseRotation(text);
    expect(parsed.ok ? undefined : parsed.error.code).toBe("malformed");
  });

  it("holds back a reason that acts on a terminal, and more entries than it may have", () => {
    expect(check(edited((m) => Object.assign(m.revocations[0] ?? {}, { reason: "a\u001b[2J" })))).toBe(
      "malformed /revocations/0/reason",
    );
    const [entry] = WHOLE.rotations;
    const many = parseRotation(JSON.stringify({ ...WHOLE, rotations: Array.from({ length: 1001 }, () => entry) }));
    expect(many.ok).toBe(false);
  });

  it("cannot show that its end was cut off: only the number tells", () => {
    expect(check(third)).toMatchObject({ current: C.publicKeyHex, sequence: 3 });
  });
});

describe("trust in the keys of a chain", () => {
  const trusted = new TrustedKeys(keysOfChain(chainOf(WHOLE)));
  it.each([
    [B, 999_999, "not-yet-valid"],
    [B, 1_000_000, "trusted"],
    [B, 1_999_999, "trusted"],
    [B, 2_000_000, "expired"],
    [A, 0, "trusted"],
    [A, 899_999, "trusted"],
    [A, 900_000, "suspect"],
    [A, 1_499_999, "suspect"],
    [A, 1_500_000, "revoked"],
    [D, 9e15, "trusted"],
    [STRANGER, 1_000_000, "unknown"],
  ] as const)("has its window (%#)", (key, at, standing) => {
    expect(trusted.judge(key.publicKeyHex, at)).toBe(standing);
  });
});
