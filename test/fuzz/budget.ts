/** How long the fuzzers run: a fixed budget in the suite, AGENTK_FUZZ_RUNS for more by hand, AGENTK_FUZZ_SEED to repeat. */
const seed = process.env["AGENTK_FUZZ_SEED"];

/** Runs in the suite; by hand, so many times what the suite does as AGENTK_FUZZ_RUNS says. */
export function budget(numRuns: number): { readonly numRuns: number; readonly seed?: number } {
  const factor = Number(process.env["AGENTK_FUZZ_RUNS"] ?? 1);
  return { numRuns: Math.ceil(numRuns * factor), ...(seed === undefined ? {} : { seed: Number(seed) }) };
}
