/** Finds the first rule that holds: rules filed by kind, and those about literal tools or servers by these names. */
import type { SyscallName } from "../abi/syscalls.js";
import type { PolicyDocument, PolicyRule, PolicyWhen } from "./ast.js";
import type { Fact, Meter, Part, PolicyQuestion, Scope, Test } from "./conditions/condition.js";
import { compileWhen } from "./conditions/table.js";
import { literalOf } from "./glob.js";
import type { Watcher } from "./recall.js";
import { ruledBy, type Ruled } from "./ruling.js";

interface CompiledRule extends Ruled {
  /** Its place among all rules: the lower one decides. */
  readonly index: number;
  readonly tests: readonly Test[];
}

export interface RuleIndex {
  /** Whether asking may note facts. */
  readonly hasAtoms: boolean;
  /** The first rule that holds. */
  readonly first: (question: PolicyQuestion, notes: Fact[]) => Ruled | undefined;
}

export interface CompiledRules {
  readonly rules: ReadonlyMap<SyscallName, RuleIndex>;
  readonly watchers: readonly Watcher[];
  readonly meters: ReadonlyMap<SyscallName, readonly Meter[]>;
}

export function compileRules(document: PolicyDocument, hasCapability: Scope["hasCapability"]): CompiledRules {
  const watchers: Watcher[] = [];
  const meters = new Map<SyscallName, Meter[]>();
  const byKind = new Map<SyscallName, KindRules>();
  document.rules.forEach((rule, index) => {
    const kinds = [...new Set(rule.when.syscalls)];
    const parts = compileWhen(rule.when, {
      key: `r${String(index)}`,
      kinds,
      hasCapability,
      watch: (watcher) => watchers.push(watcher),
      meter: (meter) => {
        for (const kind of kinds) append(meters, kind, meter);
      },
    });
    const compiled = { ...ruledBy(rule, document.mode), index, tests: parts.map(({ test }) => test) };
    for (const kind of kinds) kindRules(byKind, kind).add(rule, compiled, parts.some(isAtom));
  });
  return { rules: byKind, watchers, meters };
}

function isAtom(part: Part): boolean {
  return part.isAtom;
}

function kindRules(byKind: Map<SyscallName, KindRules>, kind: SyscallName): KindRules {
  const known = byKind.get(kind);
  if (known !== undefined) return known;
  const added = new KindRules();
  byKind.set(kind, added);
  return added;
}

const NONE: readonly CompiledRule[] = [];

/** The rules of one kind, each filed once: under its literal tools, else its literal servers, else among the rest. */
class KindRules implements RuleIndex {
  hasAtoms = false;
  private readonly byTool = new Map<string | undefined, CompiledRule[]>();
  private readonly byServer = new Map<string, CompiledRule[]>();
  private readonly rest: CompiledRule[] = [];

  add({ when }: PolicyRule, compiled: CompiledRule, hasAtoms: boolean): void {
    this.hasAtoms ||= hasAtoms;
    const tools = literals(when, "tool");
    const servers = tools === undefined ? literals(when, "server") : undefined;
    for (const name of tools ?? []) append(this.byTool, name, compiled);
    for (const name of servers ?? []) append(this.byServer, name, compiled);
    if (tools === undefined && servers === undefined) this.rest.push(compiled);
  }

  /** INVARIANT: merges the three lists by place, so that filing never changes which rule comes first. */
  first(question: PolicyQuestion, notes: Fact[]): Ruled | undefined {
    const byTool = this.byTool.get(question.tool) ?? NONE;
    const byServer = this.byServer.get(question.server) ?? NONE;
    const { rest } = this;
    if (byTool === NONE && byServer === NONE) return firstOf(rest, question, notes);
    let atTool = 0;
    let atServer = 0;
    let atRest = 0;
    for (;;) {
      const tool = byTool[atTool];
      const server = byServer[atServer];
      let next = earlier(tool, server);
      next = earlier(next, rest[atRest]);
      if (next === undefined) return undefined;
      if (next === tool) atTool++;
      else if (next === server) atServer++;
      else atRest++;
      if (holds(next.tests, question, notes)) return next;
    }
  }
}

function firstOf(rules: readonly CompiledRule[], question: PolicyQuestion, notes: Fact[]): Ruled | undefined {
  for (const rule of rules) if (holds(rule.tests, question, notes)) return rule;
  return undefined;
}

function earlier(a: CompiledRule | undefined, b: CompiledRule | undefined): CompiledRule | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a.index < b.index ? a : b;
}

function holds(tests: readonly Test[], question: PolicyQuestion, notes: Fact[]): boolean {
  for (const test of tests) if (!test(question, notes)) return false;
  return true;
}

/** The names that a condition's globs stand for, when each is only itself. */
function literals(when: PolicyWhen, name: "tool" | "server"): ReadonlySet<string> | undefined {
  const names = when[name]?.map(literalOf);
  return names?.every((literal) => literal !== undefined) === true ? new Set(names) : undefined;
}

function append<K, V>(lists: Map<K, V[]>, key: K, value: V): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}
