/** docs/formats/flight-log.md says what the code does: its example is the kernel's own, and its lists are the code's. */
import { createHash, createHmac } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { APPROVAL_ANSWERS, REASON_CODES, VERDICTS } from "../../src/abi/decision.js";
import { CLOSE_REASONS, EVENT_SHAPES, FLIGHT_FORMATS, OUTCOME_STATUSES } from "../../src/abi/event.js";
import { SESSION_FACTS } from "../../src/abi/session-facts.js";
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
  return sha256Of(Buffer.from(text));
}

function sha256Of(bytes: Buffer): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** RFC 6962 section 2.1, as it is defined: by halves, the first of them a power of two. */
function rootOf(leaves: readonly Buffer[]): string {
  const [only = Buffer.alloc(0)] = leaves;
  if (leaves.length === 1) return sha256Of(Buffer.concat([Buffer.of(0), only]));
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  const halves = [leaves.slice(0, split), leaves.slice(split)].map((half) => Buffer.from(rootOf(half), "hex"));
  return sha256Of(Buffer.concat([Buffer.of(1), ...halves]));
}

describe("the worked example", () => {
  test("is a sealed log", () => {
    expect(verifyLines(lines)).toMatchObject({ ok: true, ending: "sealed", lines: 18, findingCount: 0 });
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

describe("what is signed in the worked example", () => {
  const signed = lines.map(parse);
  const run = signed.flatMap((line) => (line.type === "open" ? [line.value.run] : []))[0] ?? "";

  test("has the heads that the page's own words give", () => {
    const notes = signed.flatMap((line) =>
      line.type === "checkpoint" ? [{ at: line.seq, note: line.value.note }] : [],
    );
    expect(notes.map(({ at }) => at)).toEqual([2, lines.length - 2]);
    for (const { at, note } of notes) {
      const [origin = "", size, root] = note.split("\n");
      const leaves = lines.slice(0, at).map((line) => Buffer.from(line));
      expect([size, root]).toEqual([String(at), Buffer.from(rootOf(leaves), "hex").toString("base64")]);
      expect(origin).toBe(`agentk/${sha256Of(Buffer.from(RUN_KEY.publicHex, "hex")).slice(0, 16)}/${run}`);
    }
  });

  test("has the receipts that the page's own words give", () => {
    const groups = signed.flatMap((line) => (line.type === "receipts" ? [line.value] : []));
    expect(groups).toHaveLength(2);
    for (const { receipts, root, signature } of groups) {
      const leaves = receipts.map(({ call, id, nonce, expires_ms, expires_seq }) => {
        const made = signed[Number(call.slice(1))];
        if (made?.type !== "syscall") throw new Error(`${call} is no call`);
        const { agent, arguments: args, kind, policy, sent, server, session, target } = made.value;
        const terms = `"expires_ms":${String(expires_ms)},"expires_seq":${String(expires_seq)}`;
        const sentTo = sent === undefined ? "" : `"sent":"${sent.commitment}",`;
        const body = `{"agent":"${agent}","arguments":"${args?.commitment ?? ""}","call":"${call}",${terms},"intent":"${made.hash}","kind":"${kind}","nonce":"${nonce}","policy":"${policy}","run":"${run}",${sentTo}"server":"${server}","session":"${session}","target":"${target}"}`;
        const digest = sha256(`agentk/receipt/1\n${body}`);
        expect(id).toBe(`cap_${digest.slice(0, 16)}`);
        return Buffer.from(digest);
      });
      expect(root).toBe(rootOf(leaves));
      expect(verifySignature(RUN_KEY.publicHex, `agentk/receipts/1\n${run}\n${root}\n`, signature)).toBe(true);
    }
  });

  test("commits to arguments member by member", () => {
    const [seq, call] = [13 - 1, signed[13 - 1]];
    const salt = createHmac("sha256", Buffer.alloc(32, 0x5e)).update(`agentk/salt/1\n${String(seq)} arguments 0`);
    const member = sha256(`agentk/member/1\n${salt.digest("hex")}\n"text":"Nothing was paid."`);
    const commitment = call?.type === "syscall" ? call.value.arguments?.commitment : undefined;
    expect(commitment).toBe(sha256(`agentk/members/1\n${member}`));
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
