/** Transforms: what is passed on, and what is handed on, is changed as the policy says; the log commits to both. */
import { describe, expect, it } from "vitest";
import type { PolicyDocument } from "../../src/policy/ast.js";
import type { JsonValue } from "../../src/base/json.js";
import { applyChanges, REDACTED } from "../../src/kernel/transform.js";
import { recordingOf, replay, slotKey, sourceOf, type Recording } from "../replay/tape-deck.js";
import { answer, scriptedPorts } from "./ports.js";
import { nodeDigests } from "../../src/host/digests.js";
import { Dispatch } from "../../src/kernel/dispatch.js";
import { openPayload, type SyscallRequest } from "../../src/abi/request.js";
import { FLIGHT_FORMAT } from "../../src/abi/event.js";
import { kernel, pageOf, payload, policyOf, requestOf, ruled, Run, runFacts, SECRET } from "./fixture.js";

type Changes = NonNullable<PolicyDocument["rules"][number]["changes"]>;

const CHANGES =
  '[[rules.changes]]\npath = "/body"\nredact = true\n[[rules.changes]]\npath = "/to"\nsubstitute = "ops@acme.example"';
const POLICY = policyOf(
  { id: "hide", effect: "transform", syscalls: ["tool.invoke"], more: `tool = "post"\n${CHANGES}` },
  {
    id: "hide-pin",
    effect: "transform",
    syscalls: ["tool.response"],
    more: 'tool = "card"\n[[rules.changes]]\npath = "/**/pin"\nredact = true',
  },
  { id: "all", effect: "allow", syscalls: ["tool.invoke", "tool.response", "tool.describe"] },
);

function recorded(run: Run): Recording {
  return recordingOf(
    run.lines,
    run.steps.flatMap(({ payloads }) => payloads),
  );
}

/** A pin within so many texts of JSON, each within the next. */
function nested(texts: number): string {
  let text = '{"pin":1}';
  for (let i = 1; i < texts; i++) text = JSON.stringify({ a: text });
  return text;
}

