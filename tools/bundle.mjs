// What is shipped: the command line and the packages it uses, bundled into dist/bundle. Loading some 300 small modules
// cost each start of `agentk` two thirds of its time; bundled, a command reads one chunk and what it imports lazily.
// Beside the chunks lie the licences of the packages within them, as these ask, a list that the audit reads, and the
// manual page, which the program prints itself.
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const OUT = join(ROOT, "dist/bundle");

// Files that nearly every command reads stand in two chunks: of the 44 that `verify` loaded, most were smaller than what
// loading a file costs. Nothing in them imports a package, or a part of Node that is slow to load.
const READING = [
  "evidence/(?:authority|calls|chain|checkpoint|codec|findings|known-heads|ledger|line-[a-z]+|merkle|note|proof|pruned|receipt)\\.ts",
  "evidence/(?:run-key|seal|signers|tally|trust|verify|visible|ed25519)\\.ts",
  "host/(?:log-file|line-splitter|digests|signer)\\.ts",
  "app/log/(?:verify-file|verify-chain)\\.ts",
  "cli/(?:flight-log|refuse-legacy)\\.ts",
];
const GROUPS = [
  { name: "core", test: /\/src\/(?:base\/|abi\/|(?:report\/(?:json|style)|cli\/(?:io|latest)|app\/package-info)\.ts)/ },
  { name: "log", test: new RegExp(`/src/(?:${READING.join("|")})`) },
];

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
  codeSplitting: { groups: GROUPS },
});
await bundle.close();

const packages = packagesOf(output.flatMap((chunk) => chunk.moduleIds ?? []));
writeFileSync(join(OUT, "packages.json"), `${JSON.stringify(packages.map(withoutText), null, 2)}\n`);
writeFileSync(join(OUT, "THIRD-PARTY-LICENSES.txt"), packages.map(notice).join("\n\n"));
writeFileSync(join(OUT, "agentk.1"), execFileSync(process.execPath, [join(ROOT, "bin/agentk.js"), "man"]));

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
