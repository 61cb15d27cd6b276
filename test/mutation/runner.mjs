// A Stryker test runner that keeps all tests of a folder loaded in one process, so that a change costs the tests that
// reach it and no more. Vitest loads every file again for every change, which takes seven times as long.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { dirname, join, relative } from "node:path";
import fc from "fast-check";
import { createServer, createServerModuleRunnerTransport } from "vite";
import { createNodeImportMeta, ModuleRunner } from "vite/module-runner";
import { declareFactoryPlugin, PluginKind } from "@stryker-mutator/api/plugin";
import { EndlessWatch } from "./endless.mjs";
import { isTestOf } from "./folders.mjs";

const SHIM = fileURLToPath(new URL("./shim.mjs", import.meta.url));
/** What the tests of one change may take in processor time: one that is not found by then counts as not found. */
const BUDGET_US = Number(process.env.AGENTK_MUTATION_SECONDS ?? 4) * 1e6;
/** What each test took before any change. */
const COSTS = process.env.AGENTK_MUTATION_COSTS;
const mutation = (globalThis.agentkMutation = { taken: undefined, finished: [] });
/** What Stryker's instrumented code looks at: which change is on, and how often it may run before it counts as endless. */
const switches = (globalThis.__stryker__ ??= {});
const watch = new EndlessWatch(switches);

/** Faults that no test awaits: the test that is running has failed by them. */
let stray;
process.on("unhandledRejection", (fault) => (stray ??= fault));
process.on("uncaughtException", (fault) => (stray ??= fault));

class FolderRunner {
  capabilities() {
    return { reloadEnvironment: true };
  }

  async init() {
    // A process that the clock killed has measured nothing for the next: without this its slow tests would come first.
    this.costs = new Map(existsSync(COSTS) ? JSON.parse(readFileSync(COSTS, "utf8")) : []);
    const root = process.cwd();
    const all = readdirSync(join(root, "test"), { recursive: true }).map((file) => `test/${file}`);
    this.files = all.filter((file) => isTestOf(process.env.AGENTK_MUTATION_FOLDER, file)).sort();
    this.server = await createServer({
      configFile: false,
      root,
      logLevel: "error",
      server: { middlewareMode: true, watch: null, hmr: false, ws: false },
      optimizeDeps: { noDiscovery: true },
      resolve: { alias: { vitest: SHIM } },
    });
    // No bound on how long a module takes: a machine that has other work is slow, and that is no fault of a test.
    const transport = {
      ...createServerModuleRunnerTransport({ channel: this.server.environments.ssr.hot }),
      timeout: 0,
    };
    this.modules = new ModuleRunner({ transport, hmr: false, createImportMeta: createNodeImportMeta });
  }

  /** Loads every test file and what it imports afresh. */
  async load() {
    this.modules.clearCache();
    this.tests = [];
    for (const file of this.files) {
      const taken = (mutation.taken = { file, tests: [], before: [], seen: new Map() });
      await this.modules.import(join(process.cwd(), file));
      for (const hook of taken.before) await hook();
      this.tests.push(...taken.tests);
    }
    this.byId = new Map(this.tests.map((each) => [each.id, each]));
    this.isLoaded = true;
  }

  async dryRun() {
    switches.activeMutant = undefined;
    await this.load();
    const tests = [];
    for (const test of this.tests) {
      switches.currentTestId = test.id;
      const found = await run(test);
      this.costs.set(test.id, found.timeSpentMs);
      tests.push(found);
      switches.currentTestId = undefined;
    }
    writeFileSync(COSTS, JSON.stringify([...this.costs]));
    const mutantCoverage = switches.mutantCoverage ?? { static: {}, perTest: {} };
    return { status: "complete", tests, mutantCoverage };
  }

