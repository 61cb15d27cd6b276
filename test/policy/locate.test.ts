/** Places of keys in TOML, in all the ways that TOML has of writing one. */
import fc from "fast-check";
import { parse, stringify } from "smol-toml";
import { describe, expect, it } from "vitest";
import type { Path } from "../../src/policy/fault.js";
import { locator } from "../../src/policy/locate.js";

const SOURCE = `\uFEFF# [[rules]] in a comment
title = "a # b [x] = 1"
  "quo.ted" . 'it em' = 1
long = """
[not.a.table]
x = 1 \\""" y
"""""
raw = '''
[neither]
''' # end
[agent] # note
id = 'a\\'
"\\u0069d\\t2" = 2026-01-01 10:00:00
[[rules]]
id = "one"
[rules.when]
syscalls = [ # a list
  "a", # ] not the end
  'b',
]
dotted.deep.er = 1
[[rules]]
id = "two"
when = { tool = ["x", "]"], labels_any = [], sub.x = { y = '}' },
  server = "s" }
list = [ { a = 1 }, { b = 2, c = [ { d = 1 } ] }, 3, [ 4 ] ]
[ rules . extra ]
z = 1
[[rules.nested]]
q = 1
[[rules.nested]]
q = 2
`;

describe("locator", () => {
  it.each<[Path, string]>([
    [["title"], "2:1"],
    [["quo.ted"], "3:3"],
    [["quo.ted", "it em"], "3:15"],
    [["long"], "4:1"],
    [["raw"], "8:1"],
    [["agent"], "11:2"],
    [["agent", "id"], "12:1"],
    [["agent", "id\t2"], "13:1"],
    [["rules", 0], "14:3"],
    [["rules", 0, "id"], "15:1"],
    [["rules", 0, "when"], "16:8"],
    [["rules", 0, "when", "syscalls"], "17:1"],
    [["rules", 0, "when", "syscalls", 1], "17:1"],
    [["rules", 0, "when", "dotted", "deep", "er"], "21:13"],
    [["rules", 1], "22:3"],
    [["rules", 1, "id"], "23:1"],
    [["rules", 1, "when", "tool", 0], "24:10"],
    [["rules", 1, "when", "labels_any"], "24:29"],
    [["rules", 1, "when", "sub", "x", "y"], "24:56"],
    [["rules", 1, "when", "server"], "25:3"],
    [["rules", 1, "list", 0, "a"], "26:12"],
    [["rules", 1, "list", 1, "c", 0, "d"], "26:38"],
    [["rules", 1, "list", 2], "26:1"],
    [["rules", 1, "extra", "z"], "28:1"],
    [["rules", 1, "nested", 0, "q"], "30:1"],
    [["rules", 1, "nested", 1, "q"], "32:1"],
  ])("finds %j at %s", (path, place) => {
    const { line, column } = locator(SOURCE)(path);
    expect(`${String(line)}:${String(column)}`).toBe(place);
  });

  it("is tried on TOML that the parser takes", () => {
    expect(Object.keys(parse(SOURCE))).toEqual(["title", "quo.ted", "long", "raw", "agent", "rules"]);
  });

  it("gives the nearest part that is there for what is missing", () => {
    const locate = locator(SOURCE);
    expect(locate(["rules", 1, "effect"])).toEqual({ line: 22, column: 3 });
    expect(locate(["rules", 7, "id"])).toEqual({ line: 14, column: 3 });
    expect(locate(["nowhere"])).toEqual({ line: 1, column: 1 });
  });

  it("counts lines that end in CR LF as one line", () => {
    expect(locator("a = 1\r\nb = '''\r\nx\r\n'''\r\nc = 2\r\n")(["c"])).toEqual({ line: 5, column: 1 });
  });

  it("finds every key of whatever the TOML writer writes", () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 3 }));
    const key = fc
      .oneof(fc.constantFrom("a", "b-1", "c_d"), fc.string({ minLength: 1, maxLength: 6 }))
      .filter((k) => k !== "__proto__");
    const table = fc.dictionary(key, scalar, { maxKeys: 4 });
    const tables = fc.dictionary(key, fc.oneof(scalar, table, fc.array(table, { minLength: 1, maxLength: 3 })), {
      maxKeys: 5,
    });
    fc.assert(
      fc.property(tables, (document) => {
        expectFound(document, stringify(document));
      }),
      { numRuns: 500 },
    );
  });

  it("finds every key of whatever lines the parser takes together", () => {
    const line = fc.constantFrom(
      "[a]",
      "[a.b]",
      "[[a]]",
      "[[a.c]] # [[a]]",
      "[ 'a' . \"b\" . d ]",
      "x = 1",
      "y.z = 1979-05-27 07:32:00",
      "y . 'w' = -inf",
      "'q\"' = \"''' [a]\"",
      '"" = """\n[a]\n\\"""\n""\\\\"""""',
      's = """x""""',
      "u = '''\n[a]\nx = 1\n'''''",
      'w = { v = [1, { u = 2 }], t.s = "}" }',
      "l = [\n  '#', # ]\n  [{ m = {} }],\n]",
      "# x = 1",
      "",
    );
    let taken = 0;
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        const source = lines.join("\n");
        const document = parsedOrUndefined(source);
        if (document === undefined) return;
        taken++;
        expectFound(document, source);
      }),
      { numRuns: 2000 },
    );
    expect(taken).toBeGreaterThan(200);
  });
});

function parsedOrUndefined(source: string): unknown {
  try {
    return parse(source);
  } catch {
    return undefined;
  }
}

/** Every key of the document stands where it is said to. */
function expectFound(document: unknown, source: string): void {
  const lines = source.split("\n");
  const locate = locator(source);
  for (const [path, name] of keyPaths(document)) {
    const { line, column } = locate(path);
    const found = (lines[line - 1] ?? "").slice(column - 1);
    const isThere = /^["']/.test(found) || (/^[\w-]+$/.test(name) && found.startsWith(name));
    expect(isThere, `${JSON.stringify(path)} in\n${source}`).toBe(true);
  }
}

/** The path of every key in a document, with the key itself. */
function keyPaths(value: unknown, path: Path = []): readonly (readonly [Path, string])[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => keyPaths(item, [...path, index]));
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => [
    [[...path, key], key] as const,
    ...keyPaths(member, [...path, key]),
  ]);
}
