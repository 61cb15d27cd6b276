/** The order of a log by itself: what does not follow and how it is told, which lines may be missing, and for how long that is known. */
import { describe, expect, test } from "vitest";
import type { FlightLine } from "../../src/abi/event.js";
import { Chain } from "../../src/evidence/chain.js";
import { GENESIS } from "../../src/evidence/codec.js";
import { digests } from "./fixture.js";

const hashAt = (seq: number): string => (seq < 0 ? GENESIS : digests.sha256Hex(String(seq)));

function lineAt(seq: number, more: { prev?: string; mono_us?: number } = {}): FlightLine {
  const { prev = hashAt(seq - 1), mono_us = seq } = more;
  const value = { session: "s1", fact: "ping" } as const;
  return { type: "session", value, seq, prev, hash: hashAt(seq), time: { mono_us, wall_ms: 1 } };
}

/** A chain that has taken these lines, in this order. */
function after(...seqs: readonly number[]): Chain {
  const chain = new Chain();
  for (const seq of seqs) chain.follow(lineAt(seq));
  return chain;
}

/** A chain with this many stretches of missing lines: every second line is gone. */
function withHoles(count: number): Chain {
  return after(...Array.from({ length: count + 1 }, (_, i) => 2 * i));
}

describe("lines in order", () => {
  test("break nothing and leave nothing that may be missing, however many there are", () => {
    const chain = after(...Array.from({ length: 300 }, (_, i) => i));
    expect(chain.follow(lineAt(300))).toEqual([]);
    expect(chain.damage).toBe(0);
    expect([0, 5, 299, 300, 301].map((seq) => chain.mayHaveMissed(seq))).toEqual(Array<boolean>(5).fill(false));
  });

  test("may stand at the same moment, and not before one another", () => {
    const chain = after(0, 1);
    expect(chain.follow(lineAt(2, { mono_us: 1 }))).toEqual([]);
    expect(chain.follow(lineAt(3, { mono_us: 0 }))).toEqual([
      { code: "clock-backwards", detail: "is at 0 us, the line before it at 1 us" },
    ]);
    expect(chain.damage).toBe(0);
  });
});

describe("a break", () => {
  test("is a number beyond the next: the lines between are missing", () => {
    const chain = after(0, 1);
    expect(chain.follow(lineAt(4))).toEqual([{ code: "seq-gap", detail: "states sequence number 4 where 2 is due" }]);
    expect([1, 2, 3, 4].map((seq) => chain.mayHaveMissed(seq))).toEqual([false, true, true, false]);
    expect(chain.damage).toBe(1);
    expect(chain.follow(lineAt(5))).toEqual([]);
  });

  test("is a number that was there already, and nothing is missing for it", () => {
    const chain = after(0, 1, 2);
    expect(chain.follow(lineAt(1, { mono_us: 9 }))).toEqual([
      { code: "seq-gap", detail: "states sequence number 1 where 3 is due" },
    ]);
    expect([0, 1, 2, 3].map((seq) => chain.mayHaveMissed(seq))).toEqual(Array<boolean>(4).fill(false));
  });

  test("is another hash before the line", () => {
    const chain = after(0);
    expect(chain.follow(lineAt(1, { prev: hashAt(7) }))).toEqual([
      { code: "prev-mismatch", detail: "does not state the hash of the line before it" },
    ]);
    expect(chain.damage).toBe(1);
    expect(chain.follow(lineAt(2, { prev: GENESIS }))).toHaveLength(1);
    expect(chain.damage).toBe(2);
  });
});

describe("after lines that could not be read", () => {
  function unread(count: number): Chain {
    const chain = after(0, 1);
    for (let i = 0; i < count; i++) chain.skip();
    return chain;
  }

  test("the next one is taken at its word, wherever among them it stands", () => {
    for (const seq of [2, 3, 4]) {
      const chain = unread(2);
      expect(chain.follow(lineAt(seq))).toEqual([]);
      expect(chain.damage).toBe(2);
      expect([2, 3].map((one) => chain.mayHaveMissed(one))).toEqual([seq > 2, seq > 3]);
    }
  });

  test("a number beyond them is a gap, and so is one before them", () => {
    const due = "where 2 to 4 is due";
    expect(unread(2).follow(lineAt(5))).toEqual([{ code: "seq-gap", detail: `states sequence number 5 ${due}` }]);
    expect(unread(2).follow(lineAt(1))).toEqual([{ code: "seq-gap", detail: `states sequence number 1 ${due}` }]);
  });

  test("no more is forgiven once one was read", () => {
    const chain = unread(2);
    chain.follow(lineAt(3));
    expect(chain.follow(lineAt(5))).toEqual([{ code: "seq-gap", detail: "states sequence number 5 where 4 is due" }]);
  });
});

describe("stretches of missing lines", () => {
  test("are told apart up to 255", () => {
    const chain = withHoles(255);
    expect(chain.mayHaveMissed(1)).toBe(true);
    expect(chain.mayHaveMissed(509)).toBe(true);
    expect(chain.mayHaveMissed(2)).toBe(false);
    expect(chain.mayHaveMissed(511)).toBe(false);
  });

  test.each([256, 300])("make any line count as possibly missing when there are %i", (count) => {
    const chain = withHoles(count);
    expect(chain.mayHaveMissed(2)).toBe(true);
    expect(chain.mayHaveMissed(100_000)).toBe(true);
    expect(chain.damage).toBe(count);
  });
});

test("a pruned log goes on at its head: all before it may be missing, and it must state the last hash that is gone", () => {
  const chain = new Chain();
  chain.resume(5, hashAt(4));
  expect([0, 4, 5].map((seq) => chain.mayHaveMissed(seq))).toEqual([true, true, false]);
  expect(chain.follow(lineAt(5))).toEqual([]);
  expect(chain.damage).toBe(0);

  const other = new Chain();
  other.resume(5, hashAt(9));
  expect(other.follow(lineAt(5)).map(({ code }) => code)).toEqual(["prev-mismatch"]);
});
