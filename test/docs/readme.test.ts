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

test("what the README links to is in the package too, and so is what errors tell to look at", () => {
  const { files } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as {
    readonly files: readonly string[];
  };
  const isShipped = (path: string): boolean =>
    files.some((file) => file === path || path.startsWith(`${file}/`) || (file === "*.md" && /^[^/]+\.md$/.test(path)));
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#\s]+)/g)].map(([, link = ""]) => link);
  expect(links.length).toBeGreaterThan(10);
  expect([...links, "docs/policy.md", "docs/pins.md"].filter((path) => !isShipped(path))).toEqual([]);
});
