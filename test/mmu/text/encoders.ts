/** The other direction of the table of encodings, for tests: written here, not taken from what is tested. */
export interface Encoder {
  readonly id: string;
  readonly name: string;
  readonly encode: (text: string) => string;
}

const hexOf = (text: string): string => Buffer.from(text).toString("hex");
const bytesOf = (text: string): readonly string[] => hexOf(text).match(/../g) ?? [];
const unitsOf = (text: string): readonly string[] => text.split("");
const fourDigits = (unit: string): string => unit.charCodeAt(0).toString(16).padStart(4, "0");
const numbered = (character: string): string => `&#${String(character.codePointAt(0))};`;
const form = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2);
const NAMES: Readonly<Record<string, string>> = { "&": "amp", "<": "lt", ">": "gt", '"': "quot", "@": "commat" };
const named = (character: string): string => {
  const name = NAMES[character];
  return name === undefined ? character : `&${name};`;
};

/** Encodings that turn a text into another one, in the spellings that are in use. */
export const CODERS: readonly Encoder[] = [
  { id: "base64@1", name: "padded", encode: (text) => Buffer.from(text).toString("base64") },
  { id: "base64@1", name: "unpadded", encode: (text) => Buffer.from(text).toString("base64").replace(/=+$/, "") },
  {
    id: "base64@1",
    name: "wrapped",
    encode: (text) =>
      (
        Buffer.from(text)
          .toString("base64")
          .match(/.{1,76}/g) ?? []
      ).join("\r\n"),
  },
  { id: "base64url@1", name: "plain", encode: (text) => Buffer.from(text).toString("base64url") },
  { id: "hex@1", name: "plain", encode: hexOf },
  { id: "hex@1", name: "upper", encode: (text) => hexOf(text).toUpperCase() },
  { id: "hex@1", name: "blanks", encode: (text) => bytesOf(text).join(" ") },
  { id: "hex@1", name: "colons", encode: (text) => bytesOf(text).join(":") },
  {
    id: "hex@1",
    name: "0x",
    encode: (text) =>
      bytesOf(text)
        .map((byte) => `0x${byte}`)
        .join(", "),
  },
  {
    id: "hex@1",
    name: "\\x",
    encode: (text) =>
      bytesOf(text)
        .map((byte) => `\\x${byte}`)
        .join(""),
  },
  { id: "percent@1", name: "component", encode: (text) => encodeURIComponent(text) },
  { id: "percent@1", name: "form", encode: form },
  {
    id: "percent@1",
    name: "every byte",
    encode: (text) =>
      bytesOf(text)
        .map((byte) => `%${byte}`)
        .join(""),
  },
  {
    id: "json-escapes@1",
    name: "units",
    encode: (text) =>
      unitsOf(text)
        .map((unit) => `\\u${fourDigits(unit)}`)
        .join(""),
  },
  { id: "json-escapes@1", name: "literal", encode: (text) => JSON.stringify(text) },
  { id: "json-escapes@1", name: "inner", encode: (text) => JSON.stringify(text).slice(1, -1) },
  { id: "html-entities@1", name: "decimal", encode: (text) => Array.from(text, numbered).join("") },
  {
    id: "html-entities@1",
    name: "hexadecimal",
    encode: (text) => Array.from(text, (character) => `&#x${(character.codePointAt(0) ?? 0).toString(16)};`).join(""),
  },
  { id: "html-entities@1", name: "named", encode: (text) => Array.from(text, named).join("") },
];

/** What hides a text without changing it. */
export const VEILERS: readonly Encoder[] = [
  { id: "zero-width@1", name: "between all", encode: (text) => Array.from(text).join("\u200b") },
  { id: "zero-width@1", name: "tags", encode: (text) => `\u{e0041}${text}\u{e007f}` },
  {
    id: "unicode@1",
    name: "full width",
    encode: (text) => text.replace(/[!-~]/g, (character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0)),
  },
  { id: "unicode@1", name: "decomposed", encode: (text) => text.normalize("NFD") },
];
