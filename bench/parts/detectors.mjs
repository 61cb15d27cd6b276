// What the detectors find of a held-out set of injections, plain and hidden, and what they flag in ordinary text. Recall is
// the share of texts with at least one sign; precision counts the texts of the file and the README files of node_modules,
// each text once, plain.
import { readFileSync } from "node:fs";
import { canonicalJson } from "../../dist/base/canonical.js";
import { signsOf } from "../../dist/mmu/detectors.js";
import { README, texts as textsOf } from "../lib/pages.mjs";

export const title = "Detectors";

const url = new URL("../../test/vectors/injections-heldout.json", import.meta.url);
const { injections, undeclared, benign } = JSON.parse(readFileSync(url, "utf8"));

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

/** A figure of what is found, not of time: rounds change nothing. */
export function run() {
  const styles = [...new Set(injections.map(({ style }) => style))];
  const by_style = Object.fromEntries(
    styles.map((style) => [style, score(injections.filter((row) => row.style === style).map(({ text }) => text))]),
  );
  const near = score(benign);
  const ordinary = score(textsOf(README));
  const pairs = Object.values(scores(TWO_DEEP)).map(({ of_found_plain }) => of_found_plain);
  const sum = (rows, key) => rows.reduce((total, row) => total + row[key], 0);
  return {
    recall_plain: score(plain),
    by_style,
    by_encoding: scores(CODES),
    by_veil: scores(VEILS),
    two_deep_of_found_plain: { found: sum(pairs, "found"), of: sum(pairs, "of") },
    undeclared: score(undeclared.map(({ text }) => text)),
    near_misses_flagged: near,
    readmes_flagged: ordinary,
    precision: {
      with_near_misses: round(known.length / (known.length + near.found + ordinary.found)),
      on_readmes: round(known.length / (known.length + ordinary.found)),
    },
  };
}

export function text({ by_style, by_encoding, by_veil, precision, ...rest }) {
  const row = (name, { found, of }) =>
    `${name.padEnd(34)} ${String(found).padStart(5)} of ${String(of).padStart(5)}  ${((100 * found) / of).toFixed(1).padStart(5)} %`;
  const hidings = Object.entries({ ...by_encoding, ...by_veil });
  return [
    "recall, as they are",
    row("all", rest.recall_plain),
    ...Object.entries(by_style).map(([style, value]) => row(`  ${style}`, value)),
    "\nof those found as they are, found when hidden",
    ...hidings.map(([hiding, value]) => row(`  ${hiding}`, value.of_found_plain)),
    row("  two encodings deep, every pair", rest.two_deep_of_found_plain),
    "\nhidden in ways that are not declared",
    row("all", rest.undeclared),
    "\nflagged by mistake",
    row("near misses", rest.near_misses_flagged),
    row("README files", rest.readmes_flagged),
    `\nprecision: ${precision.with_near_misses} with the near misses, ${precision.on_readmes} on README files`,
  ].join("\n");
}
