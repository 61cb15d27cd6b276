/** Finds the known name that a misspelt one was likely meant to be. */
const MAX_LENGTH = 64;

/** Levenshtein distance, one row of the table at a time. */
function distance(a: string, b: string): number {
  let above: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      row.push(Math.min(cell(above, j) + 1, cell(row, j - 1) + 1, cell(above, j - 1) + change));
    }
    above = row;
  }
  return cell(above, b.length);
}

function cell(row: readonly number[], j: number): number {
  return row[j] ?? 0;
}

/** The nearest of `known` within two edits, one for words of three letters or less; undefined when none is. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (word.length > MAX_LENGTH) return undefined;
  let best: string | undefined;
  let bound = Math.min(2, Math.ceil(word.length / 3)) + 1;
  for (const name of known) {
    const found = distance(word.toLowerCase(), name);
    if (found >= bound) continue;
    best = name;
    bound = found;
  }
  return best;
}
