/** Manifests of secret references: every fault with its place, and none with what the operator wrote. */
import { describe, expect, it } from "vitest";
import { parseSecretRefs } from "../../src/policy/secret-refs.js";
import { readReference } from "../../src/secrets/table.js";

function parse(source: string): ReturnType<typeof parseSecretRefs> {
  return parseSecretRefs(source, (provider, reference) => {
    const read = readReference(provider, reference);
    return read.ok ? undefined : read.error;
  });
}

function faults(source: string): readonly string[] {
  const parsed = parse(source);
  if (parsed.ok) throw new Error("the manifest was accepted");
  return parsed.error.map(({ line, column, problem }) => `${String(line)}:${String(column)} ${problem}`);
}

const SECRET = '[[secrets]]\ntarget = "secret://canary/a"\nprovider = "env"\nreference = "CANARY"\n';
const GOOD = `version = 1\n${SECRET}`;

describe("a manifest of secret references", () => {
  it("names each secret, its provider and its place", () => {
    expect(parse(GOOD)).toEqual({
      ok: true,
      value: [{ target: "secret://canary/a", provider: "env", reference: "CANARY" }],
    });
  });

  it.each<readonly [source: string, expected: readonly string[]]>([
    ["", ["1:1 `version` must be 1", "1:1 `secrets` is missing"]],
    [GOOD.replace("version = 1", "version = 2"), ["1:1 `version` must be 1"]],
    [GOOD.replace("version = 1", 'version = "canary"'), ["1:1 `version` must be 1"]],
    ["version = 1\nsecrets = []\n", ["2:1 `secrets` must hold at least one secret"]],
    ["version = 1\nsecrets = 'canary'\n", ["2:1 `secrets` must be a list, found a string"]],
    ["version = 1\nsecrets = ['canary']\n", ["2:1 each item of `secrets` must be a table, found a string"]],
    [`${GOOD}value = "canary"\n`, ["6:1 unknown key"]],
    [`${GOOD}canary = "x"\n`, ["6:1 unknown key"]],
    [GOOD.replace('provider = "env"\n', ""), ["2:3 `provider` is missing"]],
    [GOOD.replace('"env"', '"keychain"'), ["4:1 the provider is unknown"]],
    [GOOD.replace('"env"', '"Canary Provider"'), ["4:1 `provider` must be the name of a provider"]],
    [GOOD.replace('"CANARY"', '"canary-9"'), ["5:1 `reference` must be the name of an environment variable"]],
    [GOOD.replace('"CANARY"', '""'), ["5:1 `reference` is empty"]],
    [GOOD.replace('"CANARY"', "7"), ["5:1 `reference` must be a string, found a number"]],
    [GOOD.replace('"CANARY"', '"CANARY?x=1"'), ["5:1 `reference` holds a control character, `?` or `&`"]],
    [GOOD.replace('"CANARY"', '" CANARY"'), ["5:1 `reference` begins or ends with a space"]],
    [GOOD.replace('"CANARY"', `"${"C".repeat(1025)}"`), ["5:1 `reference` is longer than 1024 characters"]],
    [`${GOOD}${SECRET}`, ["7:1 `target` stands in the list before"]],
    ...["canary/a", "secret://", "secret://../canary", "secret://canary//a", "secret://canary?x"].map(
      (target): [string, string[]] => [
        GOOD.replace("secret://canary/a", target),
        ["3:1 `target` must be `secret://` and a name: letters, digits, `.`, `_` and `-`, with `/` between its parts"],
      ],
    ),
    [`${GOOD}"canary = 1\n`, ["6:"]],
    [GOOD.replace('"CANARY"', "CANARY"), ["5:"]],
    [`${GOOD}__proto__ = 1\n`, ["6:1 the keys `__proto__` and `constructor` are not allowed"]],
  ])("is refused with the place of every fault (%#)", (source, expected) => {
    const found = faults(source);
    expect(found.length).toBe(expected.length);
    expected.forEach((start, i) => {
      expect(found[i]?.startsWith(start), `${String(found[i])} begins with ${start}`).toBe(true);
    });
    expect(found.join("\n").toLowerCase()).not.toContain("canary");
  });

  it("says which key was likely meant", () => {
    const parsed = parse(GOOD.replace("reference", "refrence"));
    expect(parsed.ok ? [] : parsed.error).toContainEqual({
      line: 5,
      column: 1,
      problem: "unknown key",
      hint: "did you mean `reference`?",
    });
  });

  it.each([
    [`qqqqqqqq = 1\n${GOOD}`, "the keys here are `version`, `secrets`"],
    [`${GOOD}qqqqqqqq = 1\n`, "the keys here are `target`, `provider`, `reference`"],
  ])("says which keys there are, when none is like it (%#)", (source, hint) => {
    const parsed = parse(source);
    expect(parsed.ok ? [] : parsed.error.map((fault) => fault.hint)).toEqual([hint]);
  });

  it("is no text with half a character in it", () => {
    expect(faults("\ud800")).toEqual(["1:1 the text is not valid Unicode"]);
    expect(faults(`${GOOD}# \udc00`)).toEqual(["6:3 the text is not valid Unicode"]);
  });

  it("holds at most a thousand secrets", () => {
    const many = Array.from({ length: 1001 }, (_, i) => SECRET.replace("canary/a", `canary/${String(i)}`)).join("");
    expect(faults(`version = 1\n${many}`)).toEqual(["2:3 `secrets` holds more than 1000 secrets"]);
  });
});
