/**
 * What the detectors find of a held-out set of injections, plain and hidden, and what they flag in ordinary text. Run
 * after a build: `node bench/detectors.mjs [--dist FOLDER] [--json]`. Recall is the share of texts with at least one
 * sign; precision counts the texts of the file and the README files of node_modules, each text once, plain. The times
 * are of the processor; the ratio to `scan`, a pass that only adds characters up, is what carries over.
 */
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: { dist: { type: "string", default: "dist" }, json: { type: "boolean", default: false } },
});
const dist = pathToFileURL(join(process.cwd(), options.dist) + "/");
const { signsOf } = await import(new URL("mmu/detectors.js", dist));
const { canonicalJson } = await import(new URL("base/canonical.js", dist));

const url = new URL("../test/vectors/injections-heldout.json", import.meta.url);
const { injections, undeclared, benign } = JSON.parse(readFileSync(url, "utf8"));

function readmes(folder, found = []) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) readmes(path, found);
    else if (/^readme\.md$/i.test(entry.name)) found.push(readFileSync(path, "utf8"));
  }
  return found;
}

const bytes = (text) => [...Buffer.from(text)].map((byte) => byte.toString(16).padStart(2, "0"));
const units = (text) =>
  Array.from({ length: text.length }, (_, at) => text.charCodeAt(at).toString(16).padStart(4, "0"));
const every = (text, map) => Array.from(text, map).join("");
const base64 = (text) => Buffer.from(text).toString("base64");

const CODES = {
  base64,
  base64url: (text) => Buffer.from(text).toString("base64url"),
  hex: (text) => bytes(text).join(""),
  percent: (text) => `%${bytes(text).join("%")}`,
  "JSON escapes": (text) =>
    units(text)
      .map((unit) => `\\u${unit}`)
      .join(""),
  "HTML references": (text) => every(text, (character) => `&#${character.codePointAt(0)};`),
};

const LOOK_ALIKES = {
  a: "\u0430",
  c: "\u0441",
  e: "\u0435",
  i: "\u0456",
  o: "\u043e",
  p: "\u0440",
  s: "\u0455",
  x: "\u0445",
  y: "\u0443",
};

const VEILS = {
  "zero-width between all": (text) => Array.from(text).join("\u200b"),
  "zero-width for blanks": (text) => text.replaceAll(" ", "\u200b"),
  "full width": (text) => text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0)),
  "bidi marks": (text) => text.replaceAll(" ", " \u200e").replaceAll("e", "e\u200f"),
  "tag characters": (text) => every(text, (c) => (c < "\x7f" ? String.fromCodePoint(0xe0000 + c.charCodeAt(0)) : c)),
  "look-alikes": (text) => text.replace(/[aceiopsxy]/g, (letter) => LOOK_ALIKES[letter]),
  "wide gaps": (text) => text.replaceAll(" ", `${" ".repeat(30)}\n`),
};

const TWO_DEEP = Object.fromEntries(
  Object.entries(CODES).flatMap(([outer, encode]) =>
    Object.entries(CODES).map(([inner, first]) => [`${outer} of ${inner}`, (text) => encode(first(text))]),
  ),
);

/** As the kernel meets a text: in a tool's result, between other words. */
const pageOf = (text) => canonicalJson({ content: [{ type: "text", text: `Here it is:\n${text} .\nThat is all.` }] });
const isFound = (text) => signsOf(pageOf(text)).length > 0;
const round = (value, digits = 3) => Number(value.toFixed(digits));
const score = (texts) => {
  const found = texts.filter(isFound).length;
  return { found, of: texts.length, share: round(found / texts.length) };
};
const plain = injections.map(({ text }) => text);
const known = plain.filter(isFound);
const scores = (hidings) =>
  Object.fromEntries(
    Object.entries(hidings).map(([name, hide]) => [
      name,
      { all: score(plain.map(hide)), of_found_plain: score(known.map(hide)) },
    ]),
  );

const styles = [...new Set(injections.map(({ style }) => style))];
const by_style = Object.fromEntries(
  styles.map((style) => [style, score(injections.filter((row) => row.style === style).map(({ text }) => text))]),
);
const texts = [...new Set(readmes("node_modules"))].sort((a, b) => (a < b ? -1 : 1));
const near = score(benign);
const ordinary = score(texts);
const false_positives = near.found + ordinary.found;
const pairs = Object.values(scores(TWO_DEEP)).map(({ of_found_plain }) => of_found_plain);
const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0);

function nsPerCharacter(pages, look) {
  for (const page of pages) look(page);
  const started = process.cpuUsage();
  for (const page of pages) look(page);
  const { user, system } = process.cpuUsage(started);
  return round(((user + system) * 1e3) / pages.join("").length, 1);
}

function scan(text) {
  let total = 0;
  for (let i = 0; i < text.length; i++) total = (Math.imul(total, 31) + text.charCodeAt(i)) | 0;
  return total;
}

const pages = texts.map(pageOf);
const prose = texts.map((text) => pageOf(text.replace(/[^\n -~]|\S{16,}|[%&\\]/g, "")));
const report = {
  machine: {
    cpu: cpus()[0].model,
    threads: availableParallelism(),
    node: process.version,
    unicode: process.versions.unicode,
    load: round(loadavg()[0], 1),
  },
  recall_plain: score(plain),
  by_style,
  by_encoding: scores(CODES),
  by_veil: scores(VEILS),
  two_deep_of_found_plain: { found: sum(pairs, "found"), of: sum(pairs, "of") },
  undeclared: score(undeclared.map(({ text }) => text)),
  near_misses_flagged: near,
  readmes_flagged: ordinary,
  precision: {
    with_near_misses: round(known.length / (known.length + false_positives)),
    on_readmes: round(known.length / (known.length + ordinary.found)),
  },
  ns_per_character: {
    scan: nsPerCharacter(pages, scan),
    readmes: nsPerCharacter(pages, signsOf),
    readmes_without_links_and_beyond_ascii: nsPerCharacter(prose, signsOf),
  },
};

if (options.json) console.log(JSON.stringify(report, null, 2));
else print(report);

function print({ machine, by_style, by_encoding, by_veil, precision, ns_per_character, ...rest }) {
  const { cpu, threads, node, unicode, load } = machine;
  console.log(`${cpu}, ${threads} threads, node ${node}, Unicode ${unicode}, load ${load}`);
  const row = (name, { found, of }) =>
    console.log(
      `${name.padEnd(34)} ${String(found).padStart(5)} of ${String(of).padStart(5)}  ${((100 * found) / of).toFixed(1).padStart(5)} %`,
    );
  console.log("\nrecall, as they are");
  row("all", rest.recall_plain);
  for (const [style, value] of Object.entries(by_style)) row(`  ${style}`, value);
  console.log("\nof those found as they are, found when hidden");
  for (const [hiding, value] of Object.entries({ ...by_encoding, ...by_veil }))
    row(`  ${hiding}`, value.of_found_plain);
  row("  two encodings deep, every pair", rest.two_deep_of_found_plain);
  console.log("\nhidden in ways that are not declared");
  row("all", rest.undeclared);
  console.log("\nflagged by mistake");
  row("near misses", rest.near_misses_flagged);
  row("README files", rest.readmes_flagged);
  console.log(
    `\nprecision: ${precision.with_near_misses} with the near misses, ${precision.on_readmes} on README files`,
  );
  const { scan, readmes, readmes_without_links_and_beyond_ascii: prose } = ns_per_character;
  console.log(`ns a character: README files ${readmes}, their plain prose ${prose}, scan ${scan}`);
}
