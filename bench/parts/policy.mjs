// Decisions: the policy alone by the number of its rules, against a plain walk over the same rules and against Cedar; and a
// whole decision of the kernel, by how much the session has read.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BareRun } from "../../dist/app/policy/bare-run.js";
import { compileSource } from "../../dist/app/policy/file.js";
import { compilePolicy } from "../../dist/policy/compile.js";
import { parsePolicy } from "../../dist/policy/parse.js";
import { EMPTY_RECALL } from "../../dist/policy/recall.js";
import { interleaved, quantile, short, summary, table } from "../lib/measure.mjs";
import { cut, dice, PROSE, texts } from "../lib/pages.mjs";

export const title = "Policy";

const CEDAR = "@cedar-policy/cedar-wasm@4.13.0";
const NOON = Date.UTC(2026, 10, 21, 12);
const random = dice(7);

export async function run({ rounds = 5, scale = 1, say = () => {}, cedar: where }) {
  const { cedar, end } = where === undefined ? {} : loadCedar(where);
  const rules = [];
  for (const count of [10, 100, 1000]) rules.push(await byRules(count, { rounds, scale, say, cedar }));
  end?.();
  const sizes = [0.01, 0.1, 1, 10].filter((megabytes) => megabytes <= 10 * scale);
  const kernel = [];
  for (const megabytes of sizes) kernel.push(await inSession(megabytes, { rounds, scale, say }));
  return { cedar: cedar === undefined ? "not measured: `--cedar FOLDER`, or `--cedar fetch`" : CEDAR, rules, kernel };
}

/** Cedar from a folder that has it below node_modules, or from the registry into a folder that goes afterwards. */
function loadCedar(where) {
  const folder = where === "fetch" ? mkdtempSync(join(tmpdir(), "agentk-cedar-")) : where;
  const flags = ["--prefix", folder, "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"];
  if (where === "fetch") execFileSync("npm", ["install", ...flags, CEDAR], { cwd: folder, stdio: "ignore" });
  const cedar = createRequire(join(folder, "x.cjs"))("@cedar-policy/cedar-wasm/nodejs");
  return { cedar, end: () => where === "fetch" && rmSync(folder, { recursive: true, force: true }) };
}

/** One rule in ten is a denial by pattern, before the others; these are of one tool each, with one to three conditions. */
function rulesOf(count) {
  const denials = Math.floor(count / 10);
  return Array.from({ length: count }, (_, i) => {
    if (i < denials) return { effect: "deny", tool: `*_${i}_*`, label: i % 2 === 0 ? "private" : "untrusted" };
    const risks = i % 3 === 0 ? ["low", "medium"] : undefined;
    return {
      effect: "allow",
      tool: `tool_${i}`,
      ...(i % 2 === 0 ? { server: `s${i % 7}` } : {}),
      ...(risks && { risks }),
    };
  });
}

const quoted = (list) => `[${list.map((name) => JSON.stringify(name)).join(", ")}]`;

function tomlOf(rules) {
  const tables = rules.map(({ effect, tool, label, server, risks }, i) =>
    [
      `[[rules]]\nid = "r${i}"\neffect = "${effect}"\n[rules.when]\nsyscalls = ["tool.invoke"]\ntool = ["${tool}"]`,
      ...(label ? [`labels_any = ["${label}"]`] : []),
      ...(server ? [`server = ["${server}"]`] : []),
      ...(risks ? [`risk = ${quoted(risks)}`] : []),
    ].join("\n"),
  );
  return [...tables, '[[rules]]\nid = "default-deny"\neffect = "deny"\n'].join("\n\n");
}

/** A denial goes before every permit in Cedar, as these stand before them in the policy. */
function cedarOf(rules) {
  return rules
    .map(({ effect, tool, label, server, risks }) => {
      const tests = [
        tool.includes("*") ? `context.tool like "${tool}"` : `context.tool == "${tool}"`,
        ...(label ? [`context.labels.contains("${label}")`] : []),
        ...(server ? [`context.server == "${server}"`] : []),
        ...(risks ? [`${quoted(risks)}.contains(context.risk)`] : []),
      ];
      const act = `principal, action == Action::"tool.invoke", resource`;
      return `${effect === "deny" ? "forbid" : "permit"} (${act}) when { ${tests.join(" && ")} };`;
    })
    .join("\n");
}

