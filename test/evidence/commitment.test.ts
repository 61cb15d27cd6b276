/** Commitments: one member can be shown without the others, and none can be guessed from the log. */
import { createHash, createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { PayloadSlot } from "../../src/abi/payload.js";
import { canonicalJson } from "../../src/base/canonical.js";
import type { JsonObject, JsonValue } from "../../src/base/json.js";
import {
  commitmentOf,
  groupDigest,
  MAX_MEMBERS,
  memberDigest,
  membersOf,
  saltOf,
  wholeDigest,
} from "../../src/evidence/commitment.js";
import { linesOf, Run, ALLOW_ALL } from "../kernel/fixture.js";
import { digests } from "./fixture.js";

const SECRET = "5e".repeat(32);
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hmac = (text: string): string => createHmac("sha256", Buffer.from(SECRET, "hex")).update(text).digest("hex");

function commitmentTo(value: JsonValue, more: { slot?: PayloadSlot; seq?: number; byMember?: boolean } = {}): string {
  const { slot = "arguments", seq = 7, byMember = true } = more;
  return commitmentOf(digests, { secret: SECRET, seq, slot, canonical: canonicalJson(value), byMember });
}

function objectOf(count: number): JsonObject {
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`m${String(i)}`, i]));
}

describe("the members of an object", () => {
  test("are those that JSON.parse finds, in canonical order, whatever is in them", () => {
    const value = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 3 }), {
      minKeys: 1,
      maxKeys: 9,
    });
    fc.assert(
      fc.property(value, (object) => {
        const canonical = canonicalJson(JSON.parse(JSON.stringify(object)) as JsonObject);
        const parsed = JSON.parse(canonical) as Record<string, JsonValue>;
        const members = membersOf("arguments", canonical);
        expect(members?.map((member) => JSON.parse(`{${member}}`) as unknown)).toEqual(
          sortedNames(parsed).map((name) => ({ [name]: parsed[name] })),
        );
        expect(`{${members?.join(",") ?? ""}}`).toBe(canonical);
      }),
      { numRuns: 500 },
    );
  });

  test.each<readonly [string, JsonObject, readonly string[]]>([
    ["quotes and backslashes", { 'a"': '\\",{' }, ['"a\\"":"\\\\\\",{"']],
    ["brackets in strings", { a: "}]", b: "[{" }, ['"a":"}]"', '"b":"[{"']],
    ["objects and lists", { a: { b: [1, { c: 2 }] }, d: [] }, ['"a":{"b":[1,{"c":2}]}', '"d":[]']],
    ["an empty name", { "": null }, ['"":null']],
  ])("are told apart with %s", (_what, value, members) => {
    expect(membersOf("arguments", canonicalJson(value))).toEqual(members);
  });

  test.each<readonly [string, JsonValue]>([
    ["an object without members", {}],
    ["a list", [1]],
    ["a string that looks like an object", '{"a":1}'],
    ["a number", 7],
    ["null", null],
    ["an object of more members than are told apart", objectOf(MAX_MEMBERS + 1)],
  ])("are none for %s: it is committed to whole", (_what, value) => {
    expect(membersOf("arguments", canonicalJson(value))).toBeUndefined();
    const salt = hmac("agentk/salt/1\n7 arguments");
    expect(commitmentTo(value)).toBe(sha256(`agentk/commitment/1\n${salt}\n${canonicalJson(value)}`));
  });

  test.each([1, MAX_MEMBERS])("%i of them are told apart", (count) => {
    expect(membersOf("arguments", canonicalJson(objectOf(count)))).toHaveLength(count);
  });

  test.each<readonly [PayloadSlot, boolean]>([
    ["arguments", true],
    ["sent", true],
    ["subject", true],
    ["content", false],
    ["command", false],
    ["intent", false],
    ["stderr", false],
  ])("of `%s`: %s", (slot, isByMember) => {
    expect(membersOf(slot, '{"a":1}') !== undefined).toBe(isByMember);
  });
});

