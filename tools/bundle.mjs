// What is shipped: the command line and the packages it uses, bundled into dist/bundle. Loading some 300 small modules
// cost each start of `agentk` two thirds of its time; bundled, a command reads one chunk and what it imports lazily.
// Beside the chunks lie the licences of the packages within them, as these ask, and a list that the audit reads.
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const OUT = join(ROOT, "dist/bundle");

rmSync(OUT, { recursive: true, force: true });
const bundle = await rolldown({
  input: join(ROOT, "src/cli/main.ts"),
  cwd: ROOT,
  platform: "node",
  // A name that nothing resolves, or a lazy import that is not lazy, must end the build and not be left for the user.
  onLog: (level, log) => {
    if (level === "warn") throw new Error(log.message);
  },
});
const { output } = await bundle.write({
  dir: OUT,
  format: "esm",
  entryFileNames: "[name].js",
  chunkFileNames: "[name]-[hash].js",
});
await bundle.close();

const packages = packagesOf(output.flatMap((chunk) => chunk.moduleIds ?? []));
writeFileSync(join(OUT, "packages.json"), `${JSON.stringify(packages.map(withoutText), null, 2)}\n`);
writeFileSync(join(OUT, "THIRD-PARTY-LICENSES.txt"), packages.map(notice).join("\n\n"));

/** The packages whose modules went into the bundle, by name. */
function packagesOf(moduleIds) {
  const folders = new Set(moduleIds.map(packageFolder).filter((folder) => folder !== undefined));
  return [...folders].map(readPackage).sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** `/x/node_modules/@scope/name/lib/a.js` lies in `/x/node_modules/@scope/name`. */
function packageFolder(moduleId) {
  return /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(moduleId)?.[1];
}

function readPackage(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  if (license === undefined || file === undefined) throw new Error(`${name} says no licence`);
  return { name, version, license, text: readFileSync(join(folder, file), "utf8").trim() };
}

function withoutText({ name, version, license }) {
  return { name, version, license };
}

function notice({ name, version, license, text }) {
  return `${name} ${version} (${license})\n${"=".repeat(60)}\n\n${text}\n`;
}
