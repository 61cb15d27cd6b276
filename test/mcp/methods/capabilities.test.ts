import { describe, expect, it } from "vitest";
import { MCP_FEATURES } from "../../../src/policy/ast.js";
import { cutClientCapabilities, cutServerCapabilities } from "../../../src/mcp/methods/capabilities.js";
import { grantsOf } from "../../../src/mcp/methods/granted.js";

const byDefault = grantsOf();
const none = grantsOf({ features: [], roots: [], trace: false, early_answers: false });
const all = grantsOf({ features: MCP_FEATURES, roots: ["file:///w"], trace: true, early_answers: false });

const CLIENT = {
  elicitation: { form: { x: 1 }, url: {}, y: {} },
  experimental: { x: {} },
  extensions: {},
  roots: { listChanged: true },
  sampling: { context: {}, tools: {} },
  tasks: { list: {} },
};
const SERVER = {
  completions: {},
  experimental: { x: {} },
  logging: { x: 1 },
  prompts: { listChanged: true },
  resources: { listChanged: true, subscribe: true },
  tasks: { list: {}, requests: {} },
  tools: { listChanged: true },
};

describe("what a server learns of the client", () => {
  it("is nothing by default", () => {
    expect(cutClientCapabilities(CLIENT, byDefault, "2025-11-25")).toEqual({});
    expect(cutClientCapabilities(CLIENT, none, "2025-11-25")).toEqual({});
  });

  it("is what is granted and declared; roots are agentk's own", () => {
    expect(cutClientCapabilities(CLIENT, all, "2025-11-25")).toEqual({
      elicitation: { form: {}, url: {} },
      roots: {},
      sampling: { tools: {} },
    });
    expect(cutClientCapabilities({}, all, "2025-11-25")).toEqual({ roots: {} });
    expect(cutClientCapabilities({ sampling: true, elicitation: [] }, all, "2025-11-25")).toEqual({ roots: {} });
  });

  it("has the client's roots only where the client has some and the operator lets it be asked", () => {
    const asked = grantsOf({ features: [], roots: "client", trace: false, early_answers: false });
    expect(cutClientCapabilities(CLIENT, asked, "2025-11-25")).toEqual({ roots: {} });
    expect(cutClientCapabilities({ sampling: {} }, asked, "2025-11-25")).toEqual({});
    expect(cutClientCapabilities({ roots: true }, asked, "2025-11-25")).toEqual({});
  });

  it("has no members that the revision does not know", () => {
    expect(cutClientCapabilities(CLIENT, all, "2025-06-18")).toEqual({ elicitation: {}, roots: {}, sampling: {} });
  });
});

describe("what the client learns of a server", () => {
  it("is tools, resources and prompts by default, without what announces them anew", () => {
    expect(cutServerCapabilities(SERVER, byDefault)).toEqual({ prompts: {}, resources: {}, tools: {} });
    expect(cutServerCapabilities({ resources: {} }, byDefault)).toEqual({ resources: {} });
    expect(cutServerCapabilities(SERVER, none)).toEqual({});
  });

  it("has tasks of tool calls where they are granted, declared and of the revision", () => {
    const tasks = { list: { x: 1 }, cancel: {}, requests: { tools: { call: { x: 1 } }, sampling: {} }, x: {} };
    const offered = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
    expect(cutServerCapabilities({ tasks }, all, "2025-11-25")).toEqual({ tasks: offered });
    expect(cutServerCapabilities({ tasks }, all, "2025-06-18")).toEqual({});
    expect(cutServerCapabilities({ tasks }, byDefault, "2025-11-25")).toEqual({});
    for (const none of [{}, { list: {} }, { requests: {} }, { requests: { tools: {} } }, [], null, true])
      expect(cutServerCapabilities({ tasks: none }, all, "2025-11-25")).toEqual({});
  });

  it("is what is granted and declared", () => {
    expect(cutServerCapabilities(SERVER, all)).toEqual({
      completions: {},
      logging: {},
      prompts: { listChanged: true },
      resources: { listChanged: true, subscribe: true },
      tools: { listChanged: true },
    });
    expect(cutServerCapabilities({ resources: { subscribe: false } }, all)).toEqual({ resources: {} });
  });

  it.each([null, true, [], "tools"])("has no tools when they read %j", (tools) => {
    expect(cutServerCapabilities({ tools }, all)).toEqual({});
  });
});
