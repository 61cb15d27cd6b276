// What an input made the code do: a map of counters, and which of them it is the first to bring to such a number.
import { register } from "node:module";

const ROOM = 1 << 18;

/** How often a branch ran counts in steps, as a loop that runs 100 times is not new after one that ran 99 times. */
const STEPS = new Uint8Array(256).map((_, n) =>
  n === 0 ? 0 : n < 4 ? 1 << (n - 1) : n < 8 ? 8 : n < 16 ? 16 : n < 32 ? 32 : n < 128 ? 64 : 128,
);

/** From here on every module of dist/ that is loaded counts its branches. */
export function countBranches() {
  const map = new Uint8Array(ROOM);
  const seen = new Uint8Array(ROOM);
  const texts = new Set();
  let used = 0;
  globalThis.agentkCounters = (counters, found) => {
    if (used + counters > ROOM) throw new Error("too many branches to count");
    for (const text of found) texts.add(text);
    used += counters;
    return map.subarray(used - counters, used);
  };
  register("./hooks.mjs", import.meta.url);
  return {
    texts,
    clear: () => map.fill(0, 0, used),
    /** Was anything new since `clear`? From then on it is not new. */
    isNew: () => merge(map, seen, used),
    /** The branches that ran since `clear`: what a corpus in the repository must keep. */
    features: () => features(map, used),
    branches: () => seen.subarray(0, used).reduce((count, bits) => count + (bits === 0 ? 0 : 1), 0),
    total: () => used,
  };
}

function merge(map, seen, used) {
  let isNew = false;
  for (let i = 0; i < used; i++) {
    if (map[i] === 0) continue;
    const bit = STEPS[map[i]];
    if ((seen[i] & bit) !== 0) continue;
    seen[i] |= bit;
    isNew = true;
  }
  return isNew;
}

function features(map, used) {
  const found = [];
  for (let i = 0; i < used; i++) if (map[i] !== 0) found.push(i);
  return found;
}
