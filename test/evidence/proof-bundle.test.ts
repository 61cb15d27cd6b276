/** A proof bundle as its reader takes it: what is read at all, and each claim in it that does not hold, by name. */
import { describe, expect, test } from "vitest";
import {
  checkProof,
  MAX_BUNDLE_CHARS,
  parseProofBundle,
  type ConsistencyBundle,
  type InclusionBundle,
  type ProofBundle,
  type ProofHead,
  type ProofTrust,
} from "../../src/evidence/proof-bundle.js";
import { checkpointedLog, noteOver } from "./checkpointed.js";
import { digests, RUN, RUN_KEY, testKey, verifySignature } from "./fixture.js";
import { naiveConsistency, naiveLeaf, naivePath, naiveRoot } from "./naive-tree.js";

const LINES = checkpointedLog({ lines: 16, at: [8] });
const OTHER = testKey(9);
const OTHER_RUN = RUN.replace("0123", "3210");
const leaves = (size: number): readonly string[] => LINES.slice(0, size).map(naiveLeaf);

function head(size: number, checkpoint: string | null = noteOver(LINES.slice(0, size))): ProofHead {
  return { size, root: naiveRoot(leaves(size)), checkpoint };
}

const COMMON = { format: "agentk-proof/1", public_key: RUN_KEY.publicHex } as const;
const INCLUSION: InclusionBundle = {
  ...COMMON,
  kind: "inclusion",
  line: LINES[5] ?? "",
  index: 5,
  head: head(13),
  path: naivePath(5, leaves(13)),
};
const CONSISTENCY: ConsistencyBundle = {
  ...COMMON,
  kind: "consistency",
  old: head(6),
  head: head(13),
  path: naiveConsistency(6, leaves(13)),
};

const check = (bundle: ProofBundle, trust?: ProofTrust): object =>
  checkProof({ digests, verifySignature }, bundle, trust);
const faultsOf = (bundle: ProofBundle, trust: ProofTrust = {}): readonly string[] =>
  checkProof({ digests, verifySignature }, bundle, trust).faults;
const read = (value: unknown): unknown => {
  const parsed = parseProofBundle(typeof value === "string" ? value : JSON.stringify(value));
  return parsed.ok ? parsed.value : parsed.error;
};

describe.each([INCLUSION, CONSISTENCY])("a bundle of $kind", (bundle) => {
  test("is read as it stands, signed or not", () => {
    expect(read(bundle)).toEqual(bundle);
    const unsigned = { ...bundle, head: { ...bundle.head, checkpoint: null } };
    expect(read(unsigned)).toEqual(unsigned);
  });

  test("holds, and says of which run, and whose key it was held against", () => {
    const report = { ok: true, kind: bundle.kind, faults: [], run: RUN, publicKey: RUN_KEY.publicHex };
    expect(check(bundle)).toEqual({ ...report, isPinned: false });
    expect(check(bundle, { publicKey: RUN_KEY.publicHex })).toEqual({ ...report, isPinned: true });
  });

  test("under another key than the one to be trusted does not hold", () => {
    expect(check(bundle, { publicKey: OTHER.publicHex })).toMatchObject({ ok: false, faults: ["key-differs"] });
  });

  test("whose key has not signed its heads names no run", () => {
    const report = check({ ...bundle, public_key: OTHER.publicHex });
    expect(report).toMatchObject({ ok: false, faults: ["checkpoint-invalid"], run: undefined });
  });

  test("with a head that nobody has signed holds only where that is accepted", () => {
    const unsigned: ProofBundle = { ...bundle, head: { ...bundle.head, checkpoint: null } };
    expect(check(unsigned)).toMatchObject({ ok: false, faults: ["unsigned"] });
    expect(faultsOf(unsigned, { mayBeUnsigned: false })).toEqual(["unsigned"]);
    expect(check(unsigned, { mayBeUnsigned: true })).toMatchObject({ ok: true, faults: [] });
  });

  test.each<readonly [string, Partial<ProofHead>, readonly string[]]>([
    ["a checkpoint that is none", { checkpoint: "x" }, ["checkpoint-invalid"]],
    ["the checkpoint of a larger tree", { checkpoint: noteOver(LINES.slice(0, 14)) }, ["checkpoint-other-head"]],
    [
      "the checkpoint of a fork",
      { checkpoint: noteOver(checkpointedLog({ lines: 13, at: [8], forkAt: 9 })) },
      ["checkpoint-other-head"],
    ],
    ["another size, to which the same hashes lead", { size: 12 }, ["checkpoint-other-head"]],
    ["another root", { root: naiveRoot(leaves(12)) }, ["checkpoint-other-head", "proof-invalid"]],
  ])("with %s in its head does not hold", (_what, other, faults) => {
    expect(faultsOf({ ...bundle, head: { ...bundle.head, ...other } })).toEqual(faults);
  });

  test("whose hashes are cut, or lead elsewhere, does not hold", () => {
    expect(faultsOf({ ...bundle, path: bundle.path.slice(1) })).toEqual(["proof-invalid"]);
    expect(faultsOf({ ...bundle, path: bundle.path.toReversed() })).toEqual(["proof-invalid"]);
    expect(faultsOf({ ...bundle, path: bundle.path.slice(1) }, { mayBeUnsigned: true })).toEqual(["proof-invalid"]);
  });
});

