/** A gateway's configuration: what is read, and what is said of what is not. */
import { describe, expect, test } from "vitest";
import { parseGateway } from "../../src/policy/gateway.js";

const SERVER = `[[servers]]\nid = "files"\ncommand = "npx"\n`;

function faultsOf(source: string): readonly string[] {
  const parsed = parseGateway(source);
  if (parsed.ok) return [];
  return parsed.error.map(({ line, column, problem }) => `${String(line)}:${String(column)} ${problem}`);
}

describe("parseGateway", () => {
  test("one server is enough; the rest has defaults", () => {
    const parsed = parseGateway(SERVER);
    expect(parsed.ok && parsed.value).toMatchObject({
      gateway: { id: "gateway", policy: "guard", response_timeout_ms: 30_000, payloads: "sealed", durable: "medium" },
      servers: [{ id: "files", command: "npx", args: [], allow_env: [] }],
    });
  });

  test.each([
    ["no server", "[gateway]\n", "1:1 `servers` is missing"],
    ["an unknown key", `${SERVER}comand = "x"\n`, "4:1 unknown key `comand` in `servers`"],
    ["an underscore", '[[servers]]\nid = "a__b"\ncommand = "x"\n', "2:1 the server id `a__b` must be"],
    ["a slash", '[[servers]]\nid = "a/b"\ncommand = "x"\n', "2:1 the server id `a/b` must be"],
    [
      "an id twice, but for case",
      `${SERVER}\n[[servers]]\nid = "Files"\ncommand = "x"\n`,
      "6:1 the id `Files` is in use",
    ],
    ["the gateway's own id", '[[servers]]\nid = "gateway"\ncommand = "x"\n', "2:1 the id `gateway` is in use"],
    [
      "a number too large",
      `[gateway]\nmax_line_bytes = 99999999\n${SERVER}`,
      "2:1 `max_line_bytes` must be a whole number",
    ],
    ["no TOML", "[gateway", "1:2 not valid TOML"],
    [
      "a key that reaches the prototype",
      `[gateway]\n__proto__ = 1\n${SERVER}`,
      "the keys `__proto__` and `constructor`",
    ],
    [
      "an id with a space",
      `[gateway]\nid = "a b"\n${SERVER}`,
      "2:1 `id` `a b` must be letters, digits and `.`, `_`, `:`, `@`, `-`",
    ],
    [
      "an agent's id with a space",
      `[gateway]\nagent_id = "a b"\n${SERVER}`,
      "2:1 `agent_id` `a b` must be letters, digits and `.`, `_`, `:`, `/`, `@`, `-`",
    ],
    [
      "payloads that are kept open",
      `[gateway]\npayloads = "open"\n${SERVER}`,
      "2:1 `payloads` must be `sealed` or `none`, found `open`",
    ],
    [
      "an unknown risk",
      `[gateway]\ndurable = "always"\n${SERVER}`,
      "2:1 `durable` must be one of `low`, `medium`, `high`, `never`, found `always`",
    ],
    ["a command that is no text", SERVER.replace('"npx"', "7"), "3:1 `command` must be a string, found a number"],
    ["half a character", "\ud800", "1:1 the text is not valid Unicode"],
    ["half a character in a comment", `${SERVER}# \udc00`, "4:3 the text is not valid Unicode"],
  ])("%s is a fault with its place", (_name, source, says) => {
    expect(faultsOf(source).join("\n")).toContain(says);
  });

  test.each([
    ["the file", `server = 1\n${SERVER}`, "did you mean `servers`?"],
    ["the file", `qqqqqqqq = 1\n${SERVER}`, "the keys here are `gateway`, `servers`"],
    ["the gateway", `[gateway]\nagentid = 1\n${SERVER}`, "did you mean `agent_id`?"],
    [
      "a server",
      `${SERVER}qqqqqqqq = 1\n`,
      "the keys here are `id`, `command`, `args`, `allow_env`, `response_timeout_ms`",
    ],
  ])("a key that is none in %s is told with what may stand there", (_where, source, hint) => {
    const parsed = parseGateway(source);
    expect(parsed.ok ? [] : parsed.error.map((fault) => fault.hint)).toEqual([hint]);
  });
});
