/** Opening a value of the journal: what is asked for is shown, its neighbours stay closed, another value does not open. */
import { describe, expect, test } from "vitest";
import type { PayloadSlot } from "../../src/abi/payload.js";
import { canonicalJson } from "../../src/base/canonical.js";
import type { JsonValue } from "../../src/base/json.js";
import { commitmentOf, MAX_MEMBERS, memberDigest, saltOf } from "../../src/evidence/commitment.js";
import { openingOf, type ToOpen } from "../../src/evidence/opening.js";
import { digests } from "./fixture.js";

const SECRET = "5e".repeat(32);
const PLACE = { secret: SECRET, seq: 7 };
const NAMES = { 'a "quoted\\" name': [1, { "no/te": 2 }], amount: 120, "": null, "é\\": "\\" };

interface Making {
  readonly slot?: PayloadSlot;
  readonly byMember?: boolean;
}

function committed(value: JsonValue, { slot = "arguments", byMember = true }: Making = {}): ToOpen {
  const at = { ...PLACE, slot, canonical: canonicalJson(value) };
  return { ...at, commitment: commitmentOf(digests, { ...at, byMember }) };
}

function opened(value: ToOpen, member?: string): unknown {
  const opening = openingOf(digests, value, member);
  return opening.ok ? opening.value : opening.error;
}

const salt = (member?: number, slot: PayloadSlot = "arguments"): string => saltOf(digests, { ...PLACE, slot }, member);

/** The members of NAMES in RFC 8785 order, as what is shown and as what stands for each when it is not. */
const SHOWN = [
  { name: "", canonical: "null" },
  { name: 'a "quoted\\" name', canonical: '[1,{"no/te":2}]' },
  { name: "amount", canonical: "120" },
  { name: "é\\", canonical: '"\\\\"' },
].map((member, index) => ({ ...member, salt: salt(index) }));
const CLOSED = SHOWN.map((member) => ({
  digest: memberDigest(digests, member.salt, `${JSON.stringify(member.name)}:${member.canonical}`),
}));

describe("a value that is committed to member by member", () => {
  test("opens whole as all its members, each with its salt", () => {
    expect(opened(committed(NAMES))).toEqual({ members: SHOWN });
  });

  test.each(SHOWN.map(({ name }, index) => [name, index] as const))(
    "opens at %j alone: of the others there are digests, and no salt",
    (name, index) => {
      const members = SHOWN.map((member, i) => (i === index ? member : CLOSED[i]));
      expect(opened(committed(NAMES), name)).toStrictEqual({ members });
    },
  );

  test.each(["amoun", "amount ", '"amount"', "no/te"])("has no member %j to open", (name) => {
    expect(opened(committed(NAMES), name)).toBe("no-member");
  });
});

describe("a value that is committed to whole", () => {
  const wide = Object.fromEntries(Array.from({ length: MAX_MEMBERS + 1 }, (_, i) => [`m${String(i)}`, i]));
  test.each<readonly [string, JsonValue, Making]>([
    ["a text", "pay the rent", { slot: "intent" }],
    ["what came back", { rows: [] }, { slot: "content" }],
    ["an object without members", {}, {}],
    ["one of too many members", wide, {}],
    ["an object in a log that knows no members", NAMES, { byMember: false }],
  ])("opens whole and in no other way: %s", (_what, value, making) => {
    const canonical = canonicalJson(value);
    expect(opened(committed(value, making))).toEqual({ whole: { canonical, salt: salt(undefined, making.slot) } });
    expect(opened(committed(value, making), "amount")).toBe("whole");
  });
});

test.each<readonly [string, Partial<ToOpen>]>([
  ["value", { canonical: canonicalJson({ ...NAMES, amount: 121 }) }],
  ["line", { seq: 8 }],
  ["slot", { slot: "sent" }],
  ["secret", { secret: "5f".repeat(32) }],
])("another %s than the one committed to opens neither whole nor in part", (_what, other) => {
  for (const making of [{}, { byMember: false }]) {
    const value = { ...committed(NAMES, making), ...other };
    for (const member of [undefined, "amount", "none"]) expect(opened(value, member)).toBe("other-value");
  }
});