  async mutantRun({ activeMutant, sandboxFileName, testFilter, mutantActivation, hitLimit }) {
    const change = {
      id: activeMutant.id,
      source: sandboxFileName,
      ids: testFilter,
      hitLimit,
      isStatic: mutantActivation === "static",
    };
    if (change.isStatic) {
      const found = await this.fresh(change);
      this.isLoaded = false;
      return found;
    }
    if (!this.isLoaded) await this.fresh({ ...change, ids: [] });
    const found = await this.attempt(change);
    // A test that fails without the change too has been spoilt by what an earlier change left behind; and a change that
    // never ran may only have been kept from it by a value that an earlier test computed and kept.
    const isSpoilt = found.status === "killed" && !(await this.passes(found.killedBy));
    const isUnseen = found.status === "survived" && switches.hitCount === 0;
    return isSpoilt || isUnseen ? this.fresh(change) : found;
  }

  /** The same with all modules loaded anew: with the change on while they load if it is one that runs then. */
  async fresh(change) {
    switches.activeMutant = change.isStatic ? change.id : undefined;
    switches.hitCount = 0;
    switches.hitLimit = change.hitLimit;
    try {
      await this.load();
    } catch (fault) {
      this.isLoaded = false;
      return { status: "killed", killedBy: ["loading"], failureMessage: String(fault), nrOfTests: 0 };
    }
    return this.attempt(change);
  }

  async attempt({ id, source, ids, hitLimit }) {
    switches.hitCount = 0;
    switches.hitLimit = hitLimit;
    const tests = ids === undefined ? [...this.tests] : ids.map((each) => this.byId.get(each)).filter(Boolean);
    // One failure is enough, so those that are about the file go first, and of them the quickest.
    const [about, cost] = [(test) => isAbout(test.file, source), (test) => this.costs.get(test.id) ?? 0];
    tests.sort((a, b) => about(b) - about(a) || cost(a) - cost(b));
    const begun = process.cpuUsage();
    let nrOfTests = 0;
    for (const test of tests) {
      const { user, system } = process.cpuUsage(begun);
      if (user + system > BUDGET_US) break;
      switches.activeMutant = id;
      watch.begin(cost(test));
      const { status, failureMessage, timeSpentMs } = await run(test);
      watch.end();
      if (status === 0) this.costs.set(test.id, timeSpentMs);
      switches.activeMutant = undefined;
      nrOfTests++;
      if (watch.isEndless) return { status: "timeout", reason: "no end" };
      if (switches.hitCount > hitLimit) return { status: "timeout", reason: "Hit limit reached" };
      if (status === 1) return { status: "killed", killedBy: [test.id], failureMessage, nrOfTests };
    }
    return { status: "survived", nrOfTests };
  }

  async passes([id]) {
    const test = this.byId.get(id);
    return test !== undefined && (await run(test)).status === 0;
  }

  async dispose() {
    await this.server?.close();
  }
}

/** Whether a test mirrors a source or its folder: test/mmu/tokens/scan and test/mmu/tokens are about src/mmu/tokens/net. */
function isAbout(test, source) {
  const name = relative(process.cwd(), source).replace(/^src\/|\.ts$/g, "");
  const tested = test.replace(/^test\/|\.test\.ts$/g, "");
  return Number(name.startsWith(tested) || (name.split("/").length > 2 && dirname(name) === dirname(tested)));
}

/** Runs one test: 0 passed, 1 failed, as Stryker's TestStatus has it. */
async function run({ id, name, file, run }) {
  const begun = performance.now();
  stray = undefined;
  let fault;
  // The same random values for every change, so that none lives or dies by chance.
  fc.configureGlobal({ seed: 20261121 });
  try {
    await run();
  } catch (thrown) {
    fault = thrown ?? new Error("nothing was thrown");
  }
  for (const hook of mutation.finished.splice(0)) await hook();
  fault ??= stray;
  const found = { id, name, fileName: join(process.cwd(), file), timeSpentMs: performance.now() - begun };
  return fault === undefined
    ? { ...found, status: 0 }
    : { ...found, status: 1, failureMessage: String(fault?.message ?? fault).slice(0, 500) };
}

const factory = () => new FolderRunner();
export const strykerPlugins = [declareFactoryPlugin(PluginKind.TestRunner, "agentk", factory)];
