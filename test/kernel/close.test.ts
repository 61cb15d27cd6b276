/** The last line of a run. */
import { expect, it } from "vitest";
import { ALLOW_ALL, payload, requestOf, Run } from "./fixture.js";

const CLOSE = { reason: "eof", strays: 0 } as const;

it("tells how many calls passed and did not, and how many lines there are", () => {
  const run = new Run(ALLOW_ALL);
  run.step({ type: "syscall", request: requestOf("secret.open") });
  run.reads("read_file", { text: "x" });
  const { event, payloads } = run.step({ type: "close", close: CLOSE });
  expect(event.value).toEqual({ ...CLOSE, allowed: 1, denied: 1, lines: run.lines.length });
  expect(payloads).toEqual([]);
});

it("commits to what the server said on its standard error, and hands that out for the journal", () => {
  const stderr = payload("starting up");
  const run = new Run(ALLOW_ALL);
  const { event, payloads } = run.step({ type: "close", close: { ...CLOSE, stderr } });
  const [kept, ...others] = payloads;
  expect(others).toEqual([]);
  expect(kept).toMatchObject({ seq: run.lines.length - 1, slot: "stderr" });
  expect(event.value).toMatchObject({ stderr: { bytes: '"starting up"'.length } });
});
