import { describe, expect, it } from "vitest";
import type { Observation } from "../../src/abi/ports.js";
import type { JsonObject } from "../../src/base/json.js";
import { MAX_OPEN_TASKS, MAX_TASKS_KEPT } from "../../src/base/limits.js";
import { TaskTable, type Task } from "../../src/mcp/task-table.js";

interface Made {
  readonly table: TaskTable;
  readonly clock: { now: number };
  readonly ends: Observation[];
  readonly begin: (id: string, ttl?: number) => Task | undefined;
  /** One that the client has been told of. */
  readonly shown: (id: string, ttl?: number) => Task;
}

let drawn = 0;
function made(): Made {
  const clock = { now: 0 };
  const ends: Observation[] = [];
  const nonce = (bytes: number): string => (++drawn).toString(16).padStart(2 * bytes, "0");
  const table = new TaskTable({ nonce, now: () => clock.now });
  const told = (handle: string): JsonObject => ({ taskId: handle, status: "working" });
  const begin = (id: string, ttl?: number): Task | undefined =>
    table.begin({ id, call: "c1", told, ttl, finish: (observation) => void ends.push(observation) });
  const shown = (id: string, ttl?: number): Task => {
    const task = begin(id, ttl);
    if (task === undefined) throw new Error("no task");
    table.shown(task);
    return task;
  };
  return { table, clock, ends, begin, shown };
}

it("tasks are offered by a server that says so, and by one that makes some", () => {
  const [one, other] = [made().table, made()];
  expect([one.isOffered, other.table.isOffered]).toEqual([false, false]);
  one.offered();
  other.begin("server-id");
  expect([one.isOffered, other.table.isOffered]).toEqual([true, true]);
});

describe("a task", () => {
  it("is found by its handle alone: not by the server's id, a guess, or in another session", () => {
    const [one, other] = [made(), made()];
    const task = one.shown("server-id");
    expect(one.table.find(task.handle)).toBe(task);
    expect(task.handle).toMatch(/^task-[0-9a-f]{48}$/);
    expect(task.handle).not.toContain("server-id");
    for (const guess of ["server-id", "task-", task.handle.toUpperCase(), "__proto__", 0, null])
      expect(one.table.find(guess)).toBeUndefined();
    expect(other.table.find(task.handle)).toBeUndefined();
  });

  it("is known by the server's id only once the client knows of it", () => {
    const { table, begin } = made();
    const task = begin("t");
    expect(table.ofServer("t")).toBeUndefined();
    expect(table.list()).toEqual([]);
    if (task !== undefined) table.shown(task);
    expect(table.ofServer("t")).toBe(task);
    expect(table.ofServer(task?.handle)).toBeUndefined();
  });

  it("never has an id that the server has used before, not even after its end", () => {
    const { table, begin, shown } = made();
    const task = shown("t");
    expect(begin("t")).toBeUndefined();
    table.end(task, { status: "ok" });
    expect(begin("t")).toBeUndefined();
    expect(begin("u")).toBeDefined();
  });

  it("ends once; what is said later changes nothing", () => {
    const { table, ends, shown } = made();
    const task = shown("t");
    expect(table.end(task, { status: "cancelled" })).toBe(true);
    expect(table.end(task, { status: "ok" })).toBe(false);
    table.heard(task, { status: "completed" });
    expect(ends).toEqual([{ status: "cancelled" }]);
    expect(table.find(task.handle)).toMatchObject({ isOver: true, told: { status: "working" } });
  });

  it("gives its result to one request at a time, and to none when it is over", () => {
    const { table, shown } = made();
    const task = shown("t");
    expect([table.ask(task), table.ask(task)]).toEqual([true, false]);
    table.answered(task);
    expect(table.ask(task)).toBe(true);
    table.answered(task);
    table.end(task, { status: "ok" });
    expect(table.ask(task)).toBe(false);
  });

  it("ends when its time is over by our clock, and waits for ever where the server says so", () => {
    const { table, clock, ends, shown } = made();
    const [timed, endless] = [shown("t", 1000), shown("u")];
    clock.now = 60_999;
    expect(table.find(timed.handle)?.isOver).toBe(false);
    clock.now = 61_000;
    expect(table.find(timed.handle)?.isOver).toBe(true);
    expect(ends).toEqual([{ status: "timeout" }]);
    clock.now = Number.MAX_SAFE_INTEGER;
    expect(table.find(endless.handle)?.isOver).toBe(false);
  });
});

describe("the table", () => {
  it("is bounded: so many are open, and of those that are over the oldest are forgotten", () => {
    const { table, begin, shown } = made();
    const open = Array.from({ length: MAX_OPEN_TASKS }, (_, i) => shown(`open-${String(i)}`));
    expect(table.isFull).toBe(true);
    expect(begin("one more")).toBeUndefined();
    for (const task of open) table.end(task, { status: "ok" });
    expect(table.isFull).toBe(false);
    for (let i = 0; i < MAX_TASKS_KEPT; i++) table.end(shown(`over-${String(i)}`), { status: "ok" });
    expect(table.list()).toHaveLength(MAX_TASKS_KEPT);
    expect(table.find(open[0]?.handle)).toBeUndefined();
  });

  it("ends all that are open when the connection does", () => {
    const { table, ends, shown } = made();
    table.end(shown("a"), { status: "ok" });
    shown("b");
    shown("c");
    table.close("unknown");
    expect(ends.map(({ status }) => status)).toEqual(["ok", "unknown", "unknown"]);
  });

  it("has no tasks without randomness and a clock", () => {
    const table = new TaskTable();
    expect(table.isFull).toBe(true);
    const opening = { id: "t", call: "c1", told: () => ({}), ttl: undefined, finish: () => undefined };
    expect(table.begin(opening)).toBeUndefined();
  });
});
