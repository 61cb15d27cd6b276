/**
 * The story that `npm start` tells, run as it is: its own checks decide, and what it prints is looked at once more; and the
 * README's picture, which is made of it. One file, so that no two runs of it share the repository's folder of runs.
 */
import { execFile, execFileSync, execSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { ROOT } from "../docs/printed.js";

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

/** What a picture says, a line a text; the folder of a run has another name in every run. */
function wordsOf(svg: string): readonly string[] {
  return [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/g)].map(([, spans = ""]) =>
    spans.replaceAll(/<[^>]+>/g, "").replaceAll(/agentk-story-\w+/g, "agentk-story-x"),
  );
}

test("docs/blocked.svg is a picture of a real run", () => {
  // Lines are cut at a width, so the folder that they name is the one that the picture was made in.
  const env = { ...process.env, NO_COLOR: "", FORCE_COLOR: "1", TMPDIR: "/tmp" };
  const printed = execSync(`"${process.execPath}" examples/poisoned-document/story.js`, { cwd: ROOT, env });
  const args = [join(ROOT, "tools/picture.mjs"), "--until", "What happened"];
  const fresh = execFileSync(process.execPath, args, { input: printed, encoding: "utf8" });
  const kept = readFileSync(join(ROOT, "docs/blocked.svg"), "utf8");
  expect(wordsOf(kept)).toEqual(wordsOf(fresh));
  expect(wordsOf(kept).join("\n")).toContain("blocked write_file      rule poisoned-session");
  expect(kept.match(/fill="#\w+"/g)?.sort()).toEqual(fresh.match(/fill="#\w+"/g)?.sort());
});
