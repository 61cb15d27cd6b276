/** The server dies before, within and after each of its messages: every call is answered, and the log holds what it did. */
import { describe, expect, test } from "vitest";
import { fixture } from "../boundary/proxy-process.js";
import { carriedOut, exitOf, expectAccounted, expectWholeLog, newCase, playSession, recount } from "./scripted.js";

/** What it is sent, in order; of the last two, which are asked for at once, either may come first. */
const MESSAGES = ["initialize", "notifications/initialized", "tools/list", "n1", "n3 or n4", "n4 or n3"];
const CASES = MESSAGES.flatMap((message, index) =>
  (message.startsWith("notifications") ? ["before"] : ["before", "half", "after"]).map(
    (how) => [message, how, index + 1] as const,
  ),
);

describe("a server that dies", () => {
  // Claim: B5
  test.each(CASES)("at %s, %s its answer", async (message, how, count) => {
    const { cwd, journal } = newCase("death");
    const server = [process.execPath, fixture("servers/dying.mjs"), journal, String(count), how];
    const played = await playSession(cwd, server);
    const effects = carriedOut(journal);
    expect(played.end).not.toBeInstanceOf(Error);
    expectAccounted(played, effects);
    // Each call up to its death was carried out, and is done if the whole answer came.
    const before = ["n1", "n3 or n4", "n4 or n3"].indexOf(message) + 1;
    expect(effects).toHaveLength(before);
    if (played.asked.length > 0)
      expect(recount(played).done).toHaveLength(how === "after" ? before : Math.max(0, before - 1));
    // Its last answer given, the session may end before it is seen to have gone.
    if (count < MESSAGES.length || how !== "after") expect(exitOf(played)).toBe(1);
    expect(await expectWholeLog(played.log)).toBe("sealed");
  });
});
