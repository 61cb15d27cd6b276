/** docs/formats/flight-log.md says what the code does: its example is the kernel's own, and its lists are the code's. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { APPROVAL_ANSWERS, REASON_CODES, VERDICTS } from "../../src/abi/decision.js";
import { CLOSE_REASONS, EVENT_SHAPES, FLIGHT_FORMATS, OUTCOME_STATUSES, SESSION_FACTS } from "../../src/abi/event.js";
import { MATCHES, ORIGIN_CLASSES } from "../../src/abi/provenance.js";
import { ACTS, SYSCALL_NAMES } from "../../src/abi/syscalls.js";
import { FINDINGS } from "../../src/evidence/findings.js";
import { replay } from "../replay/tape-deck.js";
import { withExample } from "./example-page.js";
import { exampleRun, exampleValues } from "./example.js";
import { parse, RUN_KEY, verifyLines, verifySignature } from "./fixture.js";

const PAGE = new URL("../../docs/formats/flight-log.md", import.meta.url);
// What the kernel writes has changed: look at what else the page says, and take its lines over with UPDATE_GOLDEN=1.
if (process.env["UPDATE_GOLDEN"] === "1")
  writeFileSync(PAGE, withExample(readFileSync(PAGE, "utf8"), exampleRun().lines));
const page = readFileSync(PAGE, "utf8");
const lines = (/```jsonl\n(?<log>[^`]*)\n```/.exec(page)?.groups?.["log"] ?? "").split("\n");

/** The fenced block after the last of these words. */
function blockAfter(words: string): string {
  return page.split(words).at(-1)?.split("```")[1]?.trim().replaceAll("\\n", "\n") ?? "";
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}

describe("the worked example", () => {
  test("is a sealed log", () => {
    expect(verifyLines(lines)).toMatchObject({ ok: true, ending: "sealed", lines: 14, findingCount: 0 });
  });

  test("is what the kernel writes", () => {
    expect(exampleRun().lines).toEqual(lines);
    expect(withExample(page, lines)).toBe(page);
  });

  test("replays from its lines alone, and with its values", () => {
    const none = { divergence: undefined, broken: undefined, indeterminate: 0 };
    expect(replay(lines)).toMatchObject({ ok: true, ...none, opened: 0 });
    expect(replay(lines, exampleValues(exampleRun()))).toMatchObject({ ok: true, ...none, sealed: 0 });
  });

  test("has the digests that the page's own words give", () => {
    let prev = "0".repeat(64);
    for (const line of lines) {
      expect(line.slice(9, 73)).toBe(sha256(`agentk/flight-line/1\n{${Buffer.from(line).subarray(75).toString()}`));
      expect(line.slice(83, 147)).toBe(prev);
      prev = line.slice(9, 73);
    }
  });

  test("spells out what is hashed and signed", () => {
    const input = blockAfter("is over these bytes");
    expect(sha256(input)).toBe(parse(lines[0] ?? "").hash);
    expect(page).toContain(`gives \`${sha256(input)}\``);
    const close = parse(lines.at(-1) ?? "");
    const seal = close.type === "close" ? (close.value.seal ?? "") : "";
    const unsealed = blockAfter("last line without its seal is");
    expect(unsealed).toBe(`agentk/flight-line/1\n{${(lines.at(-1) ?? "").slice(75).replace(`"seal":"${seal}",`, "")}`);
    expect(page).toContain(`hashes to \`${sha256(unsealed)}\``);
    expect(blockAfter("under the seal is")).toContain(`\n${sha256(unsealed)}`);
    expect(verifySignature(RUN_KEY.publicHex, blockAfter("under the seal is"), seal)).toBe(true);
  });

  test("has a policy digest as the page says", () => {
    const policy = parse(lines[1] ?? "");
    if (policy.type !== "policy") throw new Error("line 2 is not the policy");
    expect(policy.value.sha256).toBe(sha256(`agentk/policy/1\n${policy.value.source}`));
  });
});

describe("the lists", () => {
  test.each([
    ["versions", FLIGHT_FORMATS],
    ["types", Object.keys(EVENT_SHAPES)],
    ["findings", Object.keys(FINDINGS)],
    ["facts", SESSION_FACTS],
    ["statuses", OUTCOME_STATUSES],
    ["ways to close", CLOSE_REASONS],
    ["syscalls", SYSCALL_NAMES],
    ["reasons", REASON_CODES],
    ["verdicts", VERDICTS],
    ["answers", APPROVAL_ANSWERS],
    ["acts", ACTS],
    ["matches", MATCHES],
    ["classes of origin", ORIGIN_CLASSES],
  ])("hold all %s", (_what, names) => {
    for (const name of names) expect(page).toContain(`\`${name}\``);
  });

  test("give each finding's severity and meaning", () => {
    for (const [code, { severity, means }] of Object.entries(FINDINGS))
      expect(page).toContain(`| \`${code}\` | ${severity} | ${means} |`);
  });
});

describe("the members", () => {
  /** The section of one type: from its heading to the next. */
  const sectionOf = (type: string): string => page.split(`### \`${type}\``)[1]?.split("\n#")[0] ?? "";

  test.each(Object.keys(EVENT_SHAPES))("of `%s` in the example are on the page", (type) => {
    const section = sectionOf(type);
    expect(section).not.toBe("");
    for (const event of lines.map(parse).filter((line) => line.type === type))
      for (const member of Object.keys(event.value)) expect(section).toContain(`\`${member}\``);
  });
});
