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
  ])("%s is a fault with its place", (_name, source, says) => {
    expect(faultsOf(source).join("\n")).toContain(says);
  });
});
