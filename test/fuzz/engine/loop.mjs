// The loop of the fuzzer: an input that makes the code do something new is kept, and changed further.
import { mutated, randomFrom } from "./mutate.mjs";

/** An input that takes more processor time than this has found something, too. */
export const SLOW_MS = 2000;
const MAX_FINDINGS = 5;

/** What is wrong with an input, or undefined when the target's property holds for it. */
export function faultOf(target, input) {
  const begun = performance.now();
  try {
    target.run(input);
  } catch (fault) {
    return fault instanceof Error
      ? `${fault.name}: ${fault.message}\n${fault.stack?.split("\n")[1] ?? ""}`
      : String(fault);
  }
  return performance.now() - begun > SLOW_MS ? slowness(target, input) : undefined;
}

/** By the clock anything is slow on a machine that has other work: what counts is what it costs when it runs again. */
function slowness(target, input) {
  const begun = process.cpuUsage();
  target.run(input);
  const { user, system } = process.cpuUsage(begun);
  const took = (user + system) / 1000;
  return took > SLOW_MS ? `takes ${String(Math.round(took))} ms` : undefined;
}

/**
 * Runs a target over its corpus and on, until `until` says so. `coverage` counts branches; without it every input is
 * changed by itself. `before` is told each input before it runs, for whoever watches for one that does not end.
 */
export function fuzz(target, { corpus, coverage, seed, until, before = () => {} }) {
  const random = randomFrom(seed);
  const words = [...(coverage?.texts ?? []), ...(target.words ?? [])];
  const kept = [];
  const findings = [];
  const growth = [];
  let executions = 0;
  const tried = (input, isKept) => {
    before(input);
    coverage?.clear();
    const fault = faultOf(target, input);
    executions++;
    if (fault !== undefined) findings.push({ input: smaller(target, input, fault), fault });
    else if (coverage?.isNew() === true || isKept) kept.push(input);
  };
  for (const input of corpus) tried(input, coverage === undefined || kept.length === 0);
  if (kept.length === 0) kept.push(Buffer.from("x"));
  const begun = { branches: coverage?.branches() ?? 0, inputs: kept.length };
  const started = performance.now();
  while (findings.length < MAX_FINDINGS && !until(executions, performance.now() - started)) {
    // The newest inputs are at the edge of what is reached; every other time one of them.
    const parent =
      random.below(2) === 0 ? kept[kept.length - 1 - random.below(Math.min(16, kept.length))] : random.pick(kept);
    tried(mutated(parent, { random, words, others: kept, maxBytes: target.maxBytes ?? 8192 }), false);
    if (executions >= 2 ** growth.length * 1000) growth.push([executions, coverage?.branches() ?? 0]);
  }
  const seconds = (performance.now() - started) / 1000;
  return {
    executions,
    seconds,
    begun,
    branches: coverage?.branches() ?? 0,
    inputs: kept.length,
    growth,
    findings,
    kept,
  };
}

/** Leaves out what the fault does not need. */
function smaller(target, input, fault) {
  const kind = kindOf(fault);
  let best = input;
  const until = performance.now() + 5000;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < best.length && performance.now() < until;) {
      const less = Buffer.concat([best.subarray(0, at), best.subarray(at + size)]);
      const found = faultOf(target, less);
      if (found !== undefined && kindOf(found) === kind) best = less;
      else at += size;
    }
  }
  return best;
}

const kindOf = (fault) =>
  fault
    .split("\n")[0]
    .slice(0, 60)
    .replace(/[0-9]+/g, "0");
