/** Aligned columns for a terminal of a given width. Laid out once, so that rows can be printed as they come. */
import { fit, textWidth } from "./style.js";

export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
  /** Least width when the terminal is narrow; a column without one keeps its natural width. */
  readonly min?: number;
}

/** One painter a column, given the cell padded. */
export type CellPaint = (padded: string, column: number) => string;

export interface Table {
  readonly head: (paint: CellPaint) => string;
  readonly row: (cells: readonly string[], paint: CellPaint) => string;
}

const GAP = "  ";

/**
 * A layout for rows like the sample. Where the sum is wider than `width` columns (Infinity: never), the widest
 * shrinkable column gives way first, down to its least width.
 */
export function layOut(columns: readonly Column[], sample: readonly (readonly string[])[], width: number): Table {
  const widths = columns.map((column, i) =>
    sample.reduce((widest, cells) => Math.max(widest, textWidth(cells[i] ?? "")), textWidth(column.title)),
  );
  shrink(columns, widths, width - GAP.length * (columns.length - 1));
  const line = (cells: readonly string[], paint: CellPaint): string =>
    columns
      .map((column, i) => paint(pad(cells[i] ?? "", widths[i] ?? 0, { column, mayCut: width !== Infinity }), i))
      .join(GAP)
      .trimEnd();
  return {
    head: (paint) =>
      line(
        columns.map((column) => column.title),
        paint,
      ),
    row: line,
  };
}

function shrink(columns: readonly Column[], widths: number[], room: number): void {
  let excess = widths.reduce((sum, width) => sum + width, 0) - room;
  while (excess > 0 && excess !== Infinity) {
    const widest = widestShrinkable(columns, widths);
    if (widest === undefined) return;
    widths[widest] = (widths[widest] ?? 0) - 1;
    excess--;
  }
}

function widestShrinkable(columns: readonly Column[], widths: readonly number[]): number | undefined {
  let widest: number | undefined;
  columns.forEach(({ min }, i) => {
    const width = widths[i] ?? 0;
    if (min !== undefined && width > min && width > (widest === undefined ? 0 : (widths[widest] ?? 0))) widest = i;
  });
  return widest;
}

function pad(cell: string, width: number, options: { column: Column; mayCut: boolean }): string {
  const text = options.mayCut ? fit(cell, width) : cell;
  const space = " ".repeat(Math.max(0, width - textWidth(text)));
  return options.column.align === "right" ? space + text : text + space;
}
