/**
 * A policy to edit, drafted from what a server lists. Attacker-controlled: every name and text of the server's; each
 * goes through TOML quoting, or through `visible` into a comment of one line.
 */
import { utf8Bytes } from "../base/bytes.js";
import { MAX_POLICY_BYTES } from "../base/limits.js";
import { escapeSegment } from "../base/pointer.js";
import { visible } from "../evidence/visible.js";
import { shortened, type ServerTool } from "../mcp/server-tools.js";
import { draftTools, type DraftTool, type Treatment } from "./draft-tools.js";
import { tomlLines, tomlString, tomlStrings } from "./toml-text.js";

export interface PolicyDraft {
  readonly text: string;
  /** What became of each tool. */
  readonly tools: readonly DraftTool[];
  /** Tools that would have made the file too large: denied, like every tool that it does not name. */
  readonly leftOut: number;
}

/** Room for what stands around the tools, which is a few thousand bytes whatever the server says. */
const MAX_TOOL_BYTES = MAX_POLICY_BYTES - 16 * 1024;
const MAX_NAME_SHOWN = 64;
const MAX_FIELDS_SHOWN = 12;

/** The draft for a server under this id. */
export function draftPolicy(serverId: string, listed: readonly ServerTool[]): PolicyDraft {
  const tools = draftTools(listed);
  const kept = thatFit(serverId, tools);
  const of = (treatment: Treatment): readonly DraftTool[] => kept.filter((tool) => tool.treatment === treatment);
  const leftOut = tools.length - kept.length;
  const parts = [
    header(leftOut, of("vouch").length),
    TRUST,
    ...section(
      "What may be read: its answers are data. Say below which fields of them you trust.",
      of("allow"),
      serverId,
    ),
    DESCRIBE,
    kept.length === 0 ? "" : changedRule(serverId),
    groupRule(["read", "allow", "it reads"], serverId, of("allow")),
    ...section(
      "What a human is asked about: money, credentials, code, what cannot be undone, what acts on who knows what.",
      of("ask"),
      serverId,
    ),
    groupRule(["ask", "ask", "what it does may not be undone, or what it acts on is not known"], serverId, of("ask")),
    ...vouchHead(serverId, of("vouch")),
    ...of("vouch").flatMap((tool, index) => [comment(tool), vouchRule(tool, serverId, index)]),
    ...section("What is not allowed, because of its name.", of("omit"), serverId),
    DENY,
  ];
  return { tools, text: `${parts.filter((part) => part !== "").join("\n\n")}\n`, leftOut };
}

/** As many of the first tools as a policy file can hold. */
function thatFit(serverId: string, tools: readonly DraftTool[]): readonly DraftTool[] {
  let room = MAX_TOOL_BYTES;
  const end = tools.findIndex((tool, index) => {
    const texts = [
      comment(tool),
      stanza(tool, serverId),
      vouchRule(tool, serverId, index),
      ...Array<string>(3).fill(named(tool)),
    ];
    room -= texts.reduce((sum, text) => sum + utf8Bytes(text).length + 4, 0);
    return room < 0;
  });
  return end < 0 ? tools : tools.slice(0, end);
}

function section(title: string, tools: readonly DraftTool[], serverId: string): readonly string[] {
  if (tools.length === 0) return [];
  const stanzas = tools.map((tool) => stanza(tool, serverId)).filter((text) => text !== "");
  return [[`# ${title}`, ...tools.map(comment)].join("\n"), ...stanzas];
}

/** A line or three for people: what the tool is taken for, and what its server says. */
function comment({ tool, class: found, because }: DraftTool): string {
  const why = because === undefined ? "" : `; ${because}`;
  const lines = [`# ${shown(tool.name)}: ${found.act}, ${found.risk} risk (${found.reason}${why})`];
  if (tool.description !== "") lines.push(`#   its server says: ${quotedText(tool.description)}`);
  const { readOnly, destructive } = tool.claims;
  if (readOnly === true && found.act !== "read") lines.push("#   its server claims that it only reads: not believed");
  else if (destructive === false && found.risk === "high")
    lines.push("#   its server claims that it destroys nothing: not believed");
  return lines.join("\n");
}

