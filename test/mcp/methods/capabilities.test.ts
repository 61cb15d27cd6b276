import { describe, expect, it } from "vitest";
import { cutClientCapabilities, cutServerCapabilities } from "../../../src/mcp/methods/capabilities.js";

describe("capabilities", () => {
  it("of the client are none that the server learns of", () => {
    const all = { roots: { listChanged: true }, sampling: {}, elicitation: {}, tasks: {}, experimental: {}, x: 1 };
    expect(cutClientCapabilities(all)).toEqual({});
  });

  it("of the server are its tools, without what announces them anew", () => {
    const all = { tools: { listChanged: true }, resources: {}, prompts: {}, logging: {}, completions: {} };
    expect(cutServerCapabilities(all)).toEqual({ tools: {} });
    expect(cutServerCapabilities({ resources: {} })).toEqual({});
  });

  it.each([null, true, [], "tools"])("of the server are not tools when they read %j", (tools) => {
    expect(cutServerCapabilities({ tools })).toEqual({});
  });
});
