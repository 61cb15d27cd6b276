/** Ordinary prose: the README files of the installed packages, in an order that does not change. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const MAX_FILES = 300;
const MAX_FOLDERS_DEEP = 4;

function readmesIn(folder: string, depth: number): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return depth < MAX_FOLDERS_DEEP ? readmesIn(path, depth + 1) : [];
    return /^readme\.md$/i.test(entry.name) ? [path] : [];
  });
}

export function readmes(): readonly string[] {
  const root = new URL("../../../node_modules/", import.meta.url).pathname;
  return [...readmesIn(root, 0)]
    .sort()
    .slice(0, MAX_FILES)
    .map((path) => readFileSync(path, "utf8"));
}

/** Words in a row, until they have so many characters. */
export function windowsOf(text: string, length: number): readonly string[] {
  const windows: string[] = [];
  let window = "";
  for (const word of text.split(/\s+/)) {
    window = window === "" ? word : `${window} ${word}`;
    if (window.length < length) continue;
    windows.push(window);
    window = "";
  }
  return windows;
}
