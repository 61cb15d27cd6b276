/** How a report is painted: by a palette that the command passes in, or not at all. */

type Stroke = (text: string) => string;

/** Painting adds no visible character, so widths are measured before it. */
export interface Paint {
  readonly title: Stroke;
  readonly good: Stroke;
  readonly bad: Stroke;
  readonly warn: Stroke;
  readonly dim: Stroke;
}

const asIs: Stroke = (text) => text;

export const plainPaint: Paint = { title: asIs, good: asIs, bad: asIs, warn: asIs, dim: asIs };

/** What of a chalk instance is used. */
export interface Palette {
  readonly bold: Stroke;
  readonly green: Stroke;
  readonly red: Stroke;
  readonly yellow: Stroke;
  readonly dim: Stroke;
}

export function paintWith(palette: Palette): Paint {
  return {
    title: (text) => palette.bold(text),
    good: (text) => palette.green(text),
    bad: (text) => palette.red(text),
    warn: (text) => palette.yellow(text),
    dim: (text) => palette.dim(text),
  };
}

/** Colours are wanted: NO_COLOR (no-color.org) says no first, then FORCE_COLOR says yes or, as `0`, no, then the terminal. */
export function wantsColour(env: Readonly<Record<string, string | undefined>>, isTty: boolean): boolean {
  const { NO_COLOR: no = "", FORCE_COLOR: force, TERM: term } = env;
  if (no !== "") return false;
  if (force !== undefined) return force !== "0" && force !== "false";
  return isTty && term !== "dumb";
}

/** Columns a text takes on a terminal: marks none, wide characters two. */
export function textWidth(text: string): number {
  if (PRINTABLE_ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

const PRINTABLE_ASCII = /^[\x20-\x7e]*$/;
const MARK = /^\p{M}$/u;
const WIDE =
  /^(?:\p{Emoji_Presentation}|\p{sc=Han}|\p{sc=Hiragana}|\p{sc=Katakana}|\p{sc=Hangul}|[\u3000-\u303e\uff01-\uff60])$/u;

function characterWidth(character: string): number {
  if (MARK.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** The text cut to `width` columns, its last one an ellipsis when something was cut. */
export function fit(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  for (const character of text) {
    used += characterWidth(character);
    if (used > width - 1) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Words wrapped to `width` columns: a first line, and the rest indented to stand under it. */
export function wrap(text: string, width: number, indent: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line === "" ? word : `${line} ${word}`;
    if (line !== "" && textWidth(longer) > width - indent.length) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].join(`\n${indent}`);
}
