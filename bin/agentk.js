#!/usr/bin/env node
const [, , only, ...more] = process.argv;

if (more.length === 0 && (only === "--version" || only === "-V")) {
  // What is asked most often, by scripts, needs nothing of the program.
  const { readFileSync } = await import("node:fs");
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  process.stdout.on("error", () => {
    process.exitCode = 1;
  });
  process.stdout.write(`${version}\n`);
} else {
  const { main } = await import("../dist/bundle/main.js");
  await main(process.argv);
}
