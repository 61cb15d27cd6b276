/** One form: the text of a value with gaps for the leaves that vary, as a regular expression that takes nothing else. */
import type { JsonValue } from "../base/json.js";
import type { Shape } from "../base/shape.js";

/** A whole number as RFC 8785 writes it, of at most 15 digits: any of them is a safe integer. */
export const NUMBER = "(0|[1-9][0-9]{0,14})";

/** The text of a string that is written as it is (RFC 8785 section 3.2.2.2) and holds no half of a surrogate pair. */
const PLAIN = String.raw`([^"\\\u0000-\u001f\ud800-\udfff]*)`;

/** Forms of texts that can hold nothing but letters, digits and `_`: what has one is plain, and need not be looked at again. */
const OF_WORDS = /^\^((?:[a-z_]|\\d\+|\[0-9a-f\]\{\d+\})+)\$$/;

/** Leaves that no two lines have in common: whoever sees one need not wait for the second. */
const IS_FRESH = /^(?:[0-9a-f]{32,128}|[cp]\d+)$/;

const SPECIAL = /[\\^$.*+?()[\]{}|/]/g;

/** A leaf that varies: where it stands among those of its form, and what it must be. */
interface Gap {
  readonly group: number;
  readonly isNumber: boolean;
}

/** How a value is made of what the gaps hold: the rest is shared by all values of the form. */
type Plan = Gap | { readonly base: object; readonly parts: readonly (readonly [string, Plan])[] };

/** How a leaf is written: as it was on every line so far, or as any number or plain text. */
type Kind = "same" | "number" | "plain";

/** What a pattern has before the value: its first groups are the members of the line. */
export interface Head {
  readonly source: string;
  readonly groups: number;
}

export class LineForm {
  private readonly head: Head;
  private readonly shape: Shape<unknown>;
  private readonly example: JsonValue;
  /** Of each leaf, in the order of the text. */
  private readonly kinds: Kind[];
  private compiled: Compiled | undefined;

  /** INVARIANT: the value is of this shape. */
  constructor(head: Head, value: JsonValue, shape: Shape<unknown>) {
    this.head = head;
    this.shape = shape;
    this.example = value;
    this.kinds = leavesOf(value).map(firstKind);
  }

  /** The groups of the head and the value; undefined when the line is not of this form. */
  read(line: string): Reading | undefined {
    this.compiled ??= new Compiler(this.kinds, this.head).compile(this.example, this.shape);
    return this.compiled(line);
  }

  /** Makes the form take this value too, which has the same skeleton. False when it could not be made wider. */
  widen(value: JsonValue): boolean {
    const before = leavesOf(this.example);
    let isWider = false;
    for (const [i, leaf] of leavesOf(value).entries()) {
      const [kind, wider] = [this.kinds[i] ?? "same", widerKind(this.kinds[i] ?? "same", before[i], leaf)];
      if (kind === wider) continue;
      this.kinds[i] = wider;
      isWider = true;
    }
    if (isWider) this.compiled = undefined;
    return isWider;
  }
}

/** What two values have in common that one form may have: names, lengths of lists, types of leaves. */
export function skeletonOf(value: JsonValue): string {
  if (typeof value !== "object" || value === null) return typeof value;
  if (Array.isArray(value)) return `[${(value as readonly JsonValue[]).map(skeletonOf).join(",")}]`;
  return `{${Object.entries(value)
    .map(([name, member]) => `${JSON.stringify(name)}:${skeletonOf(member)}`)
    .join(",")}}`;
}

function leavesOf(value: JsonValue): readonly JsonValue[] {
  if (typeof value !== "object" || value === null) return [value];
  return Object.values(value).flatMap((member) => leavesOf(member));
}

function firstKind(leaf: JsonValue): Kind {
  if (typeof leaf === "number") return "number";
  return typeof leaf === "string" && IS_FRESH.test(leaf) ? "plain" : "same";
}

