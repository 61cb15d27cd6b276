/** Values as TOML 1.0 text. Attacker-controlled: the strings. What acts or hides is escaped, so a line stays a line. */

/** Controls, format characters, line and paragraph separators, and what ends or escapes a basic string. */
const ESCAPED = /["\\\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** A basic string. The text must be valid Unicode, as the strict reader of messages sees to. */
export function tomlString(text: string): string {
  return `"${text.replace(ESCAPED, escaped)}"`;
}

/** One string as such, several as a list. */
export function tomlStrings(texts: readonly string[]): string {
  const [only] = texts;
  if (texts.length === 1 && only !== undefined) return tomlString(only);
  return `[${texts.map(tomlString).join(", ")}]`;
}

/** A list with an item a line. */
export function tomlLines(items: readonly string[]): string {
  return `[\n${items.map((item) => `  ${item},\n`).join("")}]`;
}

function escaped(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  const hex = (character.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\U${hex.padStart(8, "0")}` : `\\u${hex.padStart(4, "0")}`;
}
