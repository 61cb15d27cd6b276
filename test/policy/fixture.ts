/** Policies and questions for the tests of this room. */
import { readFileSync } from "node:fs";
import type { Labels } from "../../src/abi/labels.js";
import type { Provenance } from "../../src/abi/provenance.js";
import { DEFAULT_MCP } from "../../src/policy/ast.js";
import type { PolicyDocument, PolicyRule } from "../../src/policy/ast.js";
import {
  compilePolicy,
  type ArgumentLeaf,
  type CompiledPolicy,
  type PolicyQuestion,
  type Values,
} from "../../src/policy/compile.js";
import { EMPTY_RECALL } from "../../src/policy/recall.js";
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

/** Saturday, 2026-11-21T12:00:00Z. */
export const NOON = 1_795_262_400_000;

/** A call of a tool at noon, the first of its session, with what the test is about changed. */
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
    act: "read",
    risk: "medium",
    wall_ms: NOON,
    recall: EMPTY_RECALL,
    grantsUsed: new Map(),
    ...rest,
    labels: new Set(labels),
  };
}

/** A leaf of an argument, with where it was found. */
export interface StubLeaf {
  readonly path: string;
  readonly value: ArgumentLeaf["value"];
  /** Classes of the whole leaf, of each active token in it, of each of its words. */
  readonly classes?: readonly string[];
  readonly tokens?: readonly (readonly string[])[];
  readonly words?: readonly (readonly string[])[];
  readonly labels?: Partial<Labels>;
  /** Words of the user's sentences that the leaf stands in. */
  readonly sentences?: readonly (readonly string[])[];
  readonly named?: boolean;
}

const BOTTOM: Labels = { integrity: "trusted", confidentiality: "public", origin: "internal", tags: [] };

function provenanceOf(classes: readonly string[], labels: Partial<Labels> = {}): Provenance {
  return {
    match: classes.includes("nowhere") ? "nowhere" : "exact",
    origins: [],
    labels: { ...BOTTOM, ...labels },
    classes: new Set(classes),
    endorsed: classes.includes("trusted"),
  };
}

export function leafOf(stub: StubLeaf): ArgumentLeaf {
  const { path, value, classes = [], tokens = [], words = [], labels, sentences = [], named = false } = stub;
  const provenance = provenanceOf(classes, labels);
  const found = tokens.map((token) => provenanceOf(token));
  const said = words.map((word) => new Set(word));
  return {
    path,
    value,
    provenance: () => provenance,
    tokens: () => found,
    words: () => said,
    sentences: () => sentences,
    isNamed: () => named,
  };
}

export function valuesOf(stubs: readonly StubLeaf[], user: readonly string[] = []): Values {
  const leaves = stubs.map(leafOf);
  return { leaves: () => leaves, descriptor: () => "unknown", sentences: () => [user] };
}

/** A document of these rules, then `default-deny`; rules without ids are named after their places. */
export function policyOf(
  bodies: readonly (Omit<PolicyRule, "id"> & { id?: string })[],
  more: Partial<PolicyDocument> = {},
): PolicyDocument {
  const rules = bodies.map((body, index) => ({ id: `r${String(index)}`, ...body }));
  const tail: PolicyRule = { id: "default-deny", effect: "deny", when: { syscalls: [] } };
  return {
    agent: {},
    mode: "enforce",
    trust: { client_prompt: "none", context_socket: false, release: false },
    mcp: DEFAULT_MCP,
    labels: {},
    sources: [],
    directory: [],
    grants: [],
    ...more,
    rules: [...rules, tail],
  };
}