function groupRule(head: readonly string[], serverId: string, tools: readonly DraftTool[]): string {
  if (tools.length === 0) return "";
  const [id = "", effect = "", reason = ""] = head;
  return [
    "[[rules]]",
    `id = ${tomlString(id)}`,
    `effect = ${tomlString(effect)}`,
    `reason = ${tomlString(reason)}`,
    "[rules.when]",
    'syscalls = ["tool.invoke"]',
    `server = ${tomlString(literalGlob(serverId))}`,
    `tool = ${tomlLines(tools.map(named))}`,
  ].join("\n");
}

/**
 * What goes before the rules that vouch. INVARIANT: these rules ask about nothing that would be denied otherwise: they
 * name the same tools.
 */
function vouchHead(serverId: string, tools: readonly DraftTool[]): readonly string[] {
  if (tools.length === 0) return [];
  const suspect = groupRule(["poisoned-session", "ask", SUSPECT_REASON], serverId, tools);
  const confidential = groupRule(["confidential-session", "ask", CONFIDENTIAL_REASON], serverId, tools);
  return [
    VOUCH,
    `${SUSPECT}\n${suspect}\nlabels_any = ["poisoned-suspect"]`,
    `${CONFIDENTIAL}\n${confidential}\nact = ["send", "execute"]\nlabels_any = ["private", "secret"]`,
  ];
}

/** `index` keeps ids apart whose names come out alike. */
function vouchRule(draft: DraftTool, serverId: string, index: number): string {
  const tests = draft.guarded.map((path) => `{ path = ${tomlString(path)}, from = ["user", "trusted"] }`);
  return [
    "[[rules]]",
    `id = ${tomlString(`tool-${String(index + 1)}-${slug(draft.tool.name)}`)}`,
    'effect = "allow"',
    'reason = "what it acts on was named by the user or by something trusted"',
    "[rules.when]",
    'syscalls = ["tool.invoke"]',
    `server = ${tomlString(literalGlob(serverId))}`,
    `tool = ${named(draft)}`,
    `every = ${tomlLines(tests)}`,
  ].join("\n");
}

/** Commented out: which fields can be trusted, only the operator knows. */
function stanza({ tool, treatment }: DraftTool, serverId: string): string {
  const fields = [...tool.outputs.top, ...tool.outputs.below].filter(
    (name) => !name.includes("*") && name.length < 256,
  );
  if (treatment !== "allow" || fields.length === 0) return "";
  const paths = fields.slice(0, MAX_FIELDS_SHOWN).map((name) => `/**/${escapeSegment(name)}`);
  return [
    `# Which fields of ${shown(tool.name)} can no stranger write? Keep those, and take out the # marks below.`,
    "#[[sources]]",
    `#server = ${tomlString(literalGlob(serverId))}`,
    `#tool = ${tomlString(literalGlob(tool.name))}`,
    `#path = ${tomlStrings(paths)}`,
    '#labels = ["trusted"]',
  ].join("\n");
}

function named({ tool }: DraftTool): string {
  return tomlString(literalGlob(tool.name));
}

/** A glob that only this text matches. */
function literalGlob(text: string): string {
  return text.replace(/[\\*?]/g, "\\$&");
}

function slug(name: string): string {
  return name
    .slice(0, 40)
    .toLowerCase()
    .replace(/[^a-z0-9._-]/g, "-");
}

function shown(name: string): string {
  return visible(shortened(name, MAX_NAME_SHOWN));
}

function quotedText(text: string): string {
  return `"${visible(text).replaceAll('"', "'")}"`;
}