/** The same without any index or closure: what a first version would do. */
function walked(rules) {
  const patterns = new Map(rules.map(({ tool }) => [tool, new RegExp(`^${tool.replaceAll("*", ".*")}$`)]));
  const holds = (rule, { tool, server, labels, risk }) =>
    patterns.get(rule.tool).test(tool) &&
    (rule.label === undefined || labels.has(rule.label)) &&
    (rule.server === undefined || rule.server === server) &&
    (rule.risks === undefined || rule.risks.includes(risk));
  return (question) => {
    for (const rule of rules) if (holds(rule, question)) return rule.effect;
    return "deny";
  };
}

function questionsOf(count) {
  return Array.from({ length: 1000 }, () => {
    const at = random(count);
    const labels = ["private", "untrusted", "external"].filter(() => random(3) === 0);
    const server = random(4) > 0 ? `s${at % 7}` : "other";
    const tool = random(8) === 0 ? `tool_${random(count)}_x` : `tool_${at}`;
    const risk = ["low", "medium", "high"][random(3)];
    const asked = {
      kind: "tool.invoke",
      agent: "agent://bench",
      server,
      tool,
      target: `${server}/${tool}`,
      act: "read",
      risk,
    };
    return { ...asked, labels: new Set(labels), wall_ms: NOON, recall: EMPTY_RECALL, grantsUsed: new Map() };
  });
}

const requestOf = ({ agent, server, tool, target, labels, risk }) => ({
  preparsedPolicySetId: "bench",
  principal: { type: "Agent", id: agent },
  action: { type: "Action", id: "tool.invoke" },
  resource: { type: "Tool", id: target },
  context: { tool, server, labels: [...labels], risk },
  entities: [],
});

async function byRules(count, { rounds, scale, say, cedar }) {
  const rules = rulesOf(count);
  const parsed = parsePolicy(tomlOf(rules));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error[0]));
  const { decide } = compilePolicy(parsed.value);
  const plain = walked(rules);
  const questions = questionsOf(count);
  const verdicts = questions.map((question) => decide(question).decision.verdict);
  const requests = cedar === undefined ? [] : prepare(cedar, cedarOf(rules), questions);
  agree("the plain walk", questions.map(plain), verdicts);
  if (cedar)
    agree(
      "Cedar",
      requests.map((request) => said(cedar, request)),
      verdicts,
    );
  const times = Math.max(1, Math.round(200 * scale));
  const cases = {
    "plain walk": () => each(questions, Math.ceil(times / 20), plain),
    agentk: () => each(questions, times, decide),
    ...(cedar && { "cedar-wasm, prepared": () => each(requests.slice(0, 100), 1, (request) => said(cedar, request)) }),
  };
  await interleaved(cases, 1);
  const found = await interleaved(cases, rounds, (round) => say(`${count} rules: round ${round}`));
  const allowed = verdicts.filter((verdict) => verdict === "allow").length;
  return { rules: count, agreed: questions.length, allowed, rows: summary(found, "agentk") };
}

function prepare(cedar, policies, questions) {
  const prepared = cedar.preparsePolicySet("bench", { staticPolicies: policies });
  if (prepared.type !== "success") throw new Error(JSON.stringify(prepared.errors[0]));
  return questions.map(requestOf);
}

function said(cedar, request) {
  const answer = cedar.statefulIsAuthorized(request);
  if (answer.type !== "success") throw new Error(JSON.stringify(answer.errors[0]));
  return answer.response.decision;
}

function agree(name, found, verdicts) {
  const at = found.findIndex((verdict, i) => verdict !== verdicts[i]);
  if (at >= 0) throw new Error(`${name} says ${found[at]} of request ${at}, agentk ${verdicts[at]}`);
}

