/** The tree of places has what is written, and nothing else; locate.test.ts tries where each of them is. */
import { describe, expect, it } from "vitest";
import { scanPlaces, type PlaceNode } from "../../src/policy/toml-scan.js";

function keysOf({ members, items }: PlaceNode, path = ""): readonly string[] {
  const within = [...members].flatMap(([name, node]) => [`${path}/${name}`, ...keysOf(node, `${path}/${name}`)]);
  return [
    ...within,
    ...items.flatMap((node, index) => [`${path}/${String(index)}`, ...keysOf(node, `${path}/${String(index)}`)]),
  ];
}

describe("scanPlaces", () => {
  it.each([
    ["", []],
    ["# a = 1", []],
    ["\n\n", []],
    ["a = 1", ["/a"]],
    ["a = 1\n", ["/a"]],
    ["a = { }\nb = [ ]\n", ["/a", "/b"]],
    ["a = { b = [1, { c = 2 }, ], 'd\\e' = '' }", ["/a", "/a/b", "/a/b/0", "/a/b/1", "/a/b/1/c", "/a/d\\e"]],
    ["[a]\n[[a.b]]\n[[a.b]]\nc = 1 # d = 2", ["/a", "/a/b", "/a/b/0", "/a/b/1", "/a/b/1/c"]],
  ])("of %j has a place for %j", (source, keys) => {
    expect(keysOf(scanPlaces(source))).toEqual(keys);
  });
});
