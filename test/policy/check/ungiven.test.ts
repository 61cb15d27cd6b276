import { expect, it } from "vitest";
import { givenOrigins } from "../../../src/policy/check/ungiven.js";
import { policyOf } from "../fixture.js";

const ORIGINS = ["untrusted", "same-server", "other-server", "nowhere", "server:x"];
const ASKED = [
  ...ORIGINS,
  "user",
  "directory",
  "directory:x",
  "directory:y",
  "trusted",
  "pii",
  "private",
  "internal",
  "",
];

it.each([
  [{}, []],
  [{ directory: [{ name: "x", values: ["a"] }] }, ["directory", "directory:x", "trusted"]],
  [{ trust: { client_prompt: "_meta", context_socket: false, release: false } } as const, ["user", "trusted"]],
  [{ sources: [{ path: ["/**"], labels: ["pii", "private", "internal"] }] }, ["pii"]],
])("a policy with %j gives %j besides what is always there", (more, given) => {
  const isGiven = givenOrigins(policyOf([], more));
  expect(new Set(ASKED.filter(isGiven))).toEqual(new Set([...ORIGINS, ...given]));
});
