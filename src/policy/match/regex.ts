/**
 * Regular expressions in time linear in the text: RE2 syntax by the package re2js, without backreferences and
 * lookaround. The package is loaded only for policies that may need it, because that takes 14 ms (docs/dependencies.md).
 */
import type { RE2JS } from "re2js";
import { err, ok, type Result } from "../../base/result.js";

const MAX_PATTERN_CHARS = 512;
/** UTF-16 code units. */
const MAX_TEXT_CHARS = 64 * 1024;
/**
 * Instructions. The work for one character is at most their number; the worst that was found, `.*a.{900}` on the longest
 * text of random a and b, takes about a second.
 */
const MAX_PROGRAM = 1000;

type Test = (text: string) => boolean;

/** A policy's patterns are checked when it is read and compiled when it is put in force, and often stand in it twice. */
const MAX_KNOWN = 256;
const known = new Map<string, Result<Test, string>>();

/** INVARIANT: set once, by loadRegexFor; the engine has no state that one pattern could see of another. */
let engine: typeof RE2JS | undefined;

/**
 * Loads the engine when a policy's source has the key `matches`, also spelt with TOML escapes. To be awaited wherever
 * a policy's text comes in; forgetting it makes every `matches` a fault.
 */
export async function loadRegexFor(source: string): Promise<void> {
  if (engine !== undefined || !/matches|\\[uUx]/.test(source)) return;
  engine = (await import("re2js")).RE2JS;
}

/**
 * The test that a pattern stands for, over the whole text: `^` and `$` are not needed. `.` is no line break, letters
 * are case-sensitive; `(?s)` and `(?i)` change that. The error is one plain sentence.
 * The test throws a RangeError for a text longer than 64 Ki UTF-16 code units.
 */
export function compileRegex(source: string): Result<Test, string> {
  if (engine === undefined) return err("the engine for `matches` is not loaded");
  const before = known.get(source);
  if (before !== undefined) return before;
  const made = testOf(engine, source);
  if (known.size >= MAX_KNOWN) known.clear();
  known.set(source, made);
  return made;
}

function testOf(re2: typeof RE2JS, source: string): Result<Test, string> {
  if (source.length > MAX_PATTERN_CHARS) return err(`it is longer than ${String(MAX_PATTERN_CHARS)} characters`);
  const compiled = compile(re2, source);
  if (!compiled.ok) return compiled;
  const program = compiled.value;
  if (program.programSize() > MAX_PROGRAM) return err("it is too large when its repetitions are written out");
  return ok((text) => {
    if (text.length > MAX_TEXT_CHARS) throw new RangeError("a text is too long for `matches`");
    return program.testExact(text);
  });
}

/** The package throws for what RE2 refuses. */
function compile(re2: typeof RE2JS, source: string): Result<RE2JS, string> {
  try {
    return ok(re2.compile(source));
  } catch (fault) {
    return err(fault instanceof Error ? fault.message : "it is no regular expression");
  }
}
