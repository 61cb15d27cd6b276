/** The README's picture shows what the story prints: made anew from a run, it has the same words. */
import { execFileSync, execSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./printed.js";

/** What a picture says, a line a text; the folder of a run has another name in every run. */
function wordsOf(svg: string): readonly string[] {
  return [...svg.matchAll(/<text [^>]*>(.*?)<\/text>/g)].map(([, spans = ""]) =>
    spans.replaceAll(/<[^>]+>/g, "").replaceAll(/agentk-story-\w+/g, "agentk-story-x"),
  );
}

test("docs/blocked.svg is a picture of a real run", () => {
  const env = { ...process.env, NO_COLOR: "", FORCE_COLOR: "1" };
  const printed = execSync(`"${process.execPath}" examples/poisoned-document/story.js`, { cwd: ROOT, env });
  const args = [join(ROOT, "tools/picture.mjs"), "--until", "What happened"];
  const fresh = execFileSync(process.execPath, args, { input: printed, encoding: "utf8" });
  const kept = readFileSync(join(ROOT, "docs/blocked.svg"), "utf8");
  expect(wordsOf(kept)).toEqual(wordsOf(fresh));
  expect(wordsOf(kept).join("\n")).toContain("blocked write_file      rule poisoned-session");
  expect(kept.match(/fill="#\w+"/g)?.sort()).toEqual(fresh.match(/fill="#\w+"/g)?.sort());
});
