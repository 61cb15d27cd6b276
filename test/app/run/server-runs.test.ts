/** A server started again, with a clock and servers of the test's own: how often, after what time, and when not. */
import { describe, expect, test } from "vitest";
import { Restarts } from "../../../src/app/run/restarts.js";
import { ServerRuns, type ServerRunsParts } from "../../../src/app/run/server-runs.js";
import type { ServerHandlers } from "../../../src/app/run/server-stream.js";
import { MAX_STDERR_BYTES, RESTART_WELL_MS } from "../../../src/base/limits.js";
import type { Greeted } from "../../../src/mcp/greeting.js";

const EXIT = { code: 1, signal: undefined, spawnError: undefined };

class World {
  nowMs = 0;
  /** What was started, the latest last. */
  readonly servers: { readonly handlers: ServerHandlers; isStopped: boolean; isPaused: boolean; stderr: string }[] = [];
  readonly told: string[] = [];
  waiting: { readonly ms: number; readonly run: () => void } | undefined;
  greeted: Greeted | Promise<Greeted> = "same";
  isReady = true;
  readonly runs: ServerRuns;

  constructor(restarts: number) {
    const parts: ServerRunsParts = {
      restarts,
      startServer: (handlers) => {
        const server = { handlers, isStopped: false, isPaused: false, stderr: "" };
        this.servers.push(server);
        const stop = (): Promise<typeof EXIT> => {
          if (!server.isStopped) {
            server.isStopped = true;
            handlers.onExit(EXIT);
          }
          return Promise.resolve(EXIT);
        };
        return {
          ...{ send: () => true, pause: () => undefined, resume: () => undefined, unread: () => 0, stop },
          stderrTail: () => Buffer.from(server.stderr),
          stderrBytes: () => server.stderr.length,
        };
      },
      handlers: { onLine: () => undefined, onOversize: () => undefined, onDrain: () => undefined },
      timers: {
        now: () => this.nowMs,
        after: (ms, run) => {
          this.waiting = { ms, run };
          return () => {
            this.waiting = undefined;
          };
        },
      },
      note: ({ fact, fault, restart }) => {
        this.told.push([fact, fault, restart].filter((part) => part !== undefined).join(" "));
        return Promise.resolve();
      },
      mayRestart: () => this.isReady,
      onAway: () => this.told.push("away"),
      greet: () => Promise.resolve(this.greeted),
      onBack: () => this.told.push("back"),
      onGone: ({ isLost }) => this.told.push(isLost ? "lost" : "gone"),
    };
    this.runs = new ServerRuns(parts);
  }

  /** The server that is there now ends. */
  dies(): void {
    const server = this.servers.at(-1);
    if (server === undefined) throw new Error("there is none");
    server.isStopped = true;
    server.handlers.onExit(EXIT);
  }

  /** The time that is waited for has come; gives how long it was. */
  async comes(): Promise<number | undefined> {
    const { waiting } = this;
    this.waiting = undefined;
    this.nowMs += waiting?.ms ?? 0;
    waiting?.run();
    await new Promise(setImmediate);
    return waiting?.ms;
  }
}

async function begun(restarts: number): Promise<World> {
  const world = new World(restarts);
  await world.runs.start();
  return world;
}

describe("how often and when", () => {
  test("each wait is twice the last one, up to a bound, and there are only so many", () => {
    const restarts = new Restarts(8);
    restarts.started(0);
    const waits = Array.from({ length: 9 }, () => restarts.next(0));
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 8000, 8000, undefined]);
  });

  test("a server that has lived long enough counts anew, one that has not does not", () => {
    const restarts = new Restarts(1);
    restarts.started(0);
    expect(restarts.next(RESTART_WELL_MS - 1)).toBe(250);
    restarts.started(100_000);
    expect(restarts.next(100_000 + RESTART_WELL_MS - 1)).toBeUndefined();
    expect(restarts.next(100_000 + RESTART_WELL_MS)).toBe(250);
  });

  test("0 is never", () => {
    expect(new Restarts(0).next(1e9)).toBeUndefined();
  });
});

describe("a server that ends", () => {
  test("is away until the next one is greeted, and back then", async () => {
    const world = await begun(3);
    world.dies();
    expect(world.servers).toHaveLength(1);
    expect(await world.comes()).toBe(250);
    expect(world.servers).toHaveLength(2);
    world.dies();
    expect(await world.comes()).toBe(500);
    expect(world.told).toEqual([
      ...["child-started", "child-exited", "away", "child-started 1", "back"],
      ...["child-exited", "away", "child-started 2", "back"],
    ]);
  });

  test("while it is greeted is not let in, and the next one is waited for", async () => {
    const world = await begun(3);
    let answer: (greeted: Greeted) => void = () => undefined;
    world.greeted = new Promise((resolve) => (answer = resolve));
    world.dies();
    await world.comes();
    world.dies();
    // An answer that comes too late is not that of the one that is there now.
    answer("same");
    await new Promise(setImmediate);
    expect(world.told).not.toContain("back");
    world.greeted = "same";
    expect(await world.comes()).toBe(500);
    expect(world.told.at(-1)).toBe("back");
  });

  test("is not let in as another: stopped, recorded, and lost for good", async () => {
    const world = await begun(3);
    world.greeted = "other-server";
    world.dies();
    await world.comes();
    expect(world.told.slice(2)).toEqual(["away", "child-started 1", "restart-refused other-server 1", "lost"]);
    expect(world.servers.at(-1)?.isStopped).toBe(true);
    expect(world.waiting).toBeUndefined();
  });

  test.each([
    [
      "before the session is ready",
      (world: World) => {
        world.isReady = false;
      },
    ],
    [
      "when it was told to be the last",
      (world: World) => {
        world.runs.last();
      },
    ],
  ])("%s is not started again", async (_when, prepare) => {
    const world = await begun(3);
    prepare(world);
    world.dies();
    expect(world.told).toEqual(["child-started", "lost"]);
    expect(world.waiting).toBeUndefined();
  });

  test("because it was stopped is not started again", async () => {
    const world = await begun(3);
    expect(await world.runs.stop()).toEqual(EXIT);
    expect(world.told).toEqual(["child-started", "lost"]);
    await world.runs.recordExit();
    await world.runs.recordExit();
    expect(world.told.filter((fact) => fact === "child-exited")).toHaveLength(1);
  });

  test("and whose next one is called off tells at once that none comes", async () => {
    const world = await begun(3);
    world.dies();
    world.runs.last();
    expect(world.told.slice(2)).toEqual(["away", "gone"]);
    expect(world.waiting).toBeUndefined();
    expect(world.servers).toHaveLength(1);
  });
});

test("what all of them wrote on stderr is counted together, and its end kept", async () => {
  const world = await begun(3);
  const texts = ["a".repeat(10), "b".repeat(MAX_STDERR_BYTES - 5), "c"];
  for (const [life, text] of texts.entries()) {
    const server = world.servers[life];
    if (server !== undefined) server.stderr = text;
    if (life === texts.length - 1) break;
    world.dies();
    await world.comes();
  }
  const { tail, bytes } = world.runs.stderr;
  expect(bytes).toBe(texts.join("").length);
  expect(tail).toBe(texts.join("").slice(-MAX_STDERR_BYTES));
});
