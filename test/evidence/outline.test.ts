/** The outline of a log: the same for runs in which the same was decided, another as soon as something else was. */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { outlineOf } from "../../src/evidence/outline.js";

const VECTORS = ["flight-log-v1.jsonl", "flight-log-v2.jsonl", "flight-log-v3-run.jsonl"];

function events(name: string): readonly FlightEvent[] {
  const text = readFileSync(new URL(`../vectors/${name}`, import.meta.url), "utf8");
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as FlightEvent);
}

const outline = (log: readonly FlightEvent[]): readonly string[] =>
  log.flatMap((event) => outlineOf(event, { claims: true }) ?? []);

describe.each(VECTORS)("%s", (name) => {
  test("nothing of it changes from run to run: no hash, id or time", () => {
    const text = outline(events(name)).join("\n");
    expect(text).toContain("open ");
    expect(text).not.toMatch(/[0-9a-f]{12}|\b[cp]\d+\b|\d{4}-\d\d-\d\dT/);
  });

  test("a decision that fell otherwise is seen", () => {
    const log = events(name);
    const changed = log.map((event) =>
      event.type === "syscall"
        ? { ...event, value: { ...event.value, decision: { ...event.value.decision, rule: "other" } } }
        : event,
    );
    expect(outline(changed)).not.toEqual(outline(log));
  });
});

test("a name that would act on a terminal does not", () => {
  const event = events("flight-log-v1.jsonl").find(({ type }) => type === "syscall");
  const hostile = { ...event, value: { ...event?.value, target: "s/\u001b[2J\u202eevil" } } as unknown as FlightEvent;
  expect(outlineOf(hostile, { claims: true })).toContain("\\u{1b}[2J\\u{202e}evil");
});