describe("changes", () => {
  const redact = (path: string): Changes => [{ kind: "redact", path }];
  it.each<readonly [string, Changes, JsonValue, JsonValue]>([
    ["a text", redact("/a"), { a: "x", b: 1 }, { a: REDACTED, b: 1 }],
    ["a number", redact("/a"), { a: 7 }, { a: REDACTED }],
    ["a list, whole", redact("/a"), { a: ["x", ["y"]] }, { a: REDACTED }],
    ["an object, whole", redact("/a"), { a: { b: "x" } }, { a: REDACTED }],
    [
      "one member of each item",
      redact("/list/*/a"),
      { list: [{ a: 1, b: 2 }, { a: 3 }] },
      { list: [{ a: REDACTED, b: 2 }, { a: REDACTED }] },
    ],
    [
      "in some items and not in others",
      redact("/*/a"),
      [{ a: 1 }, { b: 2 }, null, 3],
      [{ a: REDACTED }, { b: 2 }, null, 3],
    ],
    ["everything", redact("/**"), { a: { b: 1 }, c: [2] }, { a: REDACTED, c: REDACTED }],
    ["at any depth", redact("/**/a"), { x: { a: 1 }, a: 2 }, { x: { a: REDACTED }, a: REDACTED }],
    ["a name with a slash", redact("/a~1b"), { "a/b": 1 }, { "a/b": REDACTED }],
    ["nothing that is not there", redact("/c"), { a: 1 }, { a: 1 }],
    [
      "in JSON text",
      redact("/**/pin"),
      { a: '{"b": [{"pin": "4711", "c": 1}]}' },
      { a: `{"b":[{"c":1,"pin":"${REDACTED}"}]}` },
    ],
    [
      "in JSON text, by its place",
      redact("/a!/pin"),
      { a: '{"pin":1}', pin: 2 },
      { a: `{"pin":"${REDACTED}"}`, pin: 2 },
    ],
    [
      "in JSON text where a list was expected",
      redact("/links/*"),
      { links: '["https://evil.example"]' },
      { links: `["${REDACTED}"]` },
    ],
    [
      "in JSON text where an object was expected",
      redact("/list/*/a"),
      { list: ['{"a":1}', { a: 2 }] },
      { list: [`{"a":"${REDACTED}"}`, { a: REDACTED }] },
    ],
    [
      "in JSON text in the JSON text of a result",
      redact("/card/pin"),
      { content: [{ type: "text", text: '{"card": "{\\"pin\\": 1}"}' }] },
      { content: [{ type: "text", text: `{"card":"{\\"pin\\":\\"${REDACTED}\\"}"}` }] },
    ],
    [
      "in JSON text in JSON text",
      redact("/**/pin"),
      { a: '["{\\"pin\\":1}"]' },
      { a: `["{\\"pin\\":\\"${REDACTED}\\"}"]` },
    ],
    [
      "in the JSON text of a result",
      redact("/card/pin"),
      { content: [{ type: "text", text: '{"card": {"pin": 1}}' }] },
      { content: [{ type: "text", text: `{"card":{"pin":"${REDACTED}"}}` }] },
    ],
    [
      "in structured content",
      redact("/pin"),
      { structuredContent: { pin: 1 } },
      { structuredContent: { pin: REDACTED } },
    ],
    ["and no JSON text in which nothing is", redact("/pin"), { a: '{ "b": 1 }' }, { a: '{ "b": 1 }' }],
    ["nor a list in JSON text", redact("/pin"), { a: "[ 1, [ 2 ] ]" }, { a: "[ 1, [ 2 ] ]" }],
    ["nor text beyond the depth at which it is read as JSON", redact("/**/pin"), { a: nested(4) }, { a: nested(4) }],
    ["a substitute", [{ kind: "substitute", path: "/a", value: false }], { a: { b: 1 } }, { a: false }],
    [
      "one after the other",
      [
        { kind: "substitute", path: "/a", value: "x" },
        { kind: "redact", path: "/a" },
      ],
      { a: 1 },
      { a: REDACTED },
    ],
  ])("%s", (_what, changes, value, changed) => {
    const before = structuredClone(value);
    expect(applyChanges(value, changes)).toEqual(changed);
    expect(value).toEqual(before);
  });

  const LONG = "a path in the value is too long";
  it.each<readonly [string, Changes, JsonValue, string]>([
    ["keys, which no change reaches", redact("/a#"), { a: 1 }, "`/a#` was not changed"],
    ["a place below too long names", redact("/**/pin"), { ["k".repeat(1024)]: { pin: 1 } }, LONG],
    [
      "JSON text in its place",
      [{ kind: "substitute", path: "/**", value: '{"a":1}' }],
      { a: 1 },
      "`/**` was not changed",
    ],
    ["at a path that is none", redact("a"), { a: 1 }, "a path must start with `/`"],
  ])("cannot be made: %s", (_what, changes, value, words) => {
    expect(() => applyChanges(value, changes)).toThrow(words);
  });

  it("are made below names as long as paths may be", () => {
    const name = "k".repeat(1023);
    expect(applyChanges({ [name]: 1 }, redact("/*"))).toEqual({ [name]: REDACTED });
  });

  it("do not touch an object's own `__proto__`", () => {
    const value = JSON.parse('{"__proto__":{"a":1},"b":2}') as JsonValue;
    expect(JSON.stringify(applyChanges(value, redact("/b")))).toBe(`{"__proto__":{"a":1},"b":"${REDACTED}"}`);
  });
});