function each(list, times, work) {
  const before = process.cpuUsage();
  for (let i = 0; i < times; i++) for (const one of list) work(one);
  const { user, system } = process.cpuUsage(before);
  const us = (user + system) / (times * list.length);
  return { us, per_s: 1e6 / us };
}

const POLICY = readFileSync(new URL("../agentdojo/policies/workspace.toml", import.meta.url), "utf8");
const mail = (subject, body) => ({ tool: "send_email", args: { recipients: ["bob@acme.example"], subject, body } });
/** Calls whose arguments stand in no page. */
const CALLS = {
  "an id and an address": () => ({
    tool: "share_file",
    args: { file_id: "26", email: `u${random(1e6)}@acme.example` },
  }),
  "a mail of 40 + 100 characters": (others) => mail(cut(random, others, 40), cut(random, others, 100)),
  "a mail of 40 + 2000 characters": (others) => mail(cut(random, others, 40), cut(random, others, 2000)),
};
const STEP = "an id and an address";

/** One `step` of the kernel: provenance of every argument, the policy, the commitment, the line and its hash. */
async function inSession(megabytes, { rounds, scale, say }) {
  const all = texts(PROSE).filter((page) => page.length > 5000);
  const [pages, others] = [all.filter((_, i) => i % 5 > 0), all.filter((_, i) => i % 5 === 0)];
  const compiled = compileSource(POLICY);
  const session = new BareRun(POLICY, () => compiled);
  session.user("Please send a mail to bob@acme.example, and share file 26 with him.");
  const before = process.cpuUsage();
  let size = 0;
  for (let i = 0; size < megabytes * 1e6; i++) {
    // Each copy differs, as pages do.
    const page = `${i} ${pages[i % pages.length]}`;
    session.answer(session.call(callOf({ tool: "get_received_emails", args: {} })), {
      content: [{ type: "text", text: page }],
    });
    size += page.length;
  }
  const { user, system } = process.cpuUsage(before);
  const count = Math.max(50, Math.round(500 * scale));
  const play = (make) => () => {
    const times = Array.from({ length: count }, () => decided(session, callOf(make(others))));
    return { p50_us: quantile(times, 0.5), p99_us: quantile(times, 0.99) };
  };
  const cases = Object.fromEntries(Object.entries(CALLS).map(([name, make]) => [name, play(make)]));
  await interleaved(cases, 1);
  const found = await interleaved(cases, rounds, (round) => say(`${megabytes} MB read: round ${round}`));
  return { megabytes, taken_in_mb_s: size / (user + system), rows: summary(found, STEP) };
}

function callOf({ tool, args }) {
  return { kind: "tool.invoke", server: "bench", subject: { tool }, args };
}

function decided(session, call) {
  const began = performance.now();
  const made = session.call(call);
  const took = (performance.now() - began) * 1000;
  if (["allow", "ask"].includes(made.decision.verdict)) session.answer(made, { content: [] });
  return took;
}

export function text({ cedar, rules, kernel }) {
  return [
    `Decisions of the policy alone, CPU; Cedar ${cedar}`,
    ...rules.map(({ rules: count, agreed, allowed, rows }) =>
      [
        `${count} rules; all agreed on ${agreed} requests, ${allowed} of them allowed`,
        table(rows, {
          engine: (row) => row.case,
          µs: (row) => short(row.us.median),
          "low..high": (row) => `${short(row.us.low)}..${short(row.us.high)}`,
          "a second": (row) => short(row.per_s.median),
          "x agentk": (row) => short(row.us.ratio),
        }),
      ].join("\n"),
    ),
    "A decision of the kernel, wall clock, by what the session has read",
    ...kernel.map(({ megabytes, taken_in_mb_s, rows }) =>
      [
        `${megabytes} MB read, at ${short(taken_in_mb_s)} MB a CPU second`,
        table(rows, {
          call: (row) => row.case,
          "p50 µs": (row) => short(row.p50_us.median),
          "low..high": (row) => `${short(row.p50_us.low)}..${short(row.p50_us.high)}`,
          "p99 µs": (row) => short(row.p99_us.median),
        }),
      ].join("\n"),
    ),
  ].join("\n\n");
}
