/** `agentk init` against servers that nobody here wrote, and against one whose descriptors are made to break it. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { initPolicy } from "../../../src/app/policy/init.js";
import { MAX_POLICY_BYTES } from "../../../src/base/limits.js";
import type { PolicyDocument, PolicyRule } from "../../../src/policy/ast.js";
import { parsePolicy } from "../../../src/policy/parse.js";
import { lintPolicy } from "../../../src/policy/check/lint.js";
import { initWarning } from "../../../src/report/init-report.js";
import { draftPolicy, type PolicyDraft } from "../../../src/report/init-policy.js";
import { testFolder } from "../../boundary/proxy-process.js";

const HOSTILE = fileURLToPath(new URL("../../fixtures/servers/hostile-descriptors.mjs", import.meta.url));
const require = createRequire(import.meta.url);
const REFERENCE = {
  "server-everything": require.resolve("@modelcontextprotocol/server-everything/package.json"),
  "server-filesystem": require.resolve("@modelcontextprotocol/server-filesystem/package.json"),
  "server-memory": require.resolve("@modelcontextprotocol/server-memory/package.json"),
};

interface Drafted {
  readonly text: string;
  readonly document: PolicyDocument;
  readonly draft: PolicyDraft;
}

async function draftOf(args: readonly string[], more: { timeoutMs?: number } = {}): Promise<Drafted> {
  const file = join(testFolder("init"), "policy.toml");
  const options = { command: process.execPath, args, env: process.env, allowEnv: [], serverId: "s-1", file };
  const draft = await initPolicy({ ...options, force: false, ...more }, draftPolicy);
  const text = readFileSync(file, "utf8");
  return { text, document: documentOf(text), draft };
}

function documentOf(text: string): PolicyDocument {
  const parsed = parsePolicy(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

const hostile = (mode: string, more: { timeoutMs?: number } = {}): Promise<Drafted> => draftOf([HOSTILE, mode], more);

/** The rule of the document, past those about the whole session, that names the tool. */
function ruleFor({ document }: Drafted, tool: string): PolicyRule | undefined {
  return document.rules.find(({ id, when }) => !id.endsWith("-session") && when.tool?.includes(tool) === true);
}

