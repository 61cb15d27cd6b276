/** What two keys sign when the one takes over from the other: all of it, so that no part can be exchanged. */
import { expect, test } from "vitest";
import { keyStatement, type KeyChange } from "../../src/evidence/run-key.js";
import { RUN, testKey, verifySignature } from "./fixture.js";

const [OLD, NEXT] = [testKey(7), testKey(8)];
const change: KeyChange = {
  ...{ run: RUN, seq: 12, prev: "ab".repeat(32) },
  ...{ previous: OLD.publicHex, next: NEXT.publicHex },
};

test("the statement is these bytes", () => {
  expect(keyStatement(change)).toBe(
    `agentk/run-key/1\n${RUN}\n12\n${"ab".repeat(32)}\n${OLD.publicHex}\n${NEXT.publicHex}\n`,
  );
});

test.each<readonly [string, Partial<KeyChange>]>([
  ["run", { run: "20261121T035413Z-ffffffffffff" }],
  ["line", { seq: 13 }],
  ["line before", { prev: "cd".repeat(32) }],
  ["previous key", { previous: testKey(9).publicHex }],
  ["next key", { next: testKey(9).publicHex }],
  ["order of the keys", { previous: NEXT.publicHex, next: OLD.publicHex }],
])("a signature does not stand for another %s", (_what, more) => {
  const signature = OLD.sign(keyStatement(change));
  expect(verifySignature(OLD.publicHex, keyStatement(change), signature)).toBe(true);
  expect(verifySignature(OLD.publicHex, keyStatement({ ...change, ...more }), signature)).toBe(false);
});
