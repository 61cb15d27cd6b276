// Inputs on disk: one file for each target, one input a line, as a JSON string whose characters are its bytes.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const FOLDER = new URL("../corpus/", import.meta.url);
/** What a target's file may hold: the repository keeps the smallest inputs that reach the most. */
const MAX_KEPT_BYTES = 6 * 1024;

const fileOf = (name) => new URL(`${name}.txt`, FOLDER);

/** The inputs that a target keeps: those that once found something first, then those that reach what no other does. */
export function readCorpus(name) {
  return ["found", "kept"].flatMap((part) => {
    const file = fileOf(part === "found" ? `${name}.found` : name);
    if (!existsSync(file)) return [];
    return readFileSync(file, "utf8")
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => Buffer.from(JSON.parse(line), "latin1"));
  });
}

/** Adds inputs that found something; they are never left out again. */
export function keepFound(name, inputs) {
  const file = fileOf(`${name}.found`);
  const old = existsSync(file) ? readFileSync(file, "utf8") : "";
  writeFileSync(file, old + textOf(inputs));
}

/** Writes the smallest inputs that together reach what all reach, as far as there is room. */
export function writeCorpus(name, inputs, featuresOf) {
  const kept = [];
  const reached = new Set();
  let bytes = 0;
  for (const input of [...inputs].sort((a, b) => a.length - b.length || Buffer.compare(a, b))) {
    const fresh = featuresOf(input).filter((feature) => !reached.has(feature));
    if (fresh.length === 0 || bytes + input.length > MAX_KEPT_BYTES) continue;
    for (const feature of fresh) reached.add(feature);
    bytes += input.length;
    kept.push(input);
  }
  if (kept.length > 0) writeFileSync(fileOf(name), textOf(kept));
  return kept.length;
}

// `\u2028` and what is no printable ASCII is escaped, so that no editor and no diff changes a byte.
const textOf = (inputs) =>
  inputs
    .map(
      (input) =>
        `${JSON.stringify(input.toString("latin1")).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`,
    )
    .join("");
