/**
 * Phrases of word globs over the user's sentences: `*` is any run of characters of a word, everything else stands for
 * itself, case does not count.
 */
import { compileGlob } from "./glob.js";

/** How words are compared; the kernel hands the user's words over in this form (mmu/text/normalize.ts, and more). */
function folded(text: string): string {
  return text.normalize("NFKC").toLowerCase();
}

type WordTest = (word: string) => boolean;

function compileWord(glob: string): WordTest {
  return compileGlob(folded(glob).replace(/[?\\]/g, "\\$&"));
}

/**
 * Holds for a sentence in which the words of one of the phrases stand in their order; other words may lie between.
 * Attacker-controlled: nothing. The words are the user's; the work is words times phrases.
 */
export function compilePhrases(phrases: readonly string[]): (sentence: readonly string[]) => boolean {
  const compiled = phrases.map((phrase) => phrase.split(" ").map(compileWord));
  return (sentence) => compiled.some((tests) => standIn(sentence, tests));
}

/** INVARIANT: the earliest word that fits is taken each time, so that if any choice works, this one does. */
function standIn(sentence: readonly string[], tests: readonly WordTest[]): boolean {
  let next = 0;
  for (const word of sentence) {
    if (tests[next]?.(word) === true) next++;
    if (next === tests.length) return true;
  }
  return false;
}
