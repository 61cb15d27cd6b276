/** The kinds of value tokens, and what a scan calls back with. */
export const TOKEN_KINDS = [
  "url",
  "email",
  "domain",
  "iban",
  "card",
  "phone",
  "wallet",
  "path",
  "id",
  "number",
  "date",
  "quoted",
] as const;
export type TokenKind = (typeof TOKEN_KINDS)[number];

/** What a scan finds: tokens, and the shorter numbers that stand for a value in prose (`amount`). */
export type FoundKind = TokenKind | "amount";
export type Emit = (kind: FoundKind, start: number, end: number) => void;
