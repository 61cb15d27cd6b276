/** Shapes are closed: what they do not name is refused, and the fault says where. */
import { describe, expect, it } from "vitest";
import { anyObject, flag, integer, listOf, oneOf, optional, record, text } from "../../src/base/shape.js";

const person = record({
  name: text({ max: 5, form: /^[a-z]*$/ }),
  age: optional(integer(0, 150)),
  roles: listOf(record({ role: oneOf(["cook", "smith"]), since: integer() }), 2),
  isIn: flag(),
  rest: optional(anyObject()),
});
const good = { name: "ada", age: 36, roles: [{ role: "smith", since: 1 }], isIn: true, rest: { x: [1] } };

describe("record", () => {
  it("accepts exactly its members", () => {
    expect(person.check(good, "")).toBeUndefined();
    const { name, roles, isIn } = good;
    expect(person.check({ name, roles, isIn }, "")).toBeUndefined();
  });

  it.each<[string, unknown, string, string]>([
    ["an unknown member", { ...good, extra: 1 }, "/extra", "is not a known member"],
    ["an inherited name as a member", { ...good, toString: 1 }, "/toString", "is not a known member"],
    ["an own __proto__", JSON.parse('{"__proto__":1}'), "/__proto__", "is not a known member"],
    ["a missing member", { ...good, isIn: undefined }, "/isIn", "is not true or false"],
    ["no members", {}, "/name", "is missing"],
    ["a list", [], "", "is not an object"],
    ["null", null, "", "is not an object"],
    ["a text", "x", "", "is not an object"],
    ["a number for a text", { ...good, name: 1 }, "/name", "is not a string"],
    ["a text too long", { ...good, name: "abcdef" }, "/name", "is longer than 5 characters"],
    ["a text of another form", { ...good, name: "a1" }, "/name", "has not the form it must have"],
    ["an optional member of another type", { ...good, age: "1" }, "/age", "is not an integer from 0 to 150"],
    ["an integer out of range", { ...good, age: 151 }, "/age", "is not an integer from 0 to 150"],
    ["a fraction", { ...good, age: 1.5 }, "/age", "is not an integer from 0 to 150"],
    ["a text for a list", { ...good, roles: "x" }, "/roles", "is not a list"],
    ["a list too long", { ...good, roles: [1, 2, 3] }, "/roles", "has more than 2 items"],
    [
      "an unknown name deep down",
      {
        ...good,
        roles: [
          { role: "cook", since: 1 },
          { role: "king", since: 1 },
        ],
      },
      "/roles/1/role",
      "is not one of the known names",
    ],
    ["a missing member deep down", { ...good, roles: [{ role: "cook" }] }, "/roles/0/since", "is missing"],
    ["a list for an object", { ...good, rest: [] }, "/rest", "is not an object"],
  ])("refuses %s", (_name, value, path, problem) => {
    expect(person.check(value, "")).toEqual({ path, problem });
  });

  it("does not repeat an endless name", () => {
    expect(record({}).check({ ["x".repeat(10_000)]: 1 }, "")?.path).toHaveLength(65);
  });

  it("does not take inherited members for its own", () => {
    const heir = Object.create({ name: "ada" }) as object;
    expect(record({ name: text() }).check(heir, "")).toEqual({ path: "/name", problem: "is missing" });
  });

  it("refuses unsafe integers", () => {
    expect(integer().check(2 ** 53, "/n")).toBeDefined();
    expect(integer().check(Number.NaN, "/n")).toBeDefined();
    expect(integer().check(-1, "/n")).toBeDefined();
  });
});