test("a line in another's place, or another line, is not included", () => {
  expect(faultsOf({ ...INCLUSION, index: 4 })).toEqual(["proof-invalid"]);
  expect(faultsOf({ ...INCLUSION, line: LINES[6] ?? "" })).toEqual(["proof-invalid"]);
});

describe("growth", () => {
  const { old } = CONSISTENCY;
  test("from another root or size than the old one is not proved", () => {
    expect(faultsOf({ ...CONSISTENCY, old: { ...old, root: naiveRoot(leaves(5)), checkpoint: null } })).toEqual([
      "unsigned",
      "proof-invalid",
    ]);
    expect(faultsOf({ ...CONSISTENCY, old: head(5) })).toEqual(["proof-invalid"]);
  });

  test("from an old head that nobody has signed is unsigned", () => {
    expect(faultsOf({ ...CONSISTENCY, old: head(6, null) })).toEqual(["unsigned"]);
  });

  test("from one run to another is none", () => {
    const foreign = { ...CONSISTENCY, old: head(6, noteOver(LINES.slice(0, 6), RUN_KEY, OTHER_RUN)) };
    expect(faultsOf(foreign)).toEqual(["other-run"]);
    expect(faultsOf({ ...foreign, head: head(13, null) }, { mayBeUnsigned: true })).toEqual([]);
  });
});

describe("is no bundle:", () => {
  const strict = "is not JSON that can be read in one way only";
  const long = "x".repeat(100);
  test.each<readonly [string, unknown, string]>([
    ["no JSON", "no", strict],
    ["a member twice", '{"kind":"inclusion","kind":"inclusion"}', strict],
    ["null", "null", "is no agentk-proof/1:  is not an object"],
    ["a number", "7", "is no agentk-proof/1:  is not an object"],
    [
      "another format",
      { ...INCLUSION, format: "agentk-proof/2" },
      "is no agentk-proof/1: /format is not one of the known names",
    ],
    ["another kind", { ...CONSISTENCY, kind: "absence" }, "is no agentk-proof/1: /kind is not one of the known names"],
    [
      "an inclusion that says it is growth",
      { ...INCLUSION, kind: "consistency" },
      "is no agentk-proof/1: /line is not a known member",
    ],
    [
      "growth that says it is an inclusion",
      { ...CONSISTENCY, kind: "inclusion" },
      "is no agentk-proof/1: /old is not a known member",
    ],
    [
      "an unknown member, of which no more than a little is quoted",
      { ...INCLUSION, head: { ...INCLUSION.head, [long]: 1 } },
      `is no agentk-proof/1: /head/${long.slice(0, 58)} is not a known member`,
    ],
    [
      "a path of more hashes than a tree can have",
      { ...INCLUSION, path: Array.from({ length: 55 }, () => INCLUSION.head.root) },
      "is no agentk-proof/1: /path has more than 54 items",
    ],
    [
      "a checkpoint that is no text",
      { ...INCLUSION, head: { ...INCLUSION.head, checkpoint: 1 } },
      "is no agentk-proof/1: /head/checkpoint is not a string",
    ],
    [
      "a checkpoint longer than a note may be",
      { ...INCLUSION, head: { ...INCLUSION.head, checkpoint: "x".repeat(64 * 1024 + 1) } },
      "is no agentk-proof/1: /head/checkpoint is longer than 65536 characters",
    ],
  ])("%s", (_what, value, words) => {
    expect(read(value)).toBe(words);
  });

  test("one longer than any can be; one of that length is", () => {
    const text = JSON.stringify(INCLUSION);
    expect(read(text.padEnd(MAX_BUNDLE_CHARS))).toEqual(INCLUSION);
    expect(read(text.padEnd(MAX_BUNDLE_CHARS + 1))).toBe("is longer than 8388608 characters");
  });
});
