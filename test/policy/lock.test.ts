/** `agentk.lock`: what is written is what is read, and a lock that somebody has been at says where. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/base/canonical.js";
import type { JsonObject } from "../../src/base/json.js";
import { nodeDigests } from "../../src/host/digests.js";
import { hashesOf, parseLock, type Lock, type LockedDescriptor } from "../../src/policy/lock.js";
import { lockText } from "../../src/report/pins-lock.js";

function locked(descriptor: JsonObject, name: string, reason = "reviewed"): LockedDescriptor {
  const { sha256, input_schema_sha256, output_schema_sha256 } = hashesOf(descriptor, nodeDigests);
  return {
    name,
    sha256,
    ...(input_schema_sha256 === undefined ? {} : { inputSchemaSha256: input_schema_sha256 }),
    ...(output_schema_sha256 === undefined ? {} : { outputSchemaSha256: output_schema_sha256 }),
    accepted: "2026-11-21T14:00:00Z",
    reason,
    descriptor: canonicalJson(descriptor),
  };
}

const READ = { name: "read_file", description: "Reads a file.", inputSchema: { type: "object" } };
const FILES: Lock = {
  servers: [
    {
      id: "files",
      command: ["node", "server.js"],
      package: "files@1.2.3",
      binarySha256: "ab".repeat(32),
      protocol: "2025-11-25",
      tools: [locked(READ, "read_file")],
      prompts: [locked({ name: "greet" }, "greet")],
      templates: [locked({ name: "any", uriTemplate: "file:///{path}" }, "file:///{path}")],
    },
  ],
};

const parse = (source: string): ReturnType<typeof parseLock> => parseLock(source, nodeDigests);

function faults(source: string): readonly string[] {
  const parsed = parse(source);
  if (parsed.ok) throw new Error("the lock was accepted");
  return parsed.error.map(({ line, column, problem }) => `${String(line)}:${String(column)} ${problem}`);
}

describe("a lock", () => {
  it("is read as it was written", () => {
    expect(parse(lockText(FILES))).toEqual({ ok: true, value: FILES });
    expect(parse(lockText({ servers: [] }))).toEqual({ ok: true, value: { servers: [] } });
  });

  it("holds any descriptor, whatever its texts are", () => {
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,20}$/);
    const text = fc.string({ unit: "grapheme", maxLength: 60 });
    const tool = fc.record({ name, description: text, note: fc.jsonValue({ noUnicodeString: false }) });
    const tools = fc.uniqueArray(tool, { selector: (one) => one.name, maxLength: 5 });
    const reason = text.filter((one) => one.length > 0 && one.length <= 200);
    fc.assert(
      fc.property(tools, reason, fc.array(text, { minLength: 1, maxLength: 4 }), (list, why, command) => {
        const readable = list.filter(isCarried);
        const server = { id: "s", command, tools: readable.map((one) => locked(one as JsonObject, one.name, why)) };
        const lock: Lock = { servers: [{ ...server, prompts: [], templates: [] }] };
        const written = lockText(lock);
        expect(parse(written)).toEqual({ ok: true, value: lock });
        // Nothing acts or hides in it.
        expect(written.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }),
    );
  });

  /** What the strict reader of messages would not have let in is in no descriptor. */
  function isCarried(value: unknown): boolean {
    const source = JSON.stringify(value);
    return !/__proto__|constructor|\\ud[89a-f]|-0|e[+-]?\d|\d{16}/i.test(source);
  }
});

describe("a lock that says less", () => {
  it("has nothing in the place of what does not hold for a server or a descriptor", () => {
    const lock: Lock = {
      servers: [{ id: "s", command: ["s"], tools: [locked({ name: "a" }, "a")], prompts: [], templates: [] }],
    };
    expect(parse(lockText(lock))).toStrictEqual({ ok: true, value: lock });
  });

  it("keeps the schema of what a tool gives under a digest of its own", () => {
    const tool = { ...READ, outputSchema: { type: "object", required: ["text"] } };
    const entry = locked(tool, "read_file");
    const lock: Lock = { servers: [{ id: "s", command: ["s"], tools: [entry], prompts: [], templates: [] }] };
    expect(entry.outputSchemaSha256).toBe(nodeDigests.sha256Hex(canonicalJson(tool.outputSchema)));
    expect(parse(lockText(lock))).toStrictEqual({ ok: true, value: lock });
    const line = lockText(lock)
      .split("\n")
      .findIndex((each) => each.startsWith("output_schema_sha256"));
    expect(faults(lockText(lock).replace(String(entry.outputSchemaSha256), "0".repeat(64)))).toEqual([
      `${String(line + 1)}:1 \`output_schema_sha256\` is not the digest of the descriptor beside it`,
    ]);
  });
});

