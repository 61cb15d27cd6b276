/** Policies and questions for the tests of this room. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import type { PolicyDocument, PolicyRule, PolicyWhen } from "../../src/policy/ast.js";
import { compilePolicy, type CompiledPolicy, type PolicyQuestion } from "../../src/policy/compile.js";
import { parsePolicy, type PolicyFault } from "../../src/policy/parse.js";

export const TAIL = '[[rules]]\nid = "default-deny"\neffect = "deny"\n';

export function sourceOf(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}

/** The document of a source that must be valid. */
export function documentOf(source: string): PolicyDocument {
  const parsed = parsePolicy(source);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

export function compiled(source: string): CompiledPolicy {
  return compilePolicy(documentOf(source));
}

/** The faults of a source that must not be valid. */
export function faultsIn(source: string): readonly PolicyFault[] {
  const parsed = parsePolicy(source);
  if (parsed.ok) throw new Error("the policy was accepted");
  return parsed.error;
}

/** A call of a tool, with what the test is about changed. */
export function ask(
  changes: Partial<Omit<PolicyQuestion, "labels">> & { labels?: readonly string[] } = {},
): PolicyQuestion {
  const { labels = [], ...rest } = changes;
  return {
    kind: "tool.invoke",
    agent: "agent://mcp/one",
    server: "fs",
    tool: "read_file",
    target: "fs/read_file",
    ...rest,
    labels: new Set(labels),
  };
}

// Few words, so that random rules and questions meet often.
const kind = fc.constantFrom("tool.invoke", "tool.response", "network.send", "model.call");
const word = fc.constantFrom("a", "b", "ab", "fs/a", "fs/ab");
const glob = fc.constantFrom("a", "a*", "*b", "fs/*", "?", "*", "b");
const globs = fc.array(glob, { minLength: 1, maxLength: 2 });
const label = fc.constantFrom("untrusted", "private", "poisoned-suspect", "pii");
const labels = fc.uniqueArray(label, { maxLength: 2 });

const when: fc.Arbitrary<PolicyWhen> = fc.record(
  {
    syscalls: fc.uniqueArray(kind, { minLength: 1 }),
    agent: globs,
    server: globs,
    tool: globs,
    target: globs,
    labels_any: labels,
    labels_all: labels,
    labels_none: labels,
    capability: fc.constantFrom("present", "missing"),
  },
  { requiredKeys: ["syscalls"] },
);

/** Rules without their ids, which stand for their places. */
export const ruleBodies = fc.array(fc.record({ effect: fc.constantFrom("allow", "deny"), when }), { maxLength: 6 });
export const grants = fc.array(
  fc.record({ capability: fc.record({ kind, target: glob }), agent: glob }, { requiredKeys: ["capability"] }),
  { maxLength: 3 },
);

export function policyOf(
  bodies: readonly Omit<PolicyRule, "id">[],
  granted: PolicyDocument["grants"] = [],
): PolicyDocument {
  const rules = bodies.map((body, index) => ({ ...body, id: `r${String(index)}` }));
  const tail: PolicyRule = { id: "default-deny", effect: "deny", when: { syscalls: [] } };
  return { agent: {}, labels: {}, grants: granted, rules: [...rules, tail] };
}

export const questions: fc.Arbitrary<PolicyQuestion> = fc
  .record(
    { kind, agent: word, server: word, tool: word, target: word, labels: fc.uniqueArray(label) },
    { requiredKeys: ["kind", "agent", "server", "target", "labels"] },
  )
  .map(({ labels: names, ...question }) => ({ ...question, labels: new Set<string>(names) }));
