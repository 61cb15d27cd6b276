/**
 * The meaning of a policy, written as plainly as can be from the language's page: no index, no closures, globs and
 * paths by recursion, and the session's past as the list of what passed.
 */
import type { Labels } from "../../src/abi/labels.js";
import type { ArgumentTest, BudgetTest, HistoryTest, PolicyDocument, PolicyWhen } from "../../src/policy/ast.js";
import type { RandomCall } from "./random.js";
import type { StubLeaf } from "./fixture.js";

/** A call, and all that passed before it in its session; grants by their uses so far. */
export interface World {
  readonly call: RandomCall;
  readonly passed: readonly RandomCall[];
  readonly used: ReadonlyMap<number, number>;
}

/** Whether a glob fits the whole text; both as lists of characters. */
export function fits(pattern: readonly string[], text: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  const [first, ...others] = text;
  if (head === undefined) return first === undefined;
  if (head === "*") return fits(rest, text) || (first !== undefined && fits(pattern, others));
  if (first === undefined) return false;
  if (head === "\\" && rest.length > 0) return rest[0] === first && fits(rest.slice(1), others);
  return (head === "?" || head === first) && fits(rest, others);
}

function anyFits(globs: readonly string[] | undefined, text: string | undefined): boolean {
  if (globs === undefined) return true;
  return text !== undefined && globs.some((glob) => fits(Array.from(glob), Array.from(text)));
}

/** Segment by segment; `**` is any number of them. */
function leads(pattern: readonly string[], path: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return path.length === 0;
  if (head === "**") return leads(rest, path) || (path.length > 0 && leads(pattern, path.slice(1)));
  return path.length > 0 && (head === "*" || head === path[0]) && leads(rest, path.slice(1));
}

function selected({ stubs }: RandomCall, path: string): readonly StubLeaf[] {
  return stubs.filter((leaf) => leads(path.split("/").slice(1), leaf.path.split("/").slice(1)));
}

/** The place and all below it, in JSON text or not. */
function reached(call: RandomCall, path: string): readonly StubLeaf[] {
  const stubs = call.stubs.flatMap((leaf) => [leaf, { ...leaf, path: leaf.path.replace("!", ""), of: leaf }]);
  const found = [path, `${path}/**`].flatMap((place) => selected({ ...call, stubs }, place));
  const places = new Set(found.map((leaf) => ("of" in leaf ? (leaf.of as StubLeaf) : leaf)));
  return [...places];
}

/** What a test is about: nulls are as good as absent. */
function tested(call: RandomCall, path: string): readonly StubLeaf[] {
  return reached(call, path).filter(({ value }) => value !== null);
}