function widerKind(kind: Kind, before: JsonValue | undefined, leaf: JsonValue): Kind {
  return kind === "same" && typeof leaf === "string" && before !== leaf ? "plain" : kind;
}

export interface Reading {
  readonly groups: RegExpExecArray;
  readonly value: unknown;
}

type Compiled = (line: string) => Reading | undefined;

class Compiler {
  private source: string;
  private groups: number;
  /** Gaps whose pattern does not say all that they must be. */
  private readonly unsure: (Gap & { readonly shape: Shape<unknown> })[] = [];
  private readonly kinds: readonly Kind[];
  private leaves = 0;

  constructor(kinds: readonly Kind[], head: Head) {
    this.kinds = kinds;
    this.source = head.source;
    this.groups = head.groups;
  }

  compile(example: JsonValue, shape: Shape<unknown>): Compiled {
    const plan = this.value(example, shape);
    const pattern = new RegExp(`^${this.source}\\}$`);
    const { unsure } = this;
    return (line) => {
      const groups = pattern.exec(line);
      if (groups === null) return undefined;
      // INVARIANT: names and lengths are the example's, so the shape is kept when each leaf that varies keeps its own.
      for (const gap of unsure) if (gap.shape.check(leafIn(gap, groups), "") !== undefined) return undefined;
      return { groups, value: plan === undefined ? example : made(plan, groups) };
    };
  }

  /** Adds a value's text; undefined when all of it is the same on every line. */
  private value(value: JsonValue, shape: Shape<unknown> | undefined): Plan | undefined {
    if (typeof value !== "object" || value === null) return this.leaf(value, shape);
    const parts = Array.isArray(value)
      ? this.parts(value, ["\\[", "\\]"], () => shape?.item)
      : this.parts(value, ["\\{", "\\}"], (name) => {
          this.literal(`${JSON.stringify(name)}:`);
          return shape?.fields?.get(name);
        });
    return parts.length === 0 ? undefined : { base: value, parts };
  }

  private parts(
    value: object,
    [open, close]: readonly [string, string],
    begin: (name: string) => Shape<unknown> | undefined,
  ): readonly (readonly [string, Plan])[] {
    const parts: (readonly [string, Plan])[] = [];
    this.source += open;
    for (const [i, [name, member]] of Object.entries(value).entries()) {
      if (i > 0) this.source += ",";
      const plan = this.value(member as JsonValue, begin(name));
      if (plan !== undefined) parts.push([name, plan]);
    }
    this.source += close;
    return parts;
  }

  private leaf(value: JsonValue, shape: Shape<unknown> | undefined): Gap | undefined {
    const kind = this.kinds[this.leaves++] ?? "same";
    // Where a shape does not say what its parts are, none of them may vary.
    if (kind === "same" || shape === undefined) {
      this.literal(JSON.stringify(value));
      return undefined;
    }
    const isNumber = kind === "number";
    const words = isNumber ? undefined : wordsOf(shape);
    this.source += isNumber ? NUMBER : `"${words ?? PLAIN}"`;
    const gap = { group: ++this.groups, isNumber, shape };
    if (words === undefined) this.unsure.push(gap);
    return gap;
  }

  private literal(text: string): void {
    this.source += text.replace(SPECIAL, "\\$&");
  }
}

/** The form of a text as a group, when it is one of words. */
function wordsOf({ form }: Shape<unknown>): string | undefined {
  const words = form?.flags === "" ? OF_WORDS.exec(form.source)?.[1] : undefined;
  return words === undefined ? undefined : `(${words})`;
}

function leafIn({ group, isNumber }: Gap, found: RegExpExecArray): string | number {
  const text = found[group] ?? "";
  return isNumber ? Number(text) : text;
}

function made(plan: Plan, found: RegExpExecArray): unknown {
  if ("group" in plan) return leafIn(plan, found);
  const copy = (Array.isArray(plan.base) ? [...(plan.base as unknown[])] : { ...plan.base }) as Record<string, unknown>;
  for (const [name, part] of plan.parts) copy[name] = made(part, found);
  return copy;
}
