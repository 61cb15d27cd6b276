/** Signs of poison: what each row must find, what it must not, and what hostile and ordinary text do to it. */
import { readdirSync, readFileSync } from "node:fs";
import { join as joinPath } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../src/base/canonical.js";
import { DETECTORS, signsOf } from "../../src/mmu/detectors.js";

interface Vector {
  readonly positive: readonly string[];
  readonly near: readonly string[];
}
const vectors = JSON.parse(readFileSync(new URL("../vectors/detectors.json", import.meta.url), "utf8")) as Record<
  string,
  Vector
>;
const cases = (side: keyof Vector): (readonly [string, string])[] =>
  Object.entries(vectors).flatMap(([id, vector]) => vector[side].map((text) => [id, text] as const));

/** A text as the kernel meets it: in the canonical JSON of an MCP result, and JSON text within that. */
function pagesOf(text: string): readonly string[] {
  const result = canonicalJson({ content: [{ type: "text", text }] });
  return [result, canonicalJson({ content: [{ type: "text", text: result }] })];
}

describe("the table of detectors", () => {
  it("has at least two positives and two near misses for every row, and no vector without a row", () => {
    expect(Object.keys(vectors).sort()).toEqual(DETECTORS.map(({ id }) => id).sort());
    for (const { positive, near } of Object.values(vectors)) {
      expect(positive.length).toBeGreaterThanOrEqual(2);
      expect(near.length).toBeGreaterThanOrEqual(2);
    }
  });

  it("has versioned ids, each once, and patterns without state", () => {
    const ids = DETECTORS.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, pattern } of DETECTORS) {
      expect(id).toMatch(/^[a-z]+(?:-[a-z]+)*@\d+$/);
      // A global or sticky pattern remembers where it stopped: the second of two equal pages would pass.
      expect(pattern.global || pattern.sticky).toBe(false);
    }
  });

  it.each(cases("positive"))("%s fires on %j", (id, text) => {
    expect(signsOf(text)).toContain(id);
    for (const page of pagesOf(text)) expect(signsOf(page)).toContain(id);
  });

  it.each(cases("near"))("%s keeps still on %j", (id, text) => {
    expect(signsOf(text)).not.toContain(id);
    for (const page of pagesOf(text)) expect(signsOf(page)).not.toContain(id);
  });

  it("finds a sign wherever it stands in a page", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.constantFrom(...cases("positive")), (before, after, [id, sign]) => {
        expect(signsOf(canonicalJson([`${before}\n${sign}\n${after}`]))).toContain(id);
      }),
    );
  });
});

describe("detectors on a megabyte of hostile text", () => {
  const MEGABYTE = 1 << 20;
  it.each([
    "ignore ",
    "ignore previous ",
    "ignore previous ignore previous instr ",
    "do not tell ",
    "don't mention without telling ",
    "new instructions for the ",
    "<|im_start",
    "[/",
    "\u200b\u200b\u200b ",
    "\\",
    "\\n",
    "\\u00",
    " ",
    "\n",
    "\ud800",
  ])("come to an end on %j, over and over", (unit) => {
    const text = unit.repeat(Math.ceil(MEGABYTE / unit.length));
    expect(signsOf(text)).toEqual([]);
  });
});

describe("detectors on ordinary prose", () => {
  /** README files of the installed packages: some do speak of prompts and hidden characters. */
  const MAX_SHARE = 0.03;

  function readmes(): readonly string[] {
    const root = new URL("../../node_modules/", import.meta.url).pathname;
    const names = readdirSync(root).filter((name) => !name.startsWith("."));
    const folders = names.flatMap((name) =>
      name.startsWith("@") ? readdirSync(joinPath(root, name)).map((inner) => joinPath(name, inner)) : [name],
    );
    return folders.flatMap((folder) => {
      const files = readdirSync(joinPath(root, folder)).filter((file) => /^readme\.md$/i.test(file));
      return files.map((file) => readFileSync(joinPath(root, folder, file), "utf8"));
    });
  }

  it(`fire on fewer than ${String(MAX_SHARE * 100)} % of README files`, () => {
    const texts = readmes();
    const hits = texts.map((text) => signsOf(canonicalJson(text))).filter((signs) => signs.length > 0);
    const share = hits.length / texts.length;
    console.log(`detectors: ${String(hits.length)} of ${String(texts.length)} README files`, hits.flat());
    expect(texts.length).toBeGreaterThan(100);
    expect(share).toBeLessThan(MAX_SHARE);
  });
});
