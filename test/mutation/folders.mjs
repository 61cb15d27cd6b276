// What is mutated folder by folder, and which quick tests in this process hold each: no processes, no networks.

/** What the guarantees rest on first: `npm run mutation -- FOLDER --core` takes only these. */
const CORE = {
  mmu: ["lattice", "provenance", "declassify", "leaves", "values", "bounds"],
  policy: ["rule-index", "compile", "ruling", "rules", "grants", "glob", "conditions/*"],
  evidence: ["chain", "codec", "verify", "checkpoint", "note", "receipt", "commitment", "seal", "run-key", "merkle"],
  kernel: ["gate", "receipts", "decide", "fold", "dispatch", "cut", "step", "commit", "signing", "withhold"],
  replay: ["tape", "divergence", "replay", "drift"],
};

/** Tests of the kernel that replay what it wrote. */
const REPLAYED = ["approval", "provenance", "recorded", "rekey", "release", "transform", "withhold"];

/** The tests of a folder, with those of its neighbours that drive it; what takes long for each change is left out. */
const TESTS = {
  mmu: { take: ["test/mmu/**", "test/kernel/provenance"], leave: [] },
  policy: {
    take: ["test/policy/**"],
    leave: ["test/policy/check/soundness", "test/policy/match/regex-load", "test/policy/zod"],
  },
  evidence: { take: ["test/evidence/**"], leave: ["test/evidence/witness-state"] },
  kernel: {
    take: ["test/kernel/**", "test/replay/fork", "test/replay/fork-calls", "test/replay/fork-pages"],
    leave: ["test/kernel/concurrency"],
  },
  replay: {
    take: ["test/replay/**", "test/evidence/golden-logs", ...REPLAYED.map((name) => `test/kernel/${name}`)],
    leave: [],
  },
};

export const FOLDERS = Object.keys(CORE);

/** The patterns of what is mutated: the core of a folder, or all of it. */
export function mutated(folder, isCore) {
  return isCore ? CORE[folder].map((name) => `src/${folder}/${name}.ts`) : [`src/${folder}/**/*.ts`];
}

/** Whether a test file holds a folder. */
export function isTestOf(folder, file) {
  const { take, leave } = TESTS[folder];
  const isNamed = (name) => file === `${name}.test.ts` || (name.endsWith("/**") && file.startsWith(name.slice(0, -2)));
  return file.endsWith(".test.ts") && take.some(isNamed) && !leave.some(isNamed);
}
