/**
 * Whether a path lies in a folder, by its text alone. It cannot see symbolic or hard links, mounts, junctions, or a name
 * that changes its meaning between the check and the act: whoever opens the file must refuse those (openat2 with
 * RESOLVE_BENEATH, or openat with O_NOFOLLOW name by name).
 */
import type { PathPattern } from "../ast.js";
import { normalPaths, type NormalPath } from "./normal-path.js";

type Case = PathPattern["case"];

/** Why a pattern cannot be used, in one plain sentence; undefined when it can. */
export function underFault(pattern: PathPattern): string | undefined {
  const folder = pattern.under.find((text) => normalPaths(text)?.length !== 1);
  if (folder === undefined) return undefined;
  if (folder.startsWith("~")) return `\`${folder}\` starts with \`~\`, which is not expanded: write the whole path`;
  return `\`${folder}\` is no folder that a path can be judged against`;
}

/**
 * The test that a pattern stands for: the path is one of the folders or lies below it. Dots and slashes are resolved as
 * text (normal-path.ts); what cannot be judged is in no folder. An absolute folder has no relative paths in it, and a
 * relative folder, such as `docs` or `.`, no absolute ones.
 * `case`: `insensitive` compares names in NFC and lower case; `sensitive` as they are; by default paths on drives and
 * shares are compared without regard to case and all others as they are. macOS wants `insensitive`.
 * @throws RangeError for a pattern that underFault finds fault with.
 */
export function compileUnder(pattern: PathPattern): (text: string) => boolean {
  const fault = underFault(pattern);
  if (fault !== undefined) throw new RangeError(fault);
  const folders = pattern.under.flatMap((text) => normalPaths(text) ?? []);
  const tests = folders.map((folder) => testOf(folder, pattern.case));
  return (text) => {
    const readings = normalPaths(text);
    if (readings === undefined) return false;
    return tests.some((isUnder) => readings.every(isUnder));
  };
}

function testOf(folder: NormalPath, mode: Case): (path: NormalPath) => boolean {
  const fold = mode === "insensitive" || (mode === undefined && folder.isWindows) ? foldName : (name: string) => name;
  const names = folder.segments.map(fold);
  return (path) =>
    path.root === folder.root &&
    path.segments.length >= names.length &&
    names.every((name, i) => fold(path.segments[i] ?? "") === name);
}

/** Letter by letter, because lower-casing a whole word takes the end of it into account (a final sigma). */
function foldName(name: string): string {
  return Array.from(name.normalize("NFC"), (letter) => letter.toLowerCase()).join("");
}
