// What test files import as `vitest` under mutation: it takes down their tests, and runner.mjs runs them (docs/mutation.md).
import {
  ASYMMETRIC_MATCHERS_OBJECT,
  chai,
  getState,
  JestAsymmetricMatchers,
  JestChaiExpect,
  JestExtend,
  setState,
} from "@vitest/expect";

for (const plugin of [JestExtend, JestChaiExpect, JestAsymmetricMatchers]) chai.use(plugin);

export const expect = (value, message) => chai.expect(value, message);
Object.assign(expect, chai.expect, globalThis[ASYMMETRIC_MATCHERS_OBJECT], {
  getState: () => getState(expect),
  setState: (state) => setState(state, expect),
});
setState({ assertionCalls: 0, isExpectingAssertions: false, expectedAssertionsNumber: null }, expect);

const taken = () => globalThis.agentkMutation.taken;
const path = [];

/** A test by the names that it stands under; a number keeps two of one name apart. */
function take(title, run) {
  const { file, tests, seen } = taken();
  const name = [...path, title].join(" ");
  const times = (seen.get(name) ?? 0) + 1;
  seen.set(name, times);
  tests.push({ id: `${file}#${name}${times === 1 ? "" : ` (${times})`}`, name, file, run });
}

const bodyOf = (args) => args.find((each) => typeof each === "function");

const rowsOf = (rows, ...values) =>
  "raw" in rows
    ? (() => {
        throw new Error("tables as templates are not read here");
      })()
    : [...rows, ...values];

/** `each`: a row that is an array is the arguments; anything else is the one argument. */
const eachOf =
  (one) =>
  (rows) =>
  (title, ...args) => {
    const body = bodyOf(args);
    for (const row of rowsOf(rows)) one(title, () => (Array.isArray(row) ? body(...row) : body(row)));
  };

export const test = (title, ...args) => take(String(title), bodyOf(args));
test.each = eachOf(test);
test.for =
  (rows) =>
  (title, ...args) => {
    for (const row of rows) test(title, () => bodyOf(args)(row));
  };
test.skipIf = (isSkipped) => (isSkipped ? () => {} : test);
test.runIf = (isRun) => (isRun ? test : () => {});
test.skip = () => {};
export const it = test;

export const describe = (title, ...args) => {
  path.push(String(title));
  bodyOf(args)();
  path.pop();
};
describe.each = eachOf(describe);
describe.skipIf = (isSkipped) => (isSkipped ? () => {} : describe);

export const beforeAll = (hook) => taken().before.push(hook);
export const onTestFinished = (hook) => globalThis.agentkMutation.finished.push(hook);
