import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/base/json.js";
import { toClient } from "../../../src/mcp/modern/results.js";
import { META } from "../../../src/mcp/modern/revision.js";
import { MODERN_CONTRACTS } from "../../../src/mcp/modern/table.js";
import type { ModernRequest } from "../../../src/mcp/modern/contracts/contract.js";

const row = (method: string) => MODERN_CONTRACTS.find((one) => one.method === method) as ModernRequest;
const isOk = (method: string, result: JsonObject) => row(method).result.check(result, "") === undefined;
const LIST = { tools: [], ttlMs: 1, cacheScope: "private", resultType: "complete" };

describe("resultType", () => {
  it("absent is complete, as of an earlier revision", () => {
    expect(isOk("tools/call", { content: [] })).toBe(true);
    expect(isOk("tools/list", { tools: [] })).toBe(true);
  });

  it.each(["task", "x", "", "Complete", 1, null])("%j is invalid", (resultType) => {
    expect(isOk("tools/call", { content: [], resultType })).toBe(false);
  });

  it.each(MODERN_CONTRACTS.filter((one) => one.form === "request").map((one) => one.method))(
    "input_required of %s",
    (method) => {
      const asking = { resultType: "input_required", requestState: "s" };
      expect(isOk(method, asking)).toBe(["tools/call", "prompts/get", "resources/read"].includes(method));
    },
  );
});

describe("what a result must hold", () => {
  it("says how long it may be kept, where it does", () => {
    expect(isOk("tools/list", LIST)).toBe(true);
    for (const odd of [{ ttlMs: -1 }, { ttlMs: 0.5 }, { cacheScope: "all" }])
      expect(isOk("tools/list", { ...LIST, ...odd })).toBe(false);
  });

  it.each([null, 1, "text", [1, 2], { a: 1 }])("structured content may be %j", (structuredContent) => {
    expect(isOk("tools/call", { resultType: "complete", content: [], structuredContent })).toBe(true);
  });

  it.each<JsonObject>([
    { type: "html", text: "<b>" },
    { type: "text" },
    { type: "image", data: "not base64!", mimeType: "image/png" },
    { type: "resource", resource: { uri: "file:///a" } },
    { type: "resource_link", uri: "no scheme", name: "n" },
  ])("a block that is none is refused (%#)", (block) => {
    expect(isOk("tools/call", { resultType: "complete", content: [block] })).toBe(false);
  });

  it.each(["javascript:alert(1)", "file:///etc/passwd"])("an icon from %s is refused", (src) => {
    const tool = { name: "t", inputSchema: { type: "object" } };
    expect(isOk("tools/list", { ...LIST, tools: [tool] })).toBe(true);
    expect(isOk("tools/list", { ...LIST, tools: [{ ...tool, icons: [{ src }] }] })).toBe(false);
  });
});

describe("what the client gets", () => {
  it("is complete, and of no one else's cache", () => {
    expect(toClient({ tools: [] }, { isCacheable: true })).toEqual({
      tools: [],
      ttlMs: 0,
      cacheScope: "private",
      resultType: "complete",
    });
    expect(toClient({ ...LIST, cacheScope: "public" }, { isCacheable: true })).toEqual(LIST);
    expect(toClient({ content: [] }, { isCacheable: false })).toEqual({ content: [], resultType: "complete" });
  });

  it("is rid of links about the server", () => {
    const info = { name: "s", version: "1", websiteUrl: "https://track.example/?id=1", icons: [] };
    const _meta = { [META.serverInfo]: info, keep: 1 };
    expect(toClient({ content: [], _meta }, { isCacheable: false })["_meta"]).toEqual({
      keep: 1,
      [META.serverInfo]: { name: "s", version: "1" },
    });
  });
});
