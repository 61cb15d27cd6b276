/** `[[sources]]`: the labels that the operator gives to the leaves of what comes in. */
import { compilePath, type PathPattern } from "../base/pointer.js";
import type { PolicySource } from "./ast.js";
import { checked } from "./checked.js";
import { compileGlobs } from "./glob.js";

/** Which page the leaves are of: `method` is the MCP method or the part of a message that the page came by. */
export interface PageSource {
  readonly server: string;
  readonly tool?: string;
  readonly method: string;
}

export interface SourceLeaf {
  /** The leaf's path in the page. */
  readonly path: string;
  /** The same without the envelope that MCP puts around a result. */
  readonly valuePath: string;
  /** A member of the leaf's parent object; undefined when there is none. */
  readonly sibling: (name: string) => unknown;
}

/** The names of all labels that sources give to a leaf; undefined when no source speaks of it. */
export type LeafLabeller = (leaf: SourceLeaf) => readonly string[] | undefined;

/** The labeller of a page; undefined when no source speaks of the page. */
export type CompiledSources = (page: PageSource) => LeafLabeller | undefined;

interface CompiledSource {
  readonly isPage: (page: PageSource) => boolean;
  readonly isLeaf: (leaf: SourceLeaf) => boolean;
  readonly labels: readonly string[];
}

/** A label that lowers, and those that it cannot be said beside: the higher one wins. */
const OVERRULED: readonly (readonly [string, readonly string[]])[] = [
  ["trusted", ["untrusted", "poisoned-suspect"]],
  ["internal", ["external"]],
];

/** @throws TypeError for a path pattern that the schema would have refused. */
export function compileSources(sources: readonly PolicySource[]): CompiledSources {
  const compiled = sources.map(compileSource);
  return (page) => {
    const speaking = compiled.filter(({ isPage }) => isPage(page));
    return speaking.length === 0 ? undefined : labeller(speaking);
  };
}

function labeller(sources: readonly CompiledSource[]): LeafLabeller {
  return (leaf) => {
    const names = new Set<string>();
    let isSpokenOf = false;
    for (const { isLeaf, labels } of sources) {
      if (!isLeaf(leaf)) continue;
      isSpokenOf = true;
      for (const label of labels) names.add(label);
    }
    return isSpokenOf ? settled(names) : undefined;
  };
}

/** INVARIANT: of two sources that contradict each other, the more dangerous label holds. */
function settled(names: Set<string>): readonly string[] {
  for (const [lower, higher] of OVERRULED) if (higher.some((name) => names.has(name))) names.delete(lower);
  return [...names];
}

function compileSource(source: PolicySource): CompiledSource {
  const paths = source.path.map((pattern) => checked(compilePath(pattern)));
  const isSibling = compileWhen(source.when);
  return {
    isPage: compilePage(source),
    isLeaf: (leaf) => isSelected(paths, leaf) && isSibling(leaf),
    labels: source.labels,
  };
}

function isSelected(paths: readonly PathPattern[], { path, valuePath }: SourceLeaf): boolean {
  return paths.some(({ matches }) => matches(valuePath) || matches(path));
}

function compilePage({ server, tool, method }: PolicySource): (page: PageSource) => boolean {
  const isServer = compileGlobs(server ?? ["*"]);
  const isMethod = compileGlobs(method ?? ["*"]);
  const isTool = tool === undefined ? () => true : compileGlobs(tool);
  return (page) =>
    isServer(page.server) &&
    isMethod(page.method) &&
    (tool === undefined || (page.tool !== undefined && isTool(page.tool)));
}

function compileWhen(when: PolicySource["when"]): (leaf: SourceLeaf) => boolean {
  if (when === undefined) return () => true;
  const wanted: ReadonlySet<unknown> = new Set(when.in.map(trimmed));
  return (leaf) => wanted.has(trimmed(leaf.sibling(when.path)));
}

function trimmed(value: unknown): unknown {
  return typeof value === "string" ? value.trim() : value;
}
