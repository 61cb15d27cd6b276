/** Every story of examples/, played as it is: the harm happens without agentk, not with it, and the log is the expected one. */
import { describe, expect, test } from "vitest";
import { CLIENT_KINDS, type ClientKind, type StorySeen } from "../../src/abi/story.js";
import { playStory, readStory, shippedStories, storyFolder } from "../../src/app/story/story.js";
import { testFolder } from "../boundary/proxy-process.js";
import { expectLog } from "./expected.js";

/** The two that are not here are played by their commands: test/cli/demos.test.ts. */
const STORIES: Readonly<Record<string, readonly ClientKind[]>> = {
  close: ["silent"],
  interop: ["self-granting"],
  "poisoned-error": ["lying"],
  "poisoned-page": CLIENT_KINDS,
  timeout: ["silent"],
};

/** Of each story, what its client was told where the server failed it. */
const told = new Map<string, string | undefined>();

function play(name: string, clients: readonly ClientKind[]): Promise<StorySeen> {
  const cwd = testFolder(`story-${name}`);
  return playStory(readStory(storyFolder(name, cwd)), { cwd, env: process.env, clients, logName: name });
}

test("no shipped story is left out", () => {
  expect([...Object.keys(STORIES), "killer", "shim-eval"].sort()).toEqual(shippedStories());
});

describe.concurrent.each(Object.entries(STORIES))("%s", (name, clients) => {
  test("goes as told, and leaves the expected log, whatever the client says of itself", async () => {
    const { faults, trials } = await play(name, clients);
    expect(faults).toEqual([]);
    expect(trials.map(({ client }) => client)).toEqual(clients);
    told.set(name, trials[0]?.guarded.steps.find(({ fate }) => fate === "failed")?.says);
    for (const { bare, guarded, log } of trials) {
      expect(bare.harms.map(({ happened }) => happened)).toEqual(bare.harms.map(() => true));
      expect(guarded.harms.map(({ happened }) => happened)).toEqual(bare.harms.map(() => false));
      expect({ ...log, isVerified: true, isReplayed: true, depth: "deep" }).toEqual(log);
      expectLog(name, log.judged);
    }
  });
});

test.each([
  ["poisoned-error", /^7005 the server reported an error; its text is withheld$/],
  ["timeout", /^7003 the server did not answer in time$/],
  ["close", /^7002 the server is not running$/],
])("%s: the client is told in agentk's own words", (name, says) => {
  expect(told.get(name)).toMatch(says);
});

test("what a client claims stands in the log as claimed, and nowhere else", async () => {
  const { trials } = await play("poisoned-error", ["self-granting"]);
  const [own = ""] = trials.map(({ log }) => log.outline);
  expect(own.match(/claims trusted, 5 capabilities/g)?.length).toBe(trials[0]?.log.claims);
  expect(own.replaceAll(/ {2}claims .*/g, "")).toBe(trials[0]?.log.judged);
});
