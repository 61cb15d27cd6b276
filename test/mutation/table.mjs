// Sums the reports of all runs to one table: `node test/mutation/table.mjs [--survivors] [--json] [FOLDER OF REPORTS]`.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { FOLDERS } from "./folders.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { survivors: { type: "boolean", default: false }, json: { type: "boolean", default: false } },
});
const reports = positionals[0] ?? fileURLToPath(new URL("../../coverage/mutation/", import.meta.url));
const IS_REPORT = new RegExp(`^(${FOLDERS.join("|")})[^.]*\\.json$`);

/** The newest report that has a file is what counts for it: an older one may be of an older text. */
function mutantsByFile() {
  const byFile = new Map();
  const names = readdirSync(reports).filter((name) => IS_REPORT.test(name));
  const at = (name) => statSync(`${reports}/${name}`).mtimeMs;
  for (const name of names.sort((a, b) => at(a) - at(b))) {
    const { files } = JSON.parse(readFileSync(`${reports}/${name}`, "utf8"));
    for (const [file, { mutants, source }] of Object.entries(files)) {
      // A run over the changes at load time adds to the one without them, and does not replace it.
      const isAdded = name.includes("-static") && byFile.has(file);
      const old = isAdded ? byFile.get(file).mutants.filter(({ status }) => status !== "Ignored") : [];
      const fresh = isAdded ? mutants.filter((one) => one.static === true) : mutants;
      byFile.set(file, { mutants: [...old, ...fresh], source });
    }
  }
  return byFile;
}

/** Stryker's score: what was found, of all that could be. A change that makes a test endless is found, too. */
function rowOf(name, mutants) {
  const count = (...statuses) => mutants.filter(({ status }) => statuses.includes(status)).length;
  const [found, survived, uncovered] = [count("Killed", "Timeout"), count("Survived"), count("NoCoverage")];
  const score = (100 * found) / Math.max(1, found + survived + uncovered);
  const endless = count("Timeout");
  return {
    name,
    endless,
    mutants: found + survived + uncovered,
    found,
    survived,
    uncovered,
    atLoad: count("Ignored"),
    score,
  };
}

const files = mutantsByFile();
const rows = FOLDERS.flatMap((folder) => {
  const own = [...files].filter(([file]) => file.startsWith(`src/${folder}/`));
  const all = own.flatMap(([, { mutants }]) => mutants);
  return all.length === 0
    ? []
    : [{ ...rowOf(folder, all), files: own.map(([file, { mutants }]) => rowOf(file, mutants)) }];
});

if (values.json) process.stdout.write(`${JSON.stringify(rows, undefined, 2)}\n`);
else {
  const line = ({ name, endless, mutants, found, survived, uncovered, atLoad, score }) =>
    `| ${name} | ${String(mutants)} | ${String(found)} | ${String(endless)} | ${String(survived)} | ${String(uncovered)} | ${String(atLoad)} | ${score.toFixed(1)} % |\n`;
  process.stdout.write(
    "| | changes | noticed | of these endless | not noticed | no test reaches it | at load, not run | score |\n|---|---|---|---|---|---|---|---|\n",
  );
  for (const row of rows)
    process.stdout.write(line({ ...row, name: `**${row.name}**` }) + row.files.map(line).join(""));
}

if (values.survivors)
  for (const [file, { mutants, source }] of files)
    for (const { status, location, mutatorName, replacement } of mutants) {
      if (status !== "Survived" && status !== "NoCoverage") continue;
      const text = source.split("\n")[location.start.line - 1].trim();
      process.stdout.write(
        `${file}:${String(location.start.line)}:${String(location.start.column)} ${status} ${mutatorName} ${JSON.stringify(replacement ?? "").slice(0, 60)} | ${text.slice(0, 110)}\n`,
      );
    }
