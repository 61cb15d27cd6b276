/** A divergence names the first member that differs, and what merely follows from it last. */
import { describe, expect, it } from "vitest";
import { divergenceOf } from "../../src/replay/divergence.js";

const line = (more: object): string => JSON.stringify({ hash: "h", prev: "p", seq: 1, value: {}, ...more });

describe("divergenceOf", () => {
  it.each<[string, object, object, string, string, string]>([
    ["a member", { value: { a: 1 } }, { value: { a: 2 } }, "/value/a", "1", "2"],
    ["hash and prev only where nothing else differs", { hash: "x", prev: "y" }, {}, "/hash", '"x"', '"h"'],
    ["a member before the hash", { hash: "x", seq: 2 }, { hash: "y", seq: 3 }, "/seq", "2", "3"],
    ["a member that is not there", { value: { a: null } }, {}, "/value/a", "null", "(absent)"],
    ["an inherited name", { value: { toString: 1 } }, {}, "/value/toString", "1", "(absent)"],
    ["a longer list", { value: [1, 2] }, { value: [1] }, "/value/1", "2", "(absent)"],
    ["another type", { value: { a: [1] } }, { value: { a: 1 } }, "/value/a", "[1]", "1"],
    [
      "the first in canonical order",
      { value: { z: 1, b: 1, a: 1 } },
      { value: { z: 2, b: 2, a: 1 } },
      "/value/b",
      "1",
      "2",
    ],
    [
      "a hash deep down, as any member",
      { value: { hash: 1, z: 1 } },
      { value: { hash: 2, z: 2 } },
      "/value/hash",
      "1",
      "2",
    ],
  ])("finds %s", (_name, a, b, field, recorded, replayed) => {
    expect(divergenceOf(7, line(a), line(b))).toEqual({ line: 7, field, recorded, replayed });
  });

  it("names no member when two texts say the same", () => {
    const none = { field: "", recorded: "(absent)", replayed: "(absent)" };
    expect(divergenceOf(7, line({}), ` ${line({})}`)).toEqual({ line: 7, ...none });
  });
});