/** What a server changes behind the operator's back does not run: as the shipped guard policy has it. */
function changedRule(serverId: string): string {
  return [
    CHANGED,
    "[[rules]]",
    'id = "changed-tool"',
    'effect = "deny"',
    'reason = "the server does not list this tool, or describes it otherwise than before"',
    "[rules.when]",
    'syscalls = ["tool.invoke"]',
    `server = ${tomlString(literalGlob(serverId))}`,
    'descriptor = ["changed", "unlisted"]',
  ].join("\n");
}

function header(leftOut: number, vouched: number): string {
  const cut =
    leftOut === 0 ? [] : ["#", `# ${String(leftOut)} more tools would not fit into a policy: they are denied.`];
  return [...(vouched === 0 ? [] : closedLines(vouched)), ...HEADER, ...cut].join("\n");
}

/** Said first: a draft that lets nothing be written looks broken to whoever has not read it to the end. */
function closedLines(vouched: number): readonly string[] {
  const tools =
    vouched === 1 ? "THE 1 TOOL THAT WRITES OR SENDS IS" : `ALL ${String(vouched)} TOOLS THAT WRITE OR SEND ARE`;
  return [
    `# ${tools} DENIED, UNTIL THIS FILE SAYS WHO SPEAKS FOR THE USER OR WHAT IS TRUSTED.`,
    `# The one line to change: ${TRUST_LINE}, under \`[trust]\` below, when the program that starts agentk sends`,
    "# the user's prompt; or `context_socket = true` there, to say his words with `agentk context add`; or trusted `[[sources]]`.",
    "#",
  ];
}

/** What `closedLines` and the command's last words name. */
export const TRUST_LINE = '`#client_prompt = "_meta"`';

const HEADER = [
  "# A draft by `agentk init`: read it, correct it, keep it under version control.",
  "#",
  "# Rules are asked from the top; the first that holds decides. What no rule allows is denied.",
  "# Each tool is classed by its name alone. Names, descriptions and annotations are claims of the server: a claim of",
  "# harm made a rule stricter here, and no claim made one weaker. Check each against what the tool really does.",
  "#",
  "# Check it with `agentk policy-check <file>`, use it with `agentk mcp-proxy-stdio --policy <file>`.",
  '# To watch first what it would stop, put `mode = "observe"` on a line of its own here.',
];

const TRUST = [
  '# Who speaks for the user? Without a channel for the user\'s words, rules with `from = ["user", ...]` hold only for',
  "# what a trusted source named. If the program that starts agentk sends the prompt with its requests:",
  "#[trust]",
  '#client_prompt = "_meta"',
].join("\n");

const DESCRIBE = [
  "# Looking is allowed: lists, and the answers to what was allowed before.",
  "[[rules]]",
  'id = "describe"',
  'effect = "allow"',
  'reason = "names, descriptions and the answers to allowed calls may be delivered"',
  "[rules.when]",
  'syscalls = ["tool.describe", "tool.response"]',
].join("\n");

const CHANGED = "# A tool is what it was when the session first saw it listed: changed or unlisted tools do not run.";

const SUSPECT = "# Something the session has read looked like an attempt to steer the agent: then a human is asked.";
const SUSPECT_REASON = "this session has read text that may be steering the agent";
const CONFIDENTIAL =
  "# The session holds private or secret data, and the tool could carry it out. Sources say what is private.";
const CONFIDENTIAL_REASON = "this session holds private or secret data that a tool could carry out";

const VOUCH =
  "# What writes or sends: allowed when the arguments that say where to, or what on, were named by the user or by a\n" +
  "# trusted source. All others pass as they are: add limits for amounts, and `tokens_from` for links in free text.";

const DENY = [
  "# Everything else. This rule must be here, last, and cannot be weakened.",
  "[[rules]]",
  'id = "default-deny"',
  'effect = "deny"',
  'reason = "no rule of this policy allows it"',
].join("\n");
