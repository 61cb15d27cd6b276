/** Everything that a text may say once the declared encodings are undone, alone and one within the other. */
import { CODES, SWEEP, VEILS, type Decoded, type Encoding } from "./encodings.js";
import { inPlace } from "./encodings/runs.js";
import { normalize } from "./normalize.js";
import { isPlain } from "./plain.js";

/** How many encodings may lie one within the other. Zero-width characters and Unicode forms between them are free. */
export const MAX_DECODE_DEPTH = 3;

/** Readings of one text. A text that has more is incomplete, which `decodings` says. */
const MAX_READINGS = 32;

/** Texts looked at, readings or steps on the way to one. */
const MAX_LOOKS = 96;

/** Characters of all texts looked at: a share of the input and something for short ones. */
function maxChars(length: number): number {
  return 8 * length + 4096;
}

export interface Reading {
  readonly text: string;
  /** Ids of the rows undone, outermost first. */
  readonly steps: readonly string[];
  /** Half-open span in UTF-16 code units of the original. */
  readonly start: number;
  readonly end: number;
}

export interface Decodings {
  readonly readings: readonly Reading[];
  /** False when a bound was met: the text may say more. Attacker-controlled: take that for the more dangerous thing. */
  readonly isComplete: boolean;
}

interface Look extends Reading {
  readonly depth: number;
}

/**
 * The readings of a text other than itself. No two have one normal form, and none has the text's: compare by `normalize`.
 * Deterministic; linear in the text, whose size the boundary bounds.
 */
export function readingsOf(text: string): readonly Reading[] {
  return decodings(text).readings;
}

/** `readingsOf`, and whether they are all. */
export function decodings(text: string): Decodings {
  // Nearly all texts end here, or after one round of the table.
  if (isPlain(text)) return NOTHING_ELSE;
  const decoded = decodedBy(text);
  const unveiled = sweep(text, VEILS);
  if (decoded.length === 0 && unveiled.steps.length === 0) return NOTHING_ELSE;
  return new Search(text).run({ decoded, unveiled });
}

const NOTHING_ELSE: Decodings = { readings: [], isComplete: true };

/** What one row makes of a text. */
interface ByRow {
  readonly row: Encoding;
  readonly parts: readonly Decoded[];
}

/** The rows that make something of a text, in the table's order. */
function decodedBy(text: string): readonly ByRow[] {
  const found: ByRow[] = [];
  for (const row of CODES) {
    const parts = row.decode(text);
    if (parts.length > 0) found.push({ row, parts });
  }
  return found;
}

/** A text after one round: what each code, and all veils one after the other, make of it. */
interface Round {
  readonly decoded: readonly ByRow[];
  readonly unveiled: Pick<Look, "text" | "steps">;
}

/**
 * Breadth-first, in three queues: everything undone at once, then whole texts, then runs cut out of one.
 * Attacker-controlled: decoys use up the bounds, so what shows the content of all of them together comes first.
 */
class Search {
  private readonly text: string;
  private readonly queues: readonly [sweeps: Look[], wholes: Look[], runs: Look[]] = [[], [], []];
  /** The least depth at which a text was met. */
  private readonly met = new Map<string, number>();
  private readonly forms = new Set<string>();
  private readonly readings: Reading[] = [];

  constructor(text: string) {
    this.text = text;
  }

  /** `first` is the text's own round, which the caller has looked at already. */
  run(first: Round): Decodings {
    const { text } = this;
    this.met.set(text, 0);
    this.expand({ text, steps: [], start: 0, end: text.length, depth: 0 }, first);
    let chars = 0;
    for (let looks = 0; ; looks += 1) {
      const look = this.queues.find((queue) => queue.length > 0)?.shift();
      if (look === undefined) return { readings: this.readings, isComplete: true };
      chars += look.text.length;
      const isFull = this.readings.length === MAX_READINGS || looks === MAX_LOOKS || chars > maxChars(text.length);
      if (isFull) return { readings: this.readings, isComplete: false };
      this.report(look);
      this.expand(look, {
        decoded: look.depth === MAX_DECODE_DEPTH ? [] : decodedBy(look.text),
        unveiled: sweep(look.text, VEILS),
      });
    }
  }

  private report({ text, steps, start, end }: Look): void {
    if (this.forms.size === 0) this.forms.add(normalize(this.text)).add("");
    const form = normalize(text);
    if (this.forms.has(form)) return;
    this.forms.add(form);
    this.readings.push({ text, steps, start, end });
  }

  /** The queues in their order: a text that was met waits in the first that it was pushed to. */
  private expand(look: Look, { decoded, unveiled }: Round): void {
    const depth = look.depth + 1;
    if (unveiled.steps.length > 0) this.push(0, look, { ...unveiled, depth: look.depth });
    if (decoded.length > 0) this.push(0, look, { ...sweep(look.text, SWEEP), depth });
    for (const { row, parts } of decoded) {
      const steps = [row.id];
      const runs = parts.filter((part) => !isWhole(part, look.text));
      for (const part of parts) if (isWhole(part, look.text)) this.push(1, look, { text: part.text, steps, depth });
      if (runs.length > 0) this.push(1, look, { text: inPlace(look.text, runs), steps, depth });
    }
    for (const { row, parts } of decoded) {
      const runs = parts.filter((part) => !isWhole(part, look.text));
      for (const part of runs) this.push(2, look, { text: part.text, steps: [row.id], depth }, part);
    }
  }

  /** A run's span is known in the original only when it was cut out of it. */
  private push(queue: 0 | 1 | 2, from: Look, next: Pick<Look, "text" | "steps" | "depth">, run?: Decoded): void {
    const known = this.met.get(next.text);
    if (known !== undefined && known <= next.depth) return;
    this.met.set(next.text, next.depth);
    const { start, end } = run !== undefined && from.steps.length === 0 ? run : from;
    this.queues[queue].push({ ...next, steps: [...from.steps, ...next.steps], start, end });
  }
}

function isWhole(part: Decoded, text: string): boolean {
  return part.start === 0 && part.end === text.length;
}

/** Each row undone once, one after the other, and the ids of those that had something to undo. */
function sweep(text: string, rows: readonly Encoding[]): Pick<Look, "text" | "steps"> {
  let current = text;
  const steps: string[] = [];
  for (const row of rows) {
    const decoded = row.decode(current);
    const [first] = decoded;
    if (first === undefined) continue;
    current = isWhole(first, current) ? first.text : inPlace(current, decoded);
    steps.push(row.id);
  }
  return { text: current, steps };
}