describe("a commitment by member", () => {
  test("is over these bytes", () => {
    const members = ['"a":1', '"b":"x"'].map((member, index) =>
      sha256(`agentk/member/1\n${hmac(`agentk/salt/1\n7 arguments ${String(index)}`)}\n${member}`),
    );
    expect(commitmentTo({ b: "x", a: 1 })).toBe(sha256(`agentk/members/1\n${members.join("\n")}`));
  });

  test("lets one member be checked alone, by its salt and what stands for the others", () => {
    const value = { amount: 40, pin: "4711", to: "ann" };
    const members = membersOf("arguments", canonicalJson(value)) ?? [];
    const salts = members.map((_, index) => saltOf(digests, { secret: SECRET, seq: 7, slot: "arguments" }, index));
    const stands = members.map((member, index) => memberDigest(digests, salts[index] ?? "", member));
    const check = (index: number, salt: string, member: string): boolean =>
      groupDigest(digests, stands.with(index, memberDigest(digests, salt, member))) === commitmentTo(value);
    expect(check(0, salts[0] ?? "", '"amount":40')).toBe(true);
    expect(check(0, salts[0] ?? "", '"amount":41')).toBe(false);
    expect(check(0, salts[1] ?? "", '"amount":40')).toBe(false);
    expect(check(2, salts[0] ?? "", '"amount":40')).toBe(false);
    // The salt of one says nothing about another: each is a value of the secret's own.
    expect(new Set(salts).size).toBe(3);
    for (let pin = 0; pin < 10_000; pin++)
      expect(memberDigest(digests, salts[0] ?? "", `"pin":"${String(pin).padStart(4, "0")}"`)).not.toBe(stands[1]);
  });

  test("is another one at another line, in another role, and whole", () => {
    const value = { a: 1 };
    const all = [
      commitmentTo(value),
      commitmentTo(value, { seq: 8 }),
      commitmentTo(value, { slot: "sent" }),
      commitmentTo(value, { byMember: false }),
      wholeDigest(digests, saltOf(digests, { secret: SECRET, seq: 7, slot: "arguments" }, 0), '"a":1'),
      memberDigest(digests, saltOf(digests, { secret: SECRET, seq: 7, slot: "arguments" }, 0), '"a":1'),
    ];
    expect(new Set(all).size).toBe(all.length);
  });

  test("is not made in runs of versions 1 and 2", () => {
    for (const format of ["agentk-flight/1", "agentk-flight/2"] as const) {
      const made = new Run(ALLOW_ALL, { format }).call("read", { a: 1 });
      const salt = hmac(`agentk/salt/1\n2 arguments`);
      expect(made.event.value.arguments?.commitment).toBe(sha256(`agentk/commitment/1\n${salt}\n{"a":1}`));
    }
    expect(new Run(ALLOW_ALL).call("read", { a: 1 }).event.value.arguments?.commitment).toBe(
      commitmentTo({ a: 1 }, { seq: 2 }),
    );
  });
});

describe("a four-digit PIN cannot be found from the log by trying all", () => {
  test.each<readonly [string, (pin: string) => JsonValue]>([
    ["as the only argument", (pin) => ({ pin })],
    ["beside a known one", (pin) => ({ account: "GB33BUKB", pin })],
    ["as the whole value", (pin) => pin],
  ])("%s", (_what, valueOf) => {
    const run = new Run(ALLOW_ALL);
    run.call("pay", valueOf("4711"));
    const log = run.lines.join("\n");
    // Everything in the log that could be a salt or a key: its digests, its run, its numbers, nothing.
    const salts = [
      ...new Set(log.match(/[0-9a-f]{64}/g) ?? []),
      "",
      "7c",
      ...linesOf(run.lines).map(({ seq }) => String(seq)),
    ];
    for (let pin = 0; pin < 10_000; pin++) {
      const canonical = canonicalJson(valueOf(String(pin).padStart(4, "0")));
      for (const guess of guessesOf(canonical, salts)) if (log.includes(guess)) throw new Error(`found: ${guess}`);
    }
    const salt = hmac("agentk/salt/1\n2 arguments");
    const mine = guessesOf(canonicalJson(valueOf("4711")), [salt], (index) =>
      hmac(`agentk/salt/1\n2 arguments ${String(index)}`),
    );
    // The same search with the secret does find it: so it looks at the right places.
    expect(mine.some((guess) => log.includes(guess))).toBe(true);
  });
});

/** What the log would hold for a value under each salt: whole, and by member. */
function guessesOf(
  canonical: string,
  salts: readonly string[],
  ofMember?: (index: number) => string,
): readonly string[] {
  const members = membersOf("arguments", canonical) ?? [];
  return salts.flatMap((salt) => [
    sha256(canonical),
    wholeDigest(digests, salt, canonical),
    groupDigest(
      digests,
      members.map((member, index) => memberDigest(digests, ofMember?.(index) ?? salt, member)),
    ),
  ]);
}

function sortedNames(object: Readonly<Record<string, unknown>>): readonly string[] {
  // RFC 8785 section 3.2.3: by UTF-16 code units, as JavaScript compares.
  return Object.keys(object).sort((a, b) => (a < b ? -1 : 1));
}
