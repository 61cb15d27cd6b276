/** Shows what an operator wrote inside an error message: on one line, in backticks, not too long. */
const MAX_SHOWN = 64;
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Surrogate}\p{Zl}\p{Zp}]/gu;

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

/** Text in backticks; anything else by its kind (`a number`). */
export function quoted(value: unknown): string {
  if (typeof value !== "string") return kindOf(value);
  const characters = Array.from(value.slice(0, 2 * MAX_SHOWN + 2));
  const text = characters.length > MAX_SHOWN ? `${characters.slice(0, MAX_SHOWN).join("")}...` : value;
  return `\`${text.replace(UNPRINTABLE, escaped)}\``;
}

const MAX_SENTENCE = 200;

/** A sentence from elsewhere, which may hold an operator's text: on one line, not too long. */
export function plain(sentence: string): string {
  return sentence.slice(0, MAX_SENTENCE).replace(UNPRINTABLE, escaped);
}

/** What a TOML value is, in words. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  if (typeof value === "boolean") return "true or false";
  return typeof value === "string" || typeof value === "number" ? `a ${typeof value}` : "a table";
}
