/** The keys that a witness trusts, and those of witnesses that are trusted: never one with which everybody can sign. */
import { describe, expect, it } from "vitest";
import { parseLogKey } from "../../../src/app/witness/witness.js";
import { witnessKey } from "../../../src/app/witness/submit.js";
import { writeWitnessKey } from "../../../src/evidence/cosignature.js";
import { ED25519, writeVerifierKey } from "../../../src/evidence/note.js";
import { nodeDigests } from "../../../src/host/digests.js";
import { testKey } from "../../evidence/fixture.js";

const OWN = testKey(7).publicHex;
const USELESS: readonly (readonly [string, string])[] = [
  ["the published development key", testKey(0x41).publicHex],
  ["a key of small order", `01${"00".repeat(31)}`],
];
const usage = expect.objectContaining({ code: "usage" }) as Error;
const vkey = (publicKey: string): string => writeVerifierKey(nodeDigests, { name: "l", algorithm: ED25519, publicKey });

it("are taken as they are written", () => {
  expect(parseLogKey(OWN).publicKey).toBe(OWN);
  expect(parseLogKey(vkey(OWN))).toEqual({ name: "l", publicKey: OWN });
  const witness = { name: "w", publicKey: OWN };
  expect(witnessKey(writeWitnessKey(nodeDigests, witness))).toEqual(witness);
});

describe.each(USELESS)("%s", (_, publicKey) => {
  it("is no log's to trust, in either form", () => {
    expect(() => parseLogKey(publicKey)).toThrow(usage);
    expect(() => parseLogKey(vkey(publicKey))).toThrow(usage);
  });

  it("is no witness's to trust", () => {
    expect(() => witnessKey(writeWitnessKey(nodeDigests, { name: "w", publicKey }))).toThrow(usage);
  });
});
