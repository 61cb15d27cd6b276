/** What a call's values say when they are asked: bounds, what has no value, and whose words are the call's own. */
import { describe, expect, it } from "vitest";
import type { JsonObject, JsonValue } from "../../src/base/json.js";
import { newContext, withListing, withUserWords, type OpenContext } from "../../src/kernel/context.js";
import { CallValues } from "../../src/kernel/question.js";
import { nodeDigests } from "../../src/host/digests.js";
import { BOTTOM } from "../../src/mmu/lattice.js";
import { ALLOW_ALL, Run, SERVER, source } from "./fixture.js";

interface Asked {
  readonly context?: OpenContext;
  readonly subject?: JsonObject;
  readonly args?: JsonValue;
  readonly names?: readonly string[];
}

function valuesOf({ context = newContext([]), subject = {}, args, names = [] }: Asked): CallValues {
  const request = { server: SERVER, subject };
  return new CallValues({ context, session: BOTTOM, request, names: new Set(names), args, pins: undefined });
}

describe("a call without arguments", () => {
  it("has no values, sends none and records none", () => {
    const values = valuesOf({});
    expect(values.leaves()).toEqual([]);
    expect(values.sent()).toEqual([]);
    expect(values.record()).toEqual({ provenance: [], moreLeaves: 0 });
  });
});

describe("a descriptor", () => {
  const listed = (["tools", "prompts"] as const).reduce(
    (context, list) =>
      withListing(context, SERVER, { list, result: { [list]: [{ name: "one" }] }, withheld: new Set() }, nodeDigests),
    newContext([]),
  );

  it.each<readonly [subject: JsonObject, tool: string, prompt: string]>([
    [{ tool: "one" }, "listed", "unknown"],
    [{ tool: "two" }, "unlisted", "unknown"],
    [{ prompt: "one" }, "unknown", "listed"],
    [{ prompt: "two" }, "unknown", "unlisted"],
    [{ tool: 1, prompt: ["one"] }, "unknown", "unknown"],
    [{ item: "tools" }, "unknown", "unknown"],
  ])("of a call about %j is %s, as a prompt %s", (subject, tool, prompt) => {
    const values = valuesOf({ context: listed, subject });
    expect([values.descriptor(), values.promptDescriptor()]).toEqual([tool, prompt]);
  });
});

describe("what a call sends", () => {
  it("is all but the names of its own arguments that the operator gave", () => {
    const args = { to: "lily", other: "rose", in: { to: "iris" }, list: ["to"] };
    expect(
      valuesOf({ args, names: ["to"] })
        .sent()
        .map(({ path, text }) => `${path} ${text}`),
    ).toEqual([
      "/to lily",
      "/other# other",
      "/other rose",
      "/in# in",
      "/in/to# to",
      "/in/to iris",
      "/list# list",
      "/list/0 to",
    ]);
  });
});

describe("sentences", () => {
  it("are looked through up to a bound, beyond which there is no answer", () => {
    const said = withUserWords(newContext([]), "p1", "Pay bob@acme.example.");
    const inContext = (count: number): unknown => {
      const sentences = Array.from({ length: count }, () => said.sentences).flat();
      const [leaf] = valuesOf({ context: { ...said, sentences }, args: ["bob@acme.example"] }).leaves();
      return leaf?.sentences();
    };
    expect(inContext(2)).toEqual([
      ["pay", "bob", "acme", "example"],
      ["pay", "bob", "acme", "example"],
    ]);
    expect(() => inContext(20_001)).toThrow(RangeError);
  });
});

describe("a leaf with more tags than a line has room for", () => {
  it("is recorded with what every policy knows, and the first of the rest", () => {
    const tags = Array.from({ length: 20 }, (_, i) => `tag-${String(i).padStart(2, "0")}`);
    const run = new Run(source("/pin", ["trusted", "secret", ...tags]) + ALLOW_ALL);
    run.reads("read", { pin: "orchid-7731" });
    const { classes, labels } = run.found("orchid-7731");
    expect(classes).toEqual(["same-server", "server:fs", ...tags.slice(0, 13), "trusted"]);
    expect(labels).toEqual(["trusted", "secret", ...tags.slice(0, 14)]);
  });
});
