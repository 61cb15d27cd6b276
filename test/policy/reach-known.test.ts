import { describe, expect, it } from "vitest";
import type { SyscallName } from "../../src/abi/syscalls.js";
import type { PolicyDocument, PolicyGrant, PolicyTrust } from "../../src/policy/ast.js";
import { knownOf } from "../../src/policy/reach-known.js";
import { policyOf } from "./fixture.js";

function known(kind: SyscallName, tool?: string, more: Partial<PolicyDocument> = {}): readonly string[] {
  return knownOf(policyOf([], more), kind, tool).map((part) =>
    JSON.stringify(part, (key, value: unknown) => (key === "at" ? undefined : value)),
  );
}

const trust = (changes: Partial<PolicyTrust>): Partial<PolicyDocument> => ({
  trust: { client_prompt: "none", context_socket: false, release: false, ...changes },
});
const granted = (...grants: readonly Partial<PolicyGrant>[]): Partial<PolicyDocument> => ({
  grants: grants.map((grant) => ({ capability: { kind: "tool.invoke", target: "*" }, ...grant })),
});

const NO_TOOL = '{"on":"not","parts":[{"on":"globs","field":"tool","globs":["*"]}]}';
const NO_WORDS = '{"on":"not","parts":[{"on":"intent","words":["*"]}]}';
const capability = (state: string): string => `{"on":"capability","state":"${state}"}`;
const classes = (act: string, risk: string): readonly string[] => [
  `{"on":"act","acts":["${act}"]}`,
  `{"on":"risk","risks":["${risk}"]}`,
];
const tool = (glob: string): string => `{"on":"globs","field":"tool","globs":["${glob}"]}`;

describe("what is known of a call before any rule", () => {
  it("its tool, or that it has none", () => {
    expect(known("tool.invoke")).toEqual([tool("*"), NO_WORDS, capability("missing")]);
    expect(known("tool.response", "get_*")).toEqual([tool("get_*"), NO_WORDS, capability("missing")]);
    expect(known("file.patch")).toEqual([NO_TOOL, ...classes("write", "high"), NO_WORDS, capability("missing")]);
  });

  it("its class, by the kind or by the name of the one tool", () => {
    expect(known("tool.invoke", "get_mail")).toEqual(expect.arrayContaining([...classes("read", "low")]));
    for (const glob of ["get_*", "get_?", "get\\\\x"]) expect(known("tool.invoke", glob)).toHaveLength(3);
    expect(known("prompt.response")).toEqual([NO_TOOL, NO_WORDS, capability("missing")]);
  });

  it("that the user says nothing, where nobody hears the user", () => {
    expect(known("tool.invoke", undefined, trust({ client_prompt: "_meta" }))).not.toContain(NO_WORDS);
    expect(known("tool.invoke", undefined, trust({ context_socket: true }))).not.toContain(NO_WORDS);
    expect(known("tool.invoke", undefined, trust({ release: true }))).toContain(NO_WORDS);
  });

  it.each<readonly [string, Partial<PolicyDocument>, readonly string[]]>([
    ["no grant", granted(), [capability("missing")]],
    ["one for all and always", granted({}), [capability("present")]],
    ["one for every agent", granted({ agent: "*" }), [capability("present")]],
    ["one among others", granted({ uses: 1 }, {}), [capability("present")]],
    ["a number of uses", granted({ uses: 1 }), []],
    ["an end", granted({ expires: "2027-01-01T00:00:00Z" }), []],
    ["one agent", granted({ agent: "a" }), []],
    ["one target", granted({ capability: { kind: "tool.invoke", target: "a" } }), []],
    ["another kind", granted({ capability: { kind: "file.patch", target: "*" } }), [capability("missing")]],
  ])("of its capability: %s", (_, more, expected) => {
    expect(known("tool.invoke", undefined, more).filter((part) => part.includes("capability"))).toEqual(expected);
  });
});