describe("a draft for a reference server", () => {
  const folder = testFolder("served");
  const start = (name: keyof typeof REFERENCE): Promise<Drafted> =>
    draftOf([join(dirname(REFERENCE[name]), "dist/index.js"), ...(name === "server-filesystem" ? [folder] : [])]);

  it.each(["server-everything", "server-filesystem", "server-memory"] as const)(
    "%s: is a valid policy that names every tool once, for this server, and ends in denial",
    async (name) => {
      const drafted = await start(name);
      const { document, draft } = drafted;
      const own = document.rules.filter(({ id }) => !id.endsWith("-session"));
      const named = own.flatMap(({ when }) => when.tool ?? []);
      expect(named.toSorted()).toEqual(draft.tools.map(({ tool }) => tool.name).toSorted());
      expect(named.length).toBeGreaterThan(8);
      for (const rule of document.rules) if (rule.when.tool !== undefined) expect(rule.when.server).toEqual(["s-1"]);
      expect(document.rules.at(-1)).toMatchObject({ id: "default-deny", effect: "deny" });
      expect(draft.leftOut).toBe(0);
    },
  );

  it("lets the filesystem server read, asks before it overwrites, and wants a known path for a new folder", async () => {
    const drafted = await start("server-filesystem");
    expect(ruleFor(drafted, "read_text_file")?.effect).toBe("allow");
    expect(ruleFor(drafted, "read_text_file")?.when.every).toBeUndefined();
    // Its own annotation says that this destroys.
    expect(ruleFor(drafted, "write_file")?.effect).toBe("ask");
    expect(ruleFor(drafted, "create_directory")).toMatchObject({
      effect: "allow",
      when: { every: [{ path: "/path/**", from: ["user", "trusted"] }] },
    });
  });

  it("runs no tool that the server changed or does not list, and says so before any rule that allows", async () => {
    const { document } = await start("server-filesystem");
    const at = document.rules.findIndex(({ id }) => id === "changed-tool");
    expect(document.rules[at]).toMatchObject({
      effect: "deny",
      when: { syscalls: ["tool.invoke"], server: ["s-1"], descriptor: ["changed", "unlisted"] },
    });
    const allows = document.rules.findIndex(
      ({ effect, when }) => effect !== "deny" && when.syscalls.includes("tool.invoke"),
    );
    expect(at).toBeLessThan(allows);
  });

  it("says first that nothing is written yet, and names the line that changes it", async () => {
    const { text, draft } = await start("server-filesystem");
    const closed = draft.tools.filter(({ treatment }) => treatment === "vouch").length;
    expect(closed).toBeGreaterThan(0);
    expect(text.split("\n")[0]).toMatch(/^# .*WRITES? OR SENDS? (IS|ARE) DENIED/);
    const line = '#client_prompt = "_meta"';
    expect(text.split("\n")).toContain(line);
    expect(text.split("\n").slice(0, 4).join("\n")).toContain(line);
    const report = { file: "p.toml", serverId: "s-1", ...draft };
    expect(initWarning(report)).toContain(line);
    expect(
      initWarning({ ...report, tools: draft.tools.filter(({ treatment }) => treatment !== "vouch") }),
    ).toBeUndefined();
  });

  it("is a policy in which lint finds those tests that nothing can meet yet, and nothing once a channel is named", async () => {
    const { text } = await start("server-filesystem");
    const codes = (source: string): readonly string[] => lintPolicy(documentOf(source), source).map(({ code }) => code);
    expect([...new Set(codes(text))]).toContain("no-origin");
    expect(codes(text.replace("#[trust]", "[trust]").replace(/^#client_prompt/m, "client_prompt"))).not.toContain(
      "no-origin",
    );
  });

  it("asks before the memory server deletes", async () => {
    const drafted = await start("server-memory");
    expect(ruleFor(drafted, "delete_entities")?.effect).toBe("ask");
    expect(ruleFor(drafted, "read_graph")?.effect).toBe("allow");
  });

  it("offers sources that are valid once the marks are taken out", async () => {
    const { text, document } = await start("server-memory");
    expect(document.sources).toEqual([]);
    expect(text).toContain("#[[sources]]");
    const opened = documentOf(text.replace(/^#(?=\S)/gm, ""));
    expect(opened.sources.length).toBeGreaterThan(0);
    expect(opened.sources[0]).toMatchObject({ server: ["s-1"], labels: ["trusted"] });
    expect(opened.trust.client_prompt).toBe("_meta");
  });
});

describe("a server whose descriptors are made to break the file", () => {
  it("writes no rule of the server's", async () => {
    const { document, text } = await hostile("names");
    const ids = document.rules.map(({ id }) => id.replace(/^tool-.*/, "tool"));
    const fixed = ["describe", "changed-tool", "read", "ask", "poisoned-session", "confidential-session"];
    expect(ids).toEqual([...fixed, ...ids.filter((id) => id === "tool"), "default-deny"]);
    for (const rule of document.rules)
      if (rule.id.startsWith("tool-"))
        expect(rule.when.every).toHaveLength(1 + Number(rule.when.tool?.[0] === "send_a"));
    expect(text).not.toMatch(/[^\n\P{Cc}]|\p{Cf}/u);
    expect(Math.max(...text.split("\n").map((line) => line.length))).toBeLessThan(2_000);
    expect(text.length).toBeLessThan(16_384);
  });

  it("offers sources that only name fields, also once the marks are taken out", async () => {
    const { text } = await hostile("names");
    expect(documentOf(text.replace(/^#(?=\S)/gm, "")).sources).toEqual([
      {
        server: ["s-1"],
        tool: ["get_fields"],
        path: ['/**/a"\n]b', "/**/c~1d~0e~2f~3g", "/**/ok"],
        labels: ["trusted"],
      },
    ]);
  });

  it("asks about no tool that it does not name: one that the server adds later is denied", async () => {
    const { document } = await hostile("names");
    for (const { effect, when } of document.rules)
      if (effect !== "deny" && when.syscalls.includes("tool.invoke")) expect(when.tool?.length).toBeGreaterThan(0);
  });

  it("names tools literally: no name of a tool is a pattern", async () => {
    const drafted = await hostile("names");
    expect(ruleFor(drafted, "get_\\*")?.id).toBe("ask");
    expect(ruleFor(drafted, "get_\\\\\"quoted\" = '''")?.id).toBe("ask");
    expect(ruleFor(drafted, "get_*")).toBeUndefined();
  });

  it("denies what it cannot name, and what is listed twice", async () => {
    const drafted = await hostile("names");
    const omitted = drafted.draft.tools.filter(({ treatment }) => treatment === "omit").map(({ tool }) => tool.name);
    expect(omitted).toContain("get_twice");
    expect(omitted).toContain("g".repeat(300));
    expect(omitted).toContain("");
    expect(omitted.some((name) => name.includes("\n"))).toBe(true);
    for (const name of omitted) expect(ruleFor(drafted, name)).toBeUndefined();
  });

  it("guards every argument when it cannot write or count them, and arguments wherever they stand", async () => {
    const drafted = await hostile("names");
    const paths = (tool: string): readonly string[] | undefined =>
      ruleFor(drafted, tool)?.when.every?.map(({ path }) => path);
    expect(paths("send_a")).toEqual(['/to"\n/**', "/to~1you~2~3~0/**"]);
    expect(paths("send_b")).toEqual(["/**"]);
    expect(paths("send_c")).toEqual(["/**"]);
    expect(paths("write_x")).toEqual(["/**/path/**"]);
  });

  it("believes a claim of harm and no claim of harmlessness", async () => {
    const drafted = await hostile("names");
    expect(ruleFor(drafted, "get_harm")?.effect).toBe("ask");
    expect(ruleFor(drafted, "delete_all")?.effect).toBe("ask");
    expect(drafted.text).toContain("claims that it only reads: not believed");
  });

  it("reads every page", async () => {
    const drafted = await hostile("pages");
    expect(drafted.draft.tools.map(({ tool }) => tool.name)).toEqual(["get_0", "get_1", "get_2", "get_3"]);
  });

  it("leaves out what a policy has no room for, and says so", async () => {
    const { draft, text, document } = await hostile("many");
    expect(draft.tools).toHaveLength(5_000);
    expect(draft.leftOut).toBeGreaterThan(4_000);
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_POLICY_BYTES);
    expect(text).toContain(`${String(draft.leftOut)} more tools would not fit`);
    expect(document.rules.at(-1)?.effect).toBe("deny");
  });

  it.each(["empty", "no-tools"])("has nothing to allow for a server without tools (%s)", async (mode) => {
    const { document } = await hostile(mode);
    expect(document.rules.map(({ id }) => id)).toEqual(["describe", "default-deny"]);
  });
});

describe("nothing is written", () => {
  it.each([
    ["endless", "the server's tool list has more than 100 pages"],
    ["too-many", "the server lists more than 10000 tools"],
    ["malformed", "the server's tool list broke its contract"],
    ["odd", "the server's tool list broke its contract"],
    ["garbage", "the server writes what is no message of the protocol"],
    ["asks", "the server asks and does not answer"],
    ["unknown-method", "the server answered `tools/list` with error -32601"],
  ])("when the server is broken: %s", async (mode, says) => {
    await expect(hostile(mode)).rejects.toThrow(says);
  });

  it("when the server does not answer in time", async () => {
    await expect(hostile("deaf", { timeoutMs: 300 })).rejects.toThrow("the server did not answer in time");
  });

  it.each([
    ["/nowhere/at/all", [], "the server could not be started (ENOENT)"],
    [process.execPath, ["-e", "process.exit(3)"], "the server ended by itself (exit status 3)"],
  ])("when there is no server: %s", async (command, args, says) => {
    const file = join(testFolder("init"), "policy.toml");
    const options = { command, args, env: process.env, allowEnv: [], serverId: "s", file, force: false };
    await expect(initPolicy(options, draftPolicy)).rejects.toThrow(says);
    expect(existsSync(file)).toBe(false);
  });

  it("when a file is there, unless it is to be written over", async () => {
    const file = join(testFolder("init"), "policy.toml");
    writeFileSync(file, "mine");
    const options = {
      command: process.execPath,
      args: [HOSTILE, "empty"],
      env: process.env,
      allowEnv: [],
      serverId: "s",
    };
    const refused = expect(initPolicy({ ...options, file, force: false }, draftPolicy)).rejects;
    await refused.toMatchObject({ code: "file-exists" });
    expect(readFileSync(file, "utf8")).toBe("mine");
    await initPolicy({ ...options, file, force: true }, draftPolicy);
    expect(documentOf(readFileSync(file, "utf8")).rules.at(-1)?.id).toBe("default-deny");
  });

  it("when the draft is no policy, or the folder is not there", async () => {
    const folder = testFolder("init");
    const options = {
      command: process.execPath,
      args: [HOSTILE, "empty"],
      env: process.env,
      allowEnv: [],
      serverId: "s",
    };
    const file = join(folder, "policy.toml");
    const bad = initPolicy({ ...options, file, force: false }, () => ({ text: "rules = 7\n" }));
    await expect(bad).rejects.toMatchObject({ code: "internal" });
    expect(existsSync(file)).toBe(false);
    const lost = initPolicy({ ...options, file: join(folder, "no", "policy.toml"), force: false }, draftPolicy);
    await expect(lost).rejects.toThrow("cannot write the policy");
  });
});
