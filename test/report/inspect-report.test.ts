import { describe, expect, test } from "vitest";
import type { FlightEvent } from "../../src/abi/event.js";
import { createInspector, type InspectRow } from "../../src/evidence/inspect.js";
import { inspectJsonPrinter, inspectTextPrinter, type InspectPrinter } from "../../src/report/inspect-report.js";
import { plainPaint, textWidth } from "../../src/report/style.js";
import { bodyEvents, buildLog, callEvent, closeLog, verifyLines } from "../evidence/fixture.js";
import { expectGolden } from "./golden.js";

const PATH = ".agentk/runs/latest.jsonl";

function print(printer: InspectPrinter, lines: readonly string[], batch = 500): string {
  const inspector = createInspector();
  const rows: InspectRow[] = [];
  const report = verifyLines(lines, { onEvent: (event, line) => rows.push(inspector.add(event, line)) });
  let text = printer.begin(PATH);
  for (let i = 0; i < rows.length; i += batch) text += printer.rows(rows.slice(i, i + batch));
  return text + printer.end(inspector.totals(), report);
}

const textPrinter = (width: number): InspectPrinter => inspectTextPrinter({ paint: plainPaint, width });
const withTarget = (target: string): readonly FlightEvent[] => [...bodyEvents(), callEvent(7, "deny", target)];

describe("as text", () => {
  test("a whole log in a file", () => {
    expectGolden("inspect-ok.txt", print(textPrinter(Infinity), buildLog()));
  });

  test("a log with a broken line, on a terminal of 100 columns", () => {
    const lines = closeLog(withTarget("https://bank.example/pay?token=s3cret"));
    lines[2] = (lines[2] ?? "").replace("initialize", "initialise");
    const text = print(textPrinter(100), lines);
    expectGolden("inspect-broken.txt", text);
    expect(text).not.toContain("s3cret");
  });

  test.each([60, 80, 120])("rows fit a terminal of %i columns, whatever the names", (width) => {
    const lines = closeLog(withTarget(`files/${"漢字".repeat(60)}`));
    const [, table = ""] = print(textPrinter(width), lines).split("\n\n");
    const least = 95; // what the columns that must not shrink further add up to
    for (const line of table.split("\n")) expect(textWidth(line)).toBeLessThanOrEqual(Math.max(width, least));
  });

  test("a wall clock beyond all dates is shown as it is", () => {
    const row: InspectRow = { line: 1, seq: 0, wallMs: 9e15, monoUs: 0, type: "open", who: "a", what: "b", labels: [] };
    expect(textPrinter(Infinity).rows([row])).toContain("9000000000000000");
  });
});

describe("as JSON", () => {
  test("a whole log", () => {
    expectGolden("inspect-ok.json", print(inspectJsonPrinter(), buildLog()));
  });

  test("is one document, however it was cut into batches", () => {
    const whole = print(inspectJsonPrinter(), buildLog());
    expect(print(inspectJsonPrinter(), buildLog(), 1)).toBe(whole);
    const document = JSON.parse(whole) as { events: unknown[]; verification: { ok: boolean } };
    expect(document.events).toHaveLength(8);
    expect(document.verification.ok).toBe(true);
  });

  test("of an empty log is a document too", () => {
    expect(JSON.parse(print(inspectJsonPrinter(), []))).toMatchObject({ events: [], verification: { ok: false } });
  });
});
