/** Every place of a message, and what an attacker can write there. Text in, text out, so that it need not be JSON. */
import type { JsonValue } from "../../src/base/json.js";

/** One way to change a message: which place, and what was done there. */
export interface Mutation {
  readonly text: string;
  /** For a failing test: the place as a path, and the kind of the change. */
  readonly what: string;
}

type Path = readonly (string | number)[];
type Change = (text: string, mark: string) => string;

/** Of any value: another one in its place. */
const REPLACED: Readonly<Record<string, Change>> = {
  text: (_, mark) => JSON.stringify(mark),
  list: (_, mark) => JSON.stringify([mark]),
  object: (_, mark) => JSON.stringify({ [mark]: mark }),
  "JSON text": (_, mark) => JSON.stringify(JSON.stringify({ a: mark })),
  deep: (text, mark) => `{"a":[[{"b":${JSON.stringify(mark)}}],${text}]}`,
  number: (_, mark) => digits(mark),
  fraction: (_, mark) => `0.${digits(mark)}`,
  unsafe: (_, mark) => `${digits(mark)}000000000000`,
  infinite: (_, mark) => `1e${digits(mark)}`,
  surrogate: (_, mark) => `"${mark}\\ud800"`,
};

const IN_STRING: Readonly<Record<string, Change>> = {
  appended: (text, mark) => `${text.slice(0, -1)}${mark}"`,
  escaped: (text, mark) => `${text.slice(0, -1)}${unicodeEscaped(mark)}"`,
  control: (text, mark) => `${text.slice(0, -1)}\\u0000\\n${mark}"`,
};

const IN_LIST: Readonly<Record<string, Change>> = {
  appended: (text, mark) => (text === "[]" ? `["${mark}"]` : `${text.slice(0, -1)},"${mark}"]`),
  holed: (text, mark) => (text === "[]" ? `[,"${mark}"]` : `${text.slice(0, -1)},,"${mark}"]`),
};

/** Members that are added to an object, by what they are. */
const ADDED: Readonly<Record<string, (given: string) => string>> = {
  member: (mark) => `"extra":"${mark}"`,
  name: (mark) => `"${mark}":1`,
  meta: (mark) => `"_meta":{"x":"${mark}"}`,
  prototype: (mark) => `"__proto__":"${mark}"`,
  prototyped: (mark) => `"constructor":{"prototype":{"x":"${mark}"}}`,
  claims: (mark) => `"agentk":{"intent":"${mark}"}`,
  task: (mark) => `"task":{"ttl":1,"x":"${mark}"}`,
  state: (mark) => `"requestState":"${mark}","inputResponses":{"a":{"x":"${mark}"}}`,
  comment: (mark) => `/* ${mark} */"a":1`,
};

/** Of a whole line. */
const AROUND: Readonly<Record<string, Change>> = {
  before: (text, mark) => `${mark}${text}`,
  after: (text, mark) => `${text}${mark}`,
  batch: (text, mark) => `[${text},"${mark}"]`,
  twice: (text, mark) => `${text}{"jsonrpc":"2.0","method":"${mark}"}`,
  bom: (text, mark) => `\ufeff${text.replace("{", `{"x":"${mark}",`)}`,
  separated: (text, mark) => `${text}\u2028"${mark}"`,
};

/** Every mutation of a message, each with its own mark, which `mark` gives. */
export function* mutations(message: JsonValue, mark: () => string): Generator<Mutation & { readonly mark: string }> {
  for (const path of pathsIn(message)) {
    for (const [kind, change] of changesOf(valueAt(message, path))) {
      const each = mark();
      yield {
        mark: each,
        what: `/${path.join("/")} ${kind}`,
        text: render(message, path, (text) => change(text, each)),
      };
    }
  }
  for (const [kind, change] of Object.entries(AROUND)) {
    const each = mark();
    yield { mark: each, what: `line ${kind}`, text: change(JSON.stringify(message), each) };
  }
}

function* changesOf(value: JsonValue): Generator<readonly [string, Change]> {
  for (const [kind, change] of Object.entries(REPLACED)) yield [`replaced by ${kind}`, change];
  if (typeof value === "string") for (const [kind, change] of Object.entries(IN_STRING)) yield [kind, change];
  else if (Array.isArray(value)) for (const [kind, change] of Object.entries(IN_LIST)) yield [kind, change];
  else if (typeof value === "object" && value !== null) yield* memberChanges(Object.keys(value));
}

function* memberChanges(names: readonly string[]): Generator<readonly [string, Change]> {
  for (const [kind, member] of Object.entries(ADDED)) {
    yield [`first ${kind}`, (text: string, mark: string) => withFirst(text, member(mark))];
    yield [`last ${kind}`, (text, mark) => withLast(text, member(mark))];
  }
  for (const name of names) {
    yield [`${name} twice, first`, (text, mark) => withFirst(text, `${JSON.stringify(name)}:"${mark}"`)];
    yield [`${name} twice, last`, (text, mark) => withLast(text, `${JSON.stringify(name)}:"${mark}"`)];
    yield [`${name} twice, escaped`, (text, mark) => withLast(text, `"${unicodeEscaped(name)}":"${mark}"`)];
    yield [`${name} in another case`, (text, mark) => withLast(text, `"${name.toUpperCase()}":"${mark}"`)];
  }
}

function withFirst(object: string, member: string): string {
  return object === "{}" ? `{${member}}` : `{${member},${object.slice(1)}`;
}

function withLast(object: string, member: string): string {
  return object === "{}" ? `{${member}}` : `${object.slice(0, -1)},${member}}`;
}

function unicodeEscaped(text: string): string {
  return Array.from(text, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`).join("");
}

/** The number of a mark: no mark's number is within another's. */
function digits(mark: string): string {
  return mark.replace(/\D/g, "");
}

function* pathsIn(value: JsonValue, path: Path = []): Generator<Path> {
  yield path;
  if (typeof value !== "object" || value === null) return;
  const members = Array.isArray(value) ? value.entries() : Object.entries(value as Record<string, JsonValue>);
  for (const [name, member] of members) yield* pathsIn(member as JsonValue, [...path, name]);
}

function valueAt(value: JsonValue, path: Path): JsonValue {
  return path.reduce<JsonValue>((at, name) => (at as Record<string | number, JsonValue>)[name] ?? null, value);
}

/** The JSON text of a value with the text at one place changed. */
function render(value: JsonValue, path: Path, change: (text: string) => string): string {
  const [name, ...rest] = path;
  if (name === undefined) return change(JSON.stringify(value));
  const inside = (at: string | number, member: JsonValue): string =>
    at === name ? render(member, rest, change) : JSON.stringify(member);
  if (Array.isArray(value)) return `[${value.map((member: JsonValue, i) => inside(i, member)).join(",")}]`;
  const members = Object.entries(value as Record<string, JsonValue>);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${inside(key, member)}`).join(",")}}`;
}
