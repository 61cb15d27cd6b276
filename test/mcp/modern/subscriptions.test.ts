import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../../src/base/json.js";
import { grantsOf } from "../../../src/mcp/methods/granted.js";
import { META } from "../../../src/mcp/modern/revision.js";
import { filterParams, Subscriptions, trimFilter, withUris } from "../../../src/mcp/modern/subscriptions.js";
import { ALL, granting } from "./fixture.js";

const ACK = "notifications/subscriptions/acknowledged";
const UPDATED = "notifications/resources/updated";
const TOOLS = "notifications/tools/list_changed";
const PROMPTS = "notifications/prompts/list_changed";
const tag = (id: string | number) => ({ _meta: { [META.subscription]: id } });

const ASKED = {
  toolsListChanged: true,
  promptsListChanged: false,
  resourcesListChanged: true,
  resourceSubscriptions: ["a:1", "a:2", "a:1"],
  taskIds: ["t"],
};

function opened(): Subscriptions {
  const streams = new Subscriptions();
  streams.open(1, { toolsListChanged: true, resourceSubscriptions: ["a:1"] });
  return streams;
}

describe("a filter", () => {
  it("keeps what is asked for and granted", () => {
    const trimmed = trimFilter(ASKED, ALL);
    expect(filterParams(trimmed)).toEqual({
      toolsListChanged: true,
      resourcesListChanged: true,
      resourceSubscriptions: ["a:1", "a:2"],
    });
    expect(filterParams(withUris(trimmed, ["a:2"]))["resourceSubscriptions"]).toEqual(["a:2"]);
    expect(withUris({ toolsListChanged: true }, ["a:2"])).toEqual({ toolsListChanged: true });
  });

  it("is empty where nothing is granted", () => {
    expect(trimFilter(ASKED, grantsOf())).toEqual({});
    expect(trimFilter(ASKED, granting("list-changed", "tools"))).toEqual({ toolsListChanged: true });
    expect(trimFilter(ASKED, granting("subscribe", "tools"))).toEqual({});
  });
});

describe("a stream", () => {
  it("begins with its acknowledgement, once", () => {
    const streams = opened();
    expect(streams.admit(TOOLS, tag(1))).toBeUndefined();
    expect(streams.admit(ACK, { ...tag(1), notifications: { toolsListChanged: true } })).toBe(1);
    expect(streams.admit(TOOLS, tag(1))).toBe(1);
    expect(streams.admit(ACK, { ...tag(1), notifications: {} })).toBeUndefined();
  });

  it.each<JsonObject>([
    { promptsListChanged: true },
    { resourceSubscriptions: ["a:1", "a:2"] },
    { resourceSubscriptions: ["a:1/below"] },
    { taskIds: ["t"] },
  ])("is not acknowledged for more than was asked (%#)", (notifications) => {
    const streams = opened();
    expect(streams.admit(ACK, { ...tag(1), notifications })).toBeUndefined();
    expect(streams.admit(TOOLS, tag(1))).toBeUndefined();
  });

  it("brings what was asked for, under its own name, until it ends", () => {
    const streams = opened();
    streams.admit(ACK, { ...tag(1), notifications: {} });
    expect(streams.admit(UPDATED, { ...tag(1), uri: "a:1" })).toBe(1);
    for (const [method, params] of [
      [UPDATED, { ...tag(1), uri: "a:2" }],
      [UPDATED, { ...tag(1), uri: "a:1/below" }],
      [PROMPTS, tag(1)],
      [TOOLS, tag("1")],
      [TOOLS, tag(2)],
      [TOOLS, {}],
    ] as const)
      expect(streams.admit(method, params)).toBeUndefined();
    expect([streams.end(1), streams.end(1)]).toEqual([true, false]);
    expect(streams.admit(TOOLS, tag(1))).toBeUndefined();
  });

  it("lets through no type and no resource that its filter lacks, whatever was acknowledged", () => {
    const flags = fc.record({ toolsListChanged: fc.constant(true as const) }, { requiredKeys: [] });
    fc.assert(
      fc.property(flags, fc.subarray(["a:1", "a:2"]), fc.constantFrom(TOOLS, PROMPTS), (given, uris, method) => {
        const streams = new Subscriptions();
        streams.open(1, { ...given, resourceSubscriptions: uris });
        streams.admit(ACK, { ...tag(1), notifications: {} });
        expect(streams.admit(method, tag(1)) === 1).toBe(method === TOOLS && given.toolsListChanged === true);
        for (const uri of ["a:1", "a:2"])
          expect(streams.admit(UPDATED, { ...tag(1), uri }) === 1).toBe(uris.includes(uri));
      }),
    );
  });
});
