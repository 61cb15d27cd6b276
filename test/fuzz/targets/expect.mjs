// What the targets share: the repository's own files as first inputs, and how a target says that its property is broken.
import { readdirSync, readFileSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";

const ROOT = new URL("../../../", import.meta.url);

export const file = (path) => readFileSync(new URL(path, ROOT));
export const linesOf = (path) =>
  file(path)
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "");
export const filesIn = (folder, end) =>
  readdirSync(new URL(folder, ROOT))
    .filter((name) => name.endsWith(end))
    .sort()
    .map((name) => file(`${folder}${name}`));

/** The property does not hold: what a fuzzer looks for. */
export class Broken extends Error {
  name = "Broken";
}

export function holds(isSo, says) {
  if (!isSo) throw new Broken(says);
}

export const same = (a, b, says) => holds(isDeepStrictEqual(a, b), says);

/** JSON has no negative zero: RFC 8785 writes it as 0. */
export const plainZero = (_name, value) => (value === 0 ? 0 : value);

export const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
