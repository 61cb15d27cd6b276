/** Counting by name: the order of the rows, and the bound on names. */
import { expect, test } from "vitest";
import { Tally } from "../../src/evidence/tally.js";

function tallied(names: readonly string[]): readonly string[] {
  const tally = new Tally();
  for (const name of names) tally.add(name);
  return tally.rows().map(({ name, count }) => `${name} ${String(count)}`);
}

test("the most frequent name stands first, and equal counts by name, in whatever order they came", () => {
  const rows = ["c 3", "a 2", "b 2", "d 2", "e 1"];
  const names = ["a", "a", "b", "b", "c", "c", "c", "d", "d", "e"];
  for (const order of [names, names.toReversed(), [...names.slice(5), ...names.slice(0, 5)]])
    expect(tallied(order)).toEqual(rows);
  expect(tallied([])).toEqual([]);
});

test("a thousand names are counted apart, and all further ones together", () => {
  const names = Array.from({ length: 1003 }, (_, i) => `n${String(i).padStart(4, "0")}`);
  const rows = tallied([...names, "n0000", "n0999", "n1002"]);
  expect(rows.slice(0, 4)).toEqual(["(others) 4", "n0000 2", "n0999 2", "n0001 1"]);
  expect(rows).toHaveLength(1001);
});
