/** The story that `npm start` tells, run as it is: its own checks decide, and what it prints is looked at once more. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const story = fileURLToPath(new URL("../../examples/poisoned-document/story.js", import.meta.url));

test("without agentk the file is written, with agentk it is not, and the log verifies and replays", async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [story], { env: { ...process.env, NO_COLOR: "1" } });
  expect(stdout).toMatch(/passed {2}write_file/);
  expect(stdout).toMatch(/outbox\.txt was written/);
  expect(stdout).toMatch(/blocked write_file +rule poisoned-session/);
  expect(stdout).toMatch(/outbox\.txt is not there/);
  expect(stdout).toContain("deny:poisoned-session");
  expect(stdout).toContain("✓ verified: the log is whole, in order and sealed");
  expect(stdout).toContain("✓ replayed: the same kernel, given the recorded inputs, wrote the same bytes");
  expect(stdout).not.toContain("\u001b[");
});