/** Whether each leaf's place begins with one of the names. */
function areAll(names: readonly string[], { stubs }: RandomCall): boolean {
  return stubs.every(({ path }) => names.includes((path.split("/")[1] ?? "").replace(/[!#]$/, "")));
}

function share(some: readonly string[], others: readonly string[]): boolean {
  return some.some((name) => others.includes(name));
}

function namesOf({ integrity, confidentiality, tags }: Partial<Labels> = {}): readonly string[] {
  return [
    ...(integrity === "untrusted" || integrity === "poisoned-suspect" ? ["untrusted"] : ["trusted"]),
    ...(integrity === "poisoned-suspect" ? ["poisoned-suspect"] : []),
    ...(confidentiality === "private" || confidentiality === "secret" ? ["private"] : []),
    ...(tags ?? []),
  ];
}

function numeric(value: unknown): number {
  return typeof value === "number" || (typeof value === "string" && value.trim() !== "") ? Number(value) : NaN;
}

function passes(leaf: StubLeaf, test: ArgumentTest): boolean {
  const { classes = [], tokens = [], words = [], value } = leaf;
  const length = typeof value === "string" ? Array.from(value).length : NaN;
  const labels = namesOf(leaf.labels);
  return (
    (test.from === undefined || share(test.from, classes)) &&
    (test.from_none === undefined || !share(test.from_none, classes)) &&
    tokens.every((token) => test.tokens_from === undefined || share(test.tokens_from, token)) &&
    words.every((word) => test.words_from === undefined || share(test.words_from, word)) &&
    (test.said_with === undefined ||
      (leaf.sentences ?? []).some((sentence) => sentence.some((word) => anyFits(test.said_with, word)))) &&
    (test.named === undefined || leaf.named === true) &&
    (test.labels_any === undefined || test.labels_any.length === 0 || share(test.labels_any, labels)) &&
    !share(test.labels_none ?? [], labels) &&
    (test.equals === undefined || test.equals === value) &&
    (test.in === undefined || test.in.some((wanted) => wanted === value)) &&
    (test.min === undefined || numeric(value) >= test.min) &&
    (test.max === undefined || numeric(value) <= test.max) &&
    (test.min_length === undefined || length >= test.min_length) &&
    (test.max_length === undefined || length <= test.max_length)
  );
}

function isRecent(earlier: RandomCall, now: RandomCall, within: number | undefined): boolean {
  return within === undefined || earlier.question.wall_ms > now.question.wall_ms - within;
}

function happened(test: HistoryTest, { call, passed }: World): boolean {
  const count = passed.filter(
    (earlier) =>
      isRecent(earlier, call, test.within_ms) &&
      (test.syscalls ?? [earlier.question.kind]).includes(earlier.question.kind) &&
      (test.act ?? [earlier.question.act]).includes(earlier.question.act) &&
      anyFits(test.tool, earlier.question.tool),
  ).length;
  return count >= (test.at_least ?? (test.at_most === undefined ? 1 : 0)) && count <= (test.at_most ?? count);
}

/** What a call costs; what cannot be read costs more than there is. */
function costOf(call: RandomCall, path: string): number {
  const places = selected(call, path);
  const amounts = places.map(({ value }) => numeric(value));
  if (amounts.length === 0 || reached(call, path).length > places.length || amounts.some((amount) => !(amount >= 0)))
    return Infinity;
  return amounts.reduce((sum, amount) => sum + amount, 0);
}

/** Which sum a call adds to. */
function accountOf({ question }: RandomCall, test: BudgetTest): string | undefined {
  if (test.tool === undefined) return [question.kind, question.server, question.tool ?? ""].join(" ");
  return anyFits(test.tool, question.tool) ? "shared" : undefined;
}

function isOverspent(test: BudgetTest, { call, passed }: World, kinds: readonly string[]): boolean {
  const account = accountOf(call, test);
  const same = passed.filter(
    (earlier) =>
      kinds.includes(earlier.question.kind) &&
      accountOf(earlier, test) === account &&
      isRecent(earlier, call, test.within_ms),
  );
  const spent = [...same, call].map((one) => costOf(one, test.path));
  return account !== undefined && spent.reduce((sum, amount) => sum + amount, 0) > test.over;
}

/** The first grant that covers a call and is neither used up nor past its date. */
export function grantOf({ grants }: PolicyDocument, { call: { question }, used }: World): number | undefined {
  const index = grants.findIndex(
    (grant, at) =>
      grant.capability.kind === question.kind &&
      anyFits([grant.capability.target], question.target) &&
      anyFits([grant.agent ?? "*"], question.agent) &&
      (used.get(at) ?? 0) < (grant.uses ?? Infinity) &&
      (grant.expires === undefined || question.wall_ms < Date.parse(grant.expires)),
  );
  return index < 0 ? undefined : index;
}

function holds(when: PolicyWhen, world: World, policy: PolicyDocument, kinds: readonly string[]): boolean {
  const { call } = world;
  const { question } = call;
  const any = when.labels_any ?? [];
  const state = grantOf(policy, world) === undefined ? "missing" : "present";
  return (
    anyFits(when.agent, question.agent) &&
    anyFits(when.server, question.server) &&
    anyFits(when.tool, question.tool) &&
    anyFits(when.target, question.target) &&
    (when.act ?? [question.act]).includes(question.act) &&
    (when.risk ?? [question.risk]).includes(question.risk) &&
    (any.length === 0 || any.some((name) => question.labels.has(name))) &&
    (when.labels_all ?? []).every((name) => question.labels.has(name)) &&
    (when.labels_none ?? []).every((name) => !question.labels.has(name)) &&
    (when.capability ?? state) === state &&
    (when.only === undefined || areAll(when.only, call)) &&
    (when.every ?? []).every((test) => tested(call, test.path).every((leaf) => passes(leaf, test))) &&
    (when.some ?? []).every((test) => tested(call, test.path).some((leaf) => passes(leaf, test))) &&
    (when.intent ?? ["*"]).some(
      (glob) => when.intent === undefined || call.user.some((word) => anyFits([glob.replaceAll("?", "\\?")], word)),
    ) &&
    (when.history ?? []).every((test) => happened(test, world)) &&
    (when.budget === undefined || isOverspent(when.budget, world, kinds)) &&
    (when.all ?? []).every((inner) => holds(inner, world, policy, kinds)) &&
    (when.any === undefined || when.any.some((inner) => holds(inner, world, policy, kinds))) &&
    (when.not === undefined || !holds(when.not, world, policy, kinds))
  );
}

/** `verdict:rule` of the first rule that holds. */
export function oracle(policy: PolicyDocument, world: World): string {
  const { kind } = world.call.question;
  const rule = policy.rules.find(
    ({ when }) => when.syscalls.includes(kind) && holds(when, world, policy, when.syscalls),
  );
  return rule === undefined ? "deny:default-deny" : `${rule.effect}:${rule.id}`;
}
