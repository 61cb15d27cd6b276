/**
 * File paths as the systems that open them would read them, by their text alone.
 * Attacker-controlled: the text. What cannot be judged has no normal form; the list of it is in normalPaths.
 */

/** A path without dots, doubled or trailing slashes. */
export interface NormalPath {
  /** `/` for POSIX, `c:` for a drive, `//server/share` for a share, empty for a relative path. */
  readonly root: string;
  readonly segments: readonly string[];
  /** True when Windows rules hold: names there are compared without regard to case unless a pattern says otherwise. */
  readonly isWindows: boolean;
}

/** The longest path of Windows; Linux and macOS stop at 4096 and 1024 bytes. */
const MAX_PATH_CHARS = 32_767;
/** Dots, separators and NUL in percent-encoding, also encoded again (`%252e`), overlong in UTF-8 or as `%u002e`. */
const ENCODED = /%(?:25)*(?:2e|2f|5c|00|c0|c1|e0%[89]|f0%8|u)/i;
/** A drive with a separator after it, or `\\server\share`; not `\\.\` and `\\?\`, which are devices. */
const WINDOWS_ROOT = /^(?:[a-z]:(?=[/\\])|\\\\[^/\\]*[^/\\.? ][/\\][^/\\]*[^/\\. ](?=[/\\]|$))/i;
/** A scheme has two letters or more, else it is a drive. */
const SCHEME = /^[a-z][a-z0-9+.-]+:/i;

/**
 * The readings of a path: one, or two where a backslash in a path from `/` or a relative one is a separator to Windows
 * and a letter to POSIX; what is asked of the path must hold for both. undefined, which matches nothing, for:
 * control characters; encoded dots and separators (what is percent-encoded else stands for itself); other URLs than
 * `file:` of this machine; paths relative to a home folder (`~`), to a drive (`c:x`) or to its root (`\x`); device paths
 * (`\\?\`); relative paths that leave their folder; names that other normal forms make dots or separators of; names
 * of dots and spaces only; and on drives and shares names that Windows opens as others (see isPlainOnWindows).
 */
export function normalPaths(text: string): readonly NormalPath[] | undefined {
  if (text === "" || text.length > MAX_PATH_CHARS || ENCODED.test(text)) return undefined;
  const path = SCHEME.test(text) ? pathOfFileUrl(text) : text;
  if (path === undefined || /\p{Cc}/u.test(path)) return undefined;
  const readings = isOnWindows(path) ? [readWindows(path)] : readPosix(path);
  return readings.every((reading) => reading !== undefined) ? readings : undefined;
}

/**
 * RFC 8089: `file:/p`, `file:///p`, `file://localhost/p`. Queries, fragments and backslashes are refused, since some
 * readers make them part of the path and some do not.
 */
function pathOfFileUrl(text: string): string | undefined {
  const [, encoded] = /^file:(?:\/\/(?:localhost)?)?(\/[^?#\\]*)$/i.exec(text) ?? [];
  if (encoded === undefined || encoded.startsWith("//")) return undefined;
  try {
    const path = decodeURIComponent(encoded);
    return /^\/[a-z]:\//i.test(path) ? path.slice(1) : path;
  } catch {
    return undefined;
  }
}

function isOnWindows(path: string): boolean {
  return path.startsWith("\\") || /^[a-z]:/i.test(path);
}

function readWindows(path: string): NormalPath | undefined {
  const root = WINDOWS_ROOT.exec(path)?.[0];
  if (root === undefined) return undefined;
  const names = path.slice(root.length).split(/[/\\]/);
  if (!names.every(isPlainOnWindows)) return undefined;
  const normal = read(root.toLowerCase().replaceAll("\\", "/"), names);
  return normal === undefined ? undefined : { ...normal, isWindows: true };
}

function readPosix(path: string): readonly (NormalPath | undefined)[] {
  if (path.startsWith("~")) return [undefined];
  const root = path.startsWith("/") ? "/" : "";
  const separators = path.includes("\\") ? ["/", /[/\\]/] : ["/"];
  return separators.map((separator) => read(root, path.split(separator)));
}

/** `..` at a root stays there, as it does on every system; above the start of a relative path it leaves it. */
function read(root: string, names: readonly string[]): NormalPath | undefined {
  const segments: string[] = [];
  for (const name of names) {
    if (name === "" || name === ".") continue;
    if (name !== "..") {
      if (!isPlain(name)) return undefined;
      segments.push(name);
    } else if (segments.pop() === undefined && root === "") return undefined;
  }
  return { root, segments, isWindows: false };
}

/**
 * False for names of dots and spaces only, and for those that hold look-alikes of separators, such as full-width ones:
 * who brings names to NFKC makes real ones of them. A backslash itself is a letter here (see normalPaths).
 */
function isPlain(name: string): boolean {
  const folded = name.replaceAll("\\", "").normalize("NFKC");
  return !/[/\\]|^[. ]*$/.test(folded);
}

/**
 * False for what Windows opens under another name: alternate streams (`a::$DATA`), trailing dots and spaces, short
 * names (`PROGRA~1`), wildcards, and devices, which exist in every folder (`nul`, `com1.txt`).
 */
function isPlainOnWindows(name: string): boolean {
  if (name === "" || name === "." || name === "..") return true;
  if (/[:*?"<>|]|[. ]$|~\d/.test(name)) return false;
  return !/^(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\.|$)/i.test(name);
}
