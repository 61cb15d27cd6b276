/** Escapes of JSON strings (RFC 8259 section 7), and the two that JavaScript has besides: `\xXX` and `\u{X}`. */
import type { Decoded, Encoding } from "./encoding.js";

const ESCAPE = /\\(?:(["\\/bfnrt'])|(u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|u\{[0-9a-fA-F]{1,6}\}))/g;

const SINGLE: Readonly<Record<string, string>> = { b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

export const jsonEscapes: Encoding = {
  id: "json-escapes@1",
  undoes: "escapes of JSON and JavaScript strings, and the quotes around a whole JSON string",
  decode: decodeEscapes,
};

function decodeEscapes(text: string): readonly Decoded[] {
  const literal = literalOf(text);
  const undone = undo(text);
  const readings = literal === undefined ? [] : [undo(literal)];
  if (undone !== text) readings.push(undone);
  return readings.map((reading) => ({ text: reading, start: 0, end: text.length }));
}

/** What stands between the quotes when the text is one string literal and nothing else. A loop: a pattern overflows. */
function literalOf(text: string): string | undefined {
  if (!text.includes('"')) return undefined;
  const trimmed = text.trim();
  if (trimmed.length < 2 || !trimmed.startsWith('"') || !trimmed.endsWith('"')) return undefined;
  const inner = trimmed.slice(1, -1);
  let at = 0;
  while (at < inner.length && inner[at] !== '"') at += inner[at] === "\\" ? 2 : 1;
  return at === inner.length ? inner : undefined;
}

function undo(text: string): string {
  if (!text.includes("\\")) return text;
  return text.replace(ESCAPE, (whole, single?: string, digits?: string) => {
    if (single !== undefined) return SINGLE[single] ?? single;
    const code = Number.parseInt((digits ?? "").replace(/[^0-9a-fA-F]/g, ""), 16);
    return code > 0x10ffff ? whole : String.fromCodePoint(code);
  });
}
