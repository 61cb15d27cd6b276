/** Grouping: who asks while others are ready shares their work, and nobody waits for anybody. */
import { describe, expect, it } from "vitest";
import { Grouping } from "../../src/kernel/grouping.js";
import { gate, settle } from "./ports.js";

function grouping(most: number, work?: (members: readonly number[]) => Promise<string>) {
  const groups: (readonly number[])[] = [];
  const made = new Grouping<number, string>(most, (members) => {
    groups.push([...members]);
    return work?.(members) ?? Promise.resolve(members.join("+"));
  });
  return { groups, made };
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i);

describe("a group", () => {
  it("is all that is ready at the same time, and each gets what came of it", async () => {
    const { groups, made } = grouping(256);
    const results = await Promise.all(upTo(32).map((one) => made.join(one)));
    expect(groups).toEqual([upTo(32)]);
    expect(new Set(results)).toEqual(new Set([upTo(32).join("+")]));
  });

  it("of one waits for nobody", async () => {
    const { groups, made } = grouping(256);
    expect(await made.join(7)).toBe("7");
    expect(groups).toEqual([[7]]);
  });

  it("is closed once its work began: who comes then is in the next, which grows until the first is done", async () => {
    const slow = gate<string>();
    const { groups, made } = grouping(256, (members) => (members.includes(0) ? slow.promise : Promise.resolve("fast")));
    const first = made.join(0);
    await settle();
    const second = made.join(1);
    await settle();
    const third = made.join(2);
    expect(groups).toEqual([[0]]);
    slow.open("slow");
    expect(await first).toBe("slow");
    expect(await Promise.all([second, third])).toEqual(["fast", "fast"]);
    expect(groups).toEqual([[0], [1, 2]]);
  });

  it("takes in who comes while it gathers, and does without when that fails", async () => {
    const gathered = gate();
    const groups: (readonly number[])[] = [];
    const made = new Grouping<number, number>(
      256,
      (members) => Promise.resolve(groups.push([...members])),
      () => (groups.length === 0 ? gathered.promise : Promise.reject(new Error("no"))),
    );
    const first = made.join(1);
    await settle();
    const second = made.join(2);
    gathered.open();
    await Promise.all([first, second, made.join(3)]);
    expect(await made.join(4)).toBe(2);
    expect(groups).toEqual([[1, 2, 3], [4]]);
  });

  it.each([
    [1, [1, 1, 1, 1, 1]],
    [2, [2, 2, 1]],
    [5, [5]],
  ])("holds %i at most", async (most, sizes) => {
    const { groups, made } = grouping(most);
    await Promise.all(upTo(5).map((one) => made.join(one)));
    expect(groups.map(({ length }) => length)).toEqual(sizes);
    expect(groups.flat()).toEqual(upTo(5));
  });

  it("whose work fails fails for all of its own, and for no other", async () => {
    const { made } = grouping(2, (members) =>
      members.includes(0) ? Promise.reject(new Error("no")) : Promise.resolve("yes"),
    );
    const results = await Promise.allSettled(upTo(4).map((one) => made.join(one)));
    expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"]);
    expect(await made.join(9)).toBe("yes");
  });
});
