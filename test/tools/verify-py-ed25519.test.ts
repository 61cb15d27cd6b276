/** The Ed25519 of tools/verify.py on the vectors of RFC 8032, and on all that verifiers disagree about. */
import { dirname } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { verifyEd25519 } from "../../src/host/signer.js";
import { testKey } from "../evidence/fixture.js";
import { python, SCRIPT } from "./both.js";

/** Key, message as UTF-8 text, signature. */
type Claim = readonly [key: string, message: string, signature: string];

const DRIVER = `
import json, sys
sys.path.insert(0, sys.argv[1])
import verify
print(json.dumps([verify.is_signed(*claim) for claim in json.load(sys.stdin)]))
`;

/** What tools/verify.py says of each. */
function judged(claims: readonly Claim[]): readonly boolean[] {
  const { stdout, stderr } = python(["-c", DRIVER, dirname(SCRIPT)], JSON.stringify(claims));
  expect(stderr).toBe("");
  return JSON.parse(stdout) as readonly boolean[];
}

/** RFC 8032 section 7.1, tests 1 and 2: the messages that are text. */
const RFC_8032: readonly Claim[] = [
  [
    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
    "",
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
  ],
  [
    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
    "r",
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ],
];

const P = 2n ** 255n - 19n;
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const encode = (value: bigint): string =>
  Buffer.from(value.toString(16).padStart(64, "0"), "hex").reverse().toString("hex");
const decode = (hex: string): bigint => BigInt(`0x${Buffer.from(hex, "hex").reverse().toString("hex")}`);
const ORDER_EIGHT = [
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
].map(decode);
const SMALL = [0n, 1n, P - 1n, ...ORDER_EIGHT, P, P + 1n].flatMap((y) => [encode(y), encode(y + 2n ** 255n)]);

describe("Ed25519 in Python", () => {
  test("accepts the vectors of RFC 8032, and none with a bit changed", () => {
    expect(judged(RFC_8032)).toEqual(RFC_8032.map(() => true));
    const flip = (hex: string, at: number): string =>
      hex.slice(0, at) + (Number.parseInt(hex.charAt(at), 16) ^ 1).toString(16) + hex.slice(at + 1);
    const changed = RFC_8032.flatMap(([key, message, signature]): Claim[] => [
      ...Array.from({ length: 16 }, (_, n): Claim => [key, message, flip(signature, n * 8)]),
      [flip(key, 3), message, signature],
      [key, `${message} `, signature],
    ]);
    expect(judged(changed)).toEqual(changed.map(() => false));
  });

  test("accepts none of 64 crafted signatures of any key of small order, or of its second spelling", () => {
    const crafted = SMALL.flatMap((key) =>
      Array.from({ length: 64 }, (_, n): Claim => [key, `message ${String(n)}`, encode(1n) + encode(0n)]),
    );
    expect(judged(crafted).filter(Boolean)).toEqual([]);
  });

  test("accepts no second spelling of a signature", () => {
    const [key, message, signature] = RFC_8032[1] ?? ["", "", ""];
    const [r, s] = [signature.slice(0, 64), decode(signature.slice(64))];
    const spelled: Claim[] = [
      [key, message, r + encode(s + ORDER)],
      [key, message, r + encode(s + 8n * ORDER)],
      [key, message, signature.toUpperCase()],
      [key, message, `${signature}00`],
      [key.toUpperCase(), message, signature],
      ["", message, signature],
      [key, message, ""],
    ];
    expect(judged(spelled)).toEqual(spelled.map(() => false));
  });

  test("agrees with ours on random keys, messages and signatures, sound or bent", () => {
    const seeds = fc.sample(fc.tuple(fc.nat(255), fc.string({ unit: "grapheme" }), fc.nat(127)), {
      numRuns: 60,
      seed: 4,
    });
    const claims = seeds.flatMap(([seed, message, at]): Claim[] => {
      const { publicHex, sign } = testKey(seed);
      const signature = sign(message);
      const bent = `${signature.slice(0, at)}${signature.charAt(at) === "0" ? "1" : "0"}${signature.slice(at + 1)}`;
      return [
        [publicHex, message, signature],
        [publicHex, message, bent],
      ];
    });
    const found = judged(claims);
    expect(found).toEqual(claims.map((claim) => verifyEd25519(...claim)));
    expect(found.filter(Boolean)).toHaveLength(60);
  });
});
