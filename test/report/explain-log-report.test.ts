import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { explainLog, type LogExplanation } from "../../src/app/replay/explain-log.js";
import { explainLogJson, explainLogText } from "../../src/report/explain-log-report.js";
import { plainPaint } from "../../src/report/style.js";
import { chainOf, fileOf } from "../evidence/fixture.js";
import { mail, mailEvents } from "../evidence/poisoned-run.js";
import { expectGolden } from "./golden.js";

const LOG = ".agentk/runs/latest.jsonl";
const LOOK = { paint: plainPaint, width: 100 };

const folder = mkdtempSync(join(tmpdir(), "agentk-explain-report-"));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function explained(line: string, events = mailEvents()): Promise<LogExplanation> {
  const file = join(folder, "run.jsonl");
  writeFileSync(file, fileOf(chainOf(events)));
  return explainLog(file, line);
}

test("a denied mail: where each argument came from, why, and what would allow it", async () => {
  const line = await explained("c6");
  expectGolden("explain-mail.txt", explainLogText(LOG, line, LOOK));
  expectGolden("explain-mail.json", explainLogJson(LOG, line));
});

test("a page: what decided that it was handed on", async () => {
  expectGolden("explain-page.txt", explainLogText(LOG, await explained("p4"), LOOK));
});

test("an approval and another policy have lines of their own", async () => {
  const decision = { verdict: "deny", rule: "pay", reason: "approval-unavailable" } as const;
  const approval = { call: "c6", session: "s1", answer: "unavailable", decision } as const;
  const under = { file: "new\u001b.toml", decision: "allow:mail-known" };
  const line = { ...(await explained("c6")), approval, under, isRedacted: true };
  const text = explainLogText(LOG, line, LOOK);
  expect(text).toContain("  approval  unavailable: deny:pay, a human must approve it, and nobody can be asked\n");
  expect(text).toContain("  under     new\\u{1b}.toml, what is recorded is decided allow:mail-known\n");
  expect(text).toContain("  note      the log shows only a part of the target");
  expect(JSON.parse(explainLogJson(LOG, line))).toMatchObject({
    approval: { answer: "unavailable", decision: "deny:pay", reason: "approval-unavailable" },
    under: { decision: "allow:mail-known" },
    redacted: true,
  });
});

test("a proof's lines are shown as text that cannot act", async () => {
  const line = await explained("c6", [...mailEvents().slice(0, 6), mail(6, { agent: 'agent://"é' })]);
  expect(explainLogText(LOG, line, LOOK)).toContain('agent = "agent://\\"é"');
});
