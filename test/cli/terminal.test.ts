/** On a terminal, a real pseudo-terminal, reports have colours; in a pipe and with NO_COLOR they have none. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { AGENTK, testFolder } from "../boundary/proxy-process.js";
import { buildLog, fileOf } from "../evidence/fixture.js";

const ESCAPE = "\u001b[";
let folder: string;

beforeAll(() => {
  folder = testFolder("terminal");
  writeFileSync(join(folder, "run.log"), fileOf(buildLog()));
});

/** util-linux's `script` runs a command on a terminal of its own, and hands on what it shows and how it ends. */
function onTerminal(words: string, env: NodeJS.ProcessEnv = {}): string {
  const command = `'${process.execPath}' '${AGENTK}' ${words}`;
  const args = ["--quiet", "--return", "--command", command, "/dev/null"];
  return execFileSync("script", args, { cwd: folder, encoding: "utf8", env: { ...plain(), TERM: "xterm", ...env } });
}

function plain(): NodeJS.ProcessEnv {
  return { ...process.env, NO_COLOR: undefined, FORCE_COLOR: undefined };
}

describe.skipIf(!existsSync("/usr/bin/script"))("on a terminal", () => {
  test.each(["verify run.log", "trace-inspect run.log", "policy test strict"])("`agentk %s` has colours", (words) => {
    expect(onTerminal(words)).toContain(ESCAPE);
    expect(onTerminal(words, { NO_COLOR: "1" })).not.toContain(ESCAPE);
    expect(onTerminal(`${words} --json`)).not.toContain(ESCAPE);
    const piped = execFileSync(process.execPath, [AGENTK, ...words.split(" ")], {
      cwd: folder,
      encoding: "utf8",
      env: plain(),
    });
    expect(piped).not.toContain(ESCAPE);
  });

  test("a line that is written over goes to a terminal that can, and not to a file that stderr is", () => {
    const words = "readiness --only policies";
    const calm = { NO_COLOR: "1", CI: undefined };
    expect(onTerminal(words, calm)).toContain(ESCAPE);
    expect(onTerminal(words, { ...calm, TERM: "dumb" })).not.toContain(ESCAPE);
    expect(onTerminal(`${words} 2>told.txt`, calm)).not.toContain(ESCAPE);
    expect(readFileSync(join(folder, "told.txt"), "utf8")).toMatch(/^\[1\/\d+\] policies\.\w+: /);
  });
});