describe("a lock that somebody has been at", () => {
  const text = lockText(FILES);
  const lineOf = (words: string): number => text.slice(0, text.indexOf(words)).split("\n").length;

  it.each<[string, string, string, hint: string]>([
    ["the lock", "version = 1", "version = 1\nserver = []", "did you mean `servers`?"],
    ["the lock", "version = 1", "version = 1\nqqqqqqqq = 1", "the keys here are `version`, `servers`"],
    ["a server", "protocol =", "protcol =", "did you mean `protocol`?"],
    [
      "a server",
      "protocol =",
      "qqqqqqqq =",
      "the keys here are `id`, `command`, `package`, `binary_sha256`, `protocol`, `tools`, `prompts`, `templates`",
    ],
    ["a tool", "input_schema_sha256 =", "input_shema_sha256 =", "did you mean `input_schema_sha256`?"],
    [
      "a tool",
      "input_schema_sha256 =",
      "qqqqqqqq =",
      "the keys here are `name`, `sha256`, `input_schema_sha256`, `output_schema_sha256`, `accepted`, `reason`," +
        " `descriptor`",
    ],
  ])("with a key that is none in %s says what may stand there: %j as %j", (_where, before, after, hint) => {
    const parsed = parse(text.replace(before, after));
    expect(parsed.ok ? [] : parsed.error.map((fault) => fault.hint)).toContain(hint);
  });

  it("with half a character in it is no text", () => {
    expect(faults("\ud800")).toEqual(["1:1 the text is not valid Unicode"]);
    expect(faults("version = 1\n# \udc00")).toEqual(["2:3 the text is not valid Unicode"]);
  });

  it.each(["2026-11-21T14:00:00+00:00", "2026-11-21", "yesterdayZ", "Z"])("with the time %j is none", (time) => {
    const found = faults(text.replace('accepted = "2026-11-21T14:00:00Z"', `accepted = "${time}"`));
    expect(found).toEqual([
      `${String(lineOf("accepted ="))}:1 \`accepted\` must be a time such as \`2027-01-01T00:00:00Z\``,
    ]);
  });

  it("with a value of another kind says which was found", () => {
    expect(faults(text.replace('id = "files"', "id = 7"))).toEqual([
      `${String(lineOf('id = "files"'))}:1 \`id\` must be a string, found a number`,
    ]);
  });

  it.each([
    ["a key that is none", "protocol =", "protcol =", /protocol|protcol/],
    ["another version", "version = 1", "version = 2", /`version` must be 1/],
    ["a time that is none", 'accepted = "2026-11-21T14:00:00Z"', 'accepted = "yesterday"', /`accepted` must be a time/],
    ["a descriptor that is no JSON", 'descriptor = "{', 'descriptor = "x{', /`descriptor` is no JSON object/],
    ["a descriptor with a space", 'descriptor = "{', 'descriptor = "{ ', /not in RFC 8785 form/],
    ["another name", 'name = "read_file"', 'name = "write_file"', /`name` is not the descriptor's/],
    ["no TOML", "[[servers]]", "[[servers]", /not valid TOML/],
  ])("with %s says where", (_what, before, after, says) => {
    const found = faults(text.replace(before, after));
    expect(found.some((fault) => says.test(fault) && fault.startsWith(`${String(lineOf(before))}:`))).toBe(true);
  });

  it("with a descriptor that was changed under its hash is none", () => {
    expect(faults(text.replace("Reads a file.", "Mails a file."))).toEqual([
      `${String(lineOf('sha256 = "'.concat(locked(READ, "read_file").sha256)))}:1 \`sha256\` is not the digest of the descriptor beside it`,
    ]);
  });

  it("with one name twice is none", () => {
    const [server] = FILES.servers;
    if (server === undefined) throw new Error("there is no server");
    const twice = lockText({ servers: [{ ...server, tools: [...server.tools, ...server.tools] }] });
    const lastOf = (source: string, words: string): string =>
      String(source.slice(0, source.lastIndexOf(words)).split("\n").length);
    const tool = 'name = "read_file"';
    expect(faults(twice)).toEqual([`${lastOf(twice, tool)}:1 \`read_file\` stands in the list before`]);
    const servers = lockText({ servers: [server, server] });
    const id = 'id = "files"';
    expect(faults(servers)).toEqual([`${lastOf(servers, id)}:1 \`files\` stands in the list before`]);
  });
});