describe("arguments", () => {
  const args = { to: ["eve@evil.example"], body: { text: "a secret" }, id: 7 };
  const sent = `{"body":"${REDACTED}","id":7,"to":"ops@acme.example"}`;

  it("reach the act as they were changed, and as they were when they were not", async () => {
    const seen: (readonly [string, string | undefined])[] = [];
    const ports = scriptedPorts({
      act: (call, _request, changed) => {
        seen.push([call, changed]);
        return Promise.resolve(answer("ok"));
      },
    });
    const dispatch = new Dispatch<SyscallRequest>(kernel, nodeDigests, ports);
    await dispatch.open(runFacts({ format: FLIGHT_FORMAT }), SECRET, { name: "t", source: POLICY });
    for (const tool of ["post", "get"]) {
      await dispatch.request(requestOf("tool.invoke", { subject: { tool }, arguments: payload(args) }));
    }
    expect(seen).toEqual([
      ["c3", sent],
      ["c7", undefined],
    ]);
  });

  it("are committed as they came and as they went", () => {
    const run = new Run(POLICY);
    const step = run.call("post", args);
    expect(ruled(step)).toBe("transform:hide");
    expect([step.changed, step.act]).toEqual([sent, "c2"]);
    const { value } = step.event;
    expect(value.changes).toEqual([
      { kind: "redact", path: "/body" },
      { kind: "substitute", path: "/to" },
    ]);
    expect(value.sent?.bytes).toBe(sent.length);
    expect(value.sent?.commitment).not.toBe(value.arguments?.commitment);
    const { journal } = recorded(run);
    expect(journal.get(slotKey(2, "sent"))).toBe(sent);
    expect(JSON.parse(journal.get(slotKey(2, "arguments")) ?? "")).toEqual(args);
    expect(run.state).toMatchObject({ allowed: 1, inFlight: 1 });
  });

  it("are replayed to the same bytes, with the values and without", () => {
    const run = new Run(POLICY);
    run.result(run.call("post", args), { ok: true });
    run.reads("card", { pin: "4711" });
    expect(replay(run.lines, sourceOf(recorded(run)))).toMatchObject({ ok: true, sealed: 0 });
    expect(replay(run.lines)).toMatchObject({ ok: true, opened: 0 });
  });

  it("that cannot be changed deny the call, and a result is withheld", () => {
    const deep = openPayload(`${"[".repeat(100_000)}${"]".repeat(100_000)}`);
    const run = new Run(POLICY);
    const step = run.step({
      type: "syscall",
      request: requestOf("tool.invoke", { subject: { tool: "post" }, arguments: deep }),
    });
    expect([ruled(step), step.act, step.changed]).toEqual(["deny:policy-fault", undefined, undefined]);
    const { call } = run.call("card", {}).event.value;
    const page = run.step({ type: "page", page: pageOf("", { call, content: deep }) });
    expect([ruled(page), page.changed]).toEqual(["deny:policy-fault", undefined]);
  });
});

describe("a result", () => {
  it("is handed on as it was changed, and committed as it came", () => {
    const run = new Run(POLICY);
    const page = run.reads("card", { pin: "4711", owner: "bob" });
    expect(ruled(page)).toBe("transform:hide-pin");
    expect(page.changed).toBe(`{"content":[],"structuredContent":{"owner":"bob","pin":"${REDACTED}"}}`);
    expect(page.event.value.changes).toEqual([{ kind: "redact", path: "/**/pin" }]);
    expect(recorded(run).journal.get(slotKey(3, "content"))).toContain("4711");
  });

  it("is changed within its JSON text", () => {
    const run = new Run(POLICY);
    const page = run.ends(run.call("card", {}), { content: [{ type: "text", text: '{"pin": "4711"}' }] });
    expect(page.changed).not.toContain("4711");
    expect(page.changed).toContain(REDACTED);
  });

  it("that is not changed is handed on as it is", () => {
    const run = new Run(POLICY);
    const page = run.reads("get", { pin: "4711" });
    expect([ruled(page), page.changed]).toEqual(["allow:all", undefined]);
  });
});
