/** How long a client waits for a server that does not read, with a clock of the test's own. */
import { expect, test } from "vitest";
import { Stall } from "../../../src/app/run/stall.js";

class World {
  /** What is waited for; undefined when nothing is. */
  waiting: { readonly ms: number; readonly run: () => void } | undefined;
  overs = 0;
  begun = 0;
  readonly stall = new Stall({
    ms: 700,
    timers: {
      after: (ms, run) => {
        this.begun++;
        this.waiting = { ms, run };
        return () => {
          this.waiting = undefined;
        };
      },
    },
    onOver: () => this.overs++,
  });
}

test("a server that does not read is waited for once, so long, and then no more until it reads", () => {
  const world = new World();
  world.stall.begin();
  world.stall.begin();
  expect([world.begun, world.waiting?.ms, world.stall.isOver]).toEqual([1, 700, false]);
  world.waiting?.run();
  expect([world.overs, world.stall.isOver]).toEqual([1, true]);
  world.stall.begin();
  expect(world.begun).toBe(1);
  world.stall.end();
  expect(world.stall.isOver).toBe(false);
  world.stall.begin();
  expect(world.begun).toBe(2);
});

test("one that reads in time is not waited for any more", () => {
  const world = new World();
  world.stall.end();
  world.stall.begin();
  world.stall.end();
  expect([world.waiting, world.overs, world.stall.isOver]).toEqual([undefined, 0, false]);
});
