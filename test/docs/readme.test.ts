/** The README keeps up with the program: it names every command, and CI can find the two commands it runs. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { buildProgram } from "../../src/cli/main.js";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");

test("every command is in the README's table", async () => {
  const silent = () => undefined;
  const io = { stdout: silent, stderr: silent, env: {}, cwd: "/", isTty: false, columns: 80, exit: silent };
  const names = (await buildProgram(io)).commands.map((command) => command.name());
  expect(names.length).toBeGreaterThan(4);
  for (const name of names) expect(readme).toContain(`\`agentk ${name}`);
});

test.each(["npm ci && npm start", "npm ci && npm test"])("`%s` stands on a line of its own", (command) => {
  expect(readme.split("\n")).toContain(command);
});
