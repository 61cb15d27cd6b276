/** Every target of the fuzzer over its corpus, and over some changes that are the same in each run; docs/fuzzing.md. */
import { expect, test } from "vitest";
import { readCorpus } from "./engine/corpus.mjs";
import { faultOf, fuzz } from "./engine/loop.mjs";
import { TARGETS } from "./targets/all.mjs";
import { budget } from "./budget.js";

const load = (path: string): Promise<unknown> =>
  import(/* @vite-ignore */ new URL(`../../src/${path}.ts`, import.meta.url).href);

/** Of targets that check signatures in every run; the others get ten times as many changes. */
const SLOW = new Set(["forged-log", "log", "receipts", "text", "policy"]);

// A busy machine takes its time; an input that does not end is found by `npm run fuzz`.
const PATIENCE_MS = 300_000;

test.each(Object.entries(TARGETS))("%s: its property holds", { timeout: PATIENCE_MS }, async (name, make) => {
  const target = await make(load);
  const corpus = [...target.seeds, ...readCorpus(name)];
  for (const input of corpus) expect(faultOf(target, input)).toBeUndefined();
  const { numRuns, seed = 20_261_121 } = budget(SLOW.has(name) ? 40 : 400);
  const found = fuzz(target, { corpus, seed, until: (executions) => executions >= corpus.length + numRuns });
  expect(found.findings).toEqual([]);
  expect(found.executions).toBeGreaterThan(numRuns);
});

test("what breaks a property is found, and made small", async () => {
  const strict = await TARGETS["strict-json"]?.(load);
  if (strict === undefined) throw new Error("there is no such target");
  const run = (input: Buffer): void => {
    strict.run(input);
    if (input.includes("[")) throw new Error("a bracket");
  };
  const seeds = [Buffer.from('{"a":{"b":"c"}}')];
  const { findings } = fuzz({ run, seeds }, { corpus: seeds, seed: 1, until: (executions) => executions > 5000 });
  expect(findings[0]?.input.toString("latin1")).toBe("[");
});
