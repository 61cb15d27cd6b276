/** Manifests of trusted signers: both versions, and every fault with its place. */
import { describe, expect, it } from "vitest";
import { keyFault } from "../../src/evidence/ed25519.js";
import { parseTrustedSigners } from "../../src/policy/trusted-signers.js";

/** RFC 8032 section 7.1, TEST 1 and TEST 2. */
const KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
const OTHER = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
const WEAK = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a";
const DEVELOPMENT = "db995fe25169d141cab9bbba92baa01f9f2e1ece7df4cb2ac05190f37fcc1f9d";

function faults(source: string): readonly string[] {
  const parsed = parseTrustedSigners(source, keyFault);
  if (parsed.ok) throw new Error("the manifest was accepted");
  return parsed.error.map(({ line, column, problem }) => `${String(line)}:${String(column)} ${problem}`);
}

const one = (lines: string, version = 2): string =>
  `version = ${String(version)}\n[[trusted_keys]]\npublic_key = "${KEY}"\n${lines}\n`;

describe("a manifest of trusted signers", () => {
  it("may be one of the Rust AgentK", () => {
    const source = `version = 1\n\n[[trusted_keys]]\npublic_key = "${KEY}"\nlabel = "release"\n\n[[trusted_keys]]\npublic_key = "${OTHER}"\n`;
    expect(parseTrustedSigners(source, keyFault)).toEqual({
      ok: true,
      value: [{ publicKey: KEY, label: "release" }, { publicKey: OTHER }],
    });
  });

  it("may say when a key holds, in version 2", () => {
    const times = [
      'not_before = "2026-01-01T00:00:00Z"',
      'not_after = "2027-01-01T00:00:00Z"',
      'suspect_from = "2026-06-01T00:00:00Z"',
      'revoked_at = "2026-06-02T00:00:00.500Z"',
    ];
    expect(parseTrustedSigners(one(times.join("\n")), keyFault)).toEqual({
      ok: true,
      value: [
        {
          publicKey: KEY,
          notBefore: Date.UTC(2026, 0, 1),
          notAfter: Date.UTC(2027, 0, 1),
          suspectFrom: Date.UTC(2026, 5, 1),
          revokedAt: Date.UTC(2026, 5, 2) + 500,
        },
      ],
    });
  });

  it.each([
    ["", ["1:1 `version` must be 1 or 2", "1:1 `trusted_keys` is missing"]],
    [one("").replace("2", "3"), ["1:1 `version` must be 1 or 2"]],
    ["version = 1\ntrusted_keys = []\n", ["2:1 `trusted_keys` must hold at least one key"]],
    [one("lable = 1"), ["4:1 unknown key `lable` in `trusted_keys`"]],
    [one('label = " "'), ["4:1 `label` must be one line with something on it"]],
    [one('label = "a\\u001b[2J"'), ["4:1 `label` must be one line with something on it"]],
    [one('not_after = "2027-01-01T00:00:00Z"', 1), ["4:1 unknown key `not_after` in `trusted_keys`"]],
    [one('not_after = "2027-01-01"'), ["4:1 `2027-01-01` is no time: write `2027-01-01T00:00:00Z`"]],
    [
      one('not_after = "2027-02-30T00:00:00Z"'),
      ["4:1 `2027-02-30T00:00:00Z` is no time: write `2027-01-01T00:00:00Z`"],
    ],
    [
      one('not_after = "2027-01-01T00:00:00+02:00"'),
      ["4:1 `2027-01-01T00:00:00+02:00` is no time: write `2027-01-01T00:00:00Z`"],
    ],
    [
      one('not_before = "2027-01-01T00:00:00Z"\nnot_after = "2027-01-01T00:00:00Z"'),
      ["5:1 `not_after` must be later than `not_before`"],
    ],
    [one('suspect_from = "2027-01-01T00:00:00Z"'), ["4:1 `suspect_from` needs a `revoked_at`"]],
    [
      one('revoked_at = "2026-01-01T00:00:00Z"\nsuspect_from = "2027-01-01T00:00:00Z"'),
      ["5:1 `suspect_from` must not be later than `revoked_at`"],
    ],
    [`${one("")}[[trusted_keys]]\npublic_key = "${KEY}"\n`, [`6:1 the key \`${KEY}\` stands in the list before`]],
    [
      one("").replace(KEY, WEAK),
      [`3:1 the key \`${WEAK}\` is of small order or not canonical: one signature could fit many messages`],
    ],
    [
      one("").replace(KEY, DEVELOPMENT),
      [`3:1 the key \`${DEVELOPMENT}\` is the development key of the Rust AgentK, which everybody can sign with`],
    ],
    [one("").replace(KEY, "ab"), ["3:1 the key `ab` is not 64 lower-case hexadecimal digits"]],
    [one("").replace(`"${KEY}"`, "7"), ["3:1 `public_key` must be a string, found a number"]],
    ["version = 2\n[[trusted_keys]]\nlabel = 'x'\n", ["2:3 `public_key` is missing"]],
  ])("is refused with the place of every fault (%#)", (source, expected) => {
    expect(faults(source)).toEqual(expected);
  });

  it("may suspect a key from the moment on at which it was revoked", () => {
    const moment = "2026-06-02T00:00:00Z";
    expect(parseTrustedSigners(one(`revoked_at = "${moment}"\nsuspect_from = "${moment}"`), keyFault).ok).toBe(true);
  });

  it("says nothing of a key that it does not say", () => {
    expect(parseTrustedSigners(one(""), keyFault)).toStrictEqual({ ok: true, value: [{ publicKey: KEY }] });
  });

  it("is refused when a key is no table", () => {
    expect(faults("version = 2\ntrusted_keys = ['x']\n")).toEqual([
      "2:1 each item of `trusted_keys` must be a table, found a string",
    ]);
    expect(faults("version = 2\ntrusted_keys = 7\n")).toEqual(["2:1 `trusted_keys` must be a list, found a number"]);
  });

  it("is no text with half a character in it", () => {
    expect(faults("\ud800")).toEqual(["1:1 the text is not valid Unicode"]);
    expect(faults("version = 1\n# \udc00")).toEqual(["2:3 the text is not valid Unicode"]);
  });

  it.each<[source: string, hint: string]>([
    [`trusted_key = 1\n${one("")}`, "did you mean `trusted_keys`?"],
    [`qqqqqqqq = 1\n${one("")}`, "the keys here are `version`, `trusted_keys`"],
    [one("qqqqqqqq = 1", 1), "the keys here are `public_key`, `label`"],
    [
      one("qqqqqqqq = 1"),
      "the keys here are `public_key`, `label`, `not_before`, `not_after`, `revoked_at`, `suspect_from`",
    ],
    [one("not_befor = 1"), "did you mean `not_before`?"],
  ])("with a key that is none says what may stand there (%#)", (source, hint) => {
    const parsed = parseTrustedSigners(source, keyFault);
    expect(parsed.ok ? [] : parsed.error.map((fault) => fault.hint)).toEqual([hint]);
  });

  it("names the line of what is not TOML, and of a time without quotes", () => {
    expect(faults("version = 1\n[[trusted_keys]\n")[0]).toMatch(/^2:\d+ not valid TOML/);
    expect(faults(one("not_after = 2027-01-01T00:00:00Z"))[0]).toBe("4:1 `not_after` must be a string, found a date");
    expect(faults(one("__proto__ = 1"))[0]).toContain("`__proto__`");
  });

  it("tells all its faults at once, from the top", () => {
    const source = `version = 2\nmore = 1\n[[trusted_keys]]\npublic_key = "ab"\nnot_after = "x"\n`;
    expect(faults(source).map((fault) => fault.slice(0, 3))).toEqual(["2:1", "4:1", "5:1"]);
  });
});
