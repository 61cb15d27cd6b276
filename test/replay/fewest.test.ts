/** Delta debugging: the fewest items that still show something, in order, within the bound. */
import { describe, expect, it } from "vitest";
import { fewest } from "../../src/replay/fewest.js";

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

/** Holds for lists with all of these, and counts what it is asked. */
function needing(...wanted: readonly number[]): {
  readonly holds: (items: readonly number[]) => boolean;
  readonly asked: (readonly number[])[];
} {
  const asked: (readonly number[])[] = [];
  return {
    asked,
    holds: (items) => {
      asked.push(items);
      return wanted.every((item) => items.includes(item));
    },
  };
}

/** What all the lists that were asked of cost: their items, and one for each. */
const costOf = (asked: readonly (readonly number[])[]): number =>
  asked.reduce((sum, { length }) => sum + length + 1, 0);

describe("the fewest items", () => {
  it.each([
    [[0], 1],
    [[4], 5],
    [[0, 1], 2],
    [[0, 4], 5],
    [[0, 1, 2], 3],
    [[1, 5, 9], 10],
    [[0, 2, 4, 6], 8],
    [[3, 4, 11, 12, 13], 17],
  ])("are %j of %i, in their order", (wanted, count) => {
    const { holds } = needing(...wanted);
    expect(fewest(upTo(count), holds, 100_000)).toEqual({ items: wanted, isMinimal: true });
  });

  it("are none where nothing matters, and one question tells it", () => {
    const { holds, asked } = needing();
    expect(fewest(upTo(100), holds, 100_000)).toEqual({ items: [], isMinimal: true });
    expect(asked).toEqual([[]]);
  });

  it("of an empty list that does not hold are none", () => {
    expect(fewest([], () => false, 100)).toEqual({ items: [], isMinimal: true });
  });

  it("that hold only in their order are found in it", () => {
    const inOrder = (items: readonly string[]): boolean => items.join("").includes("b") && items.join("").includes("d");
    expect(fewest(["a", "b", "c", "d", "e"], inOrder, 1000).items).toEqual(["b", "d"]);
  });

  it("are asked for in halves first, and a half that is enough is halved again", () => {
    const { holds, asked } = needing(0);
    fewest(upTo(8), holds, 1000);
    expect(asked).toEqual([[], [4, 5, 6, 7], [0, 1, 2, 3], [2, 3], [0, 1], [1], [0]]);
  });

  it("are asked for in finer parts where halves are too coarse", () => {
    const { holds, asked } = needing(0, 5);
    expect(fewest(upTo(6), holds, 1000).items).toEqual([0, 5]);
    expect(asked).toEqual([
      [],
      [3, 4, 5],
      [0, 1, 2],
      [2, 3, 4, 5],
      [0, 1, 4, 5],
      [4, 5],
      [0, 1],
      [1, 4, 5],
      [0, 4, 5],
      [4, 5],
      [0, 5],
      [5],
      [0],
    ]);
  });
});

describe("the bound", () => {
  const wanted = [0, 5];
  const whole = needing(...wanted);
  fewest(upTo(6), whole.holds, 100_000);
  const cost = costOf(whole.asked);

  it("counts the items of each list that is asked of, and one for each question", () => {
    expect(fewest(upTo(6), needing(...wanted).holds, cost + 1)).toEqual({ items: wanted, isMinimal: true });
    expect(fewest(upTo(6), needing(...wanted).holds, cost).isMinimal).toBe(false);
  });

  it("is never passed, and what is found holds", () => {
    for (let budget = 0; budget <= cost; budget++) {
      const { holds, asked } = needing(...wanted);
      const { items, isMinimal } = fewest(upTo(6), holds, budget);
      expect(costOf(asked)).toBeLessThan(Math.max(budget, 1));
      expect(isMinimal).toBe(false);
      expect(wanted.every((item) => items.includes(item))).toBe(true);
    }
  });

  it("that is nothing asks nothing, and keeps all", () => {
    const { holds, asked } = needing();
    expect(fewest(upTo(3), holds, 0)).toEqual({ items: [0, 1, 2], isMinimal: false });
    expect(fewest(upTo(3), holds, 1).isMinimal).toBe(false);
    expect(asked).toEqual([]);
  });
});
