/** Value tokens: the parts of text that carry authority, taken whole or not at all (design.md section 4). */
import { MAX_TOKENS } from "./bounds.js";
import { bareDigits } from "./tokens/accounts.js";
import type { Emit, FoundKind, TokenKind } from "./tokens/kinds.js";
import { canonicalNet } from "./tokens/net.js";
import { scanTokens } from "./tokens/scan.js";
import { canonicalScalar } from "./values.js";

/** What makes free text act: links, addresses, account numbers. */
export const ACTIVE_KINDS: ReadonlySet<TokenKind> = new Set([
  "url",
  "email",
  "domain",
  "iban",
  "card",
  "phone",
  "wallet",
]);

export interface Token {
  readonly kind: TokenKind;
  /** As written. */
  readonly text: string;
  /** The form in which it is compared: host in lower case, account numbers without separators, numbers typed. */
  readonly canonical: string;
  /** Half-open span in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
}

/** The tokens of a text in order of their starts; only `quoted` may hold others. Linear; at most MAX_TOKENS. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  const emit: Emit = (kind, start, end) => {
    if (kind === "amount" || tokens.length >= MAX_TOKENS) return;
    const written = text.slice(start, end);
    tokens.push({ kind, text: written, canonical: canonicalToken(kind, written), start, end });
  };
  scanTokens(text, emit, true);
  return tokens.sort((a, b) => a.start - b.start || b.end - a.end);
}

/**
 * The tokens that make a text act, in order of their starts. INVARIANT: a text that holds more than are reported has one
 * more at its end that is found nowhere, so that no flood hides one.
 */
export function activeTokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let active = 0;
  scanTokens(text, (kind, start, end) => {
    if (!isActiveKind(kind)) return;
    if (++active > MAX_TOKENS) return;
    const written = text.slice(start, end);
    tokens.push({ kind, text: written, canonical: canonicalToken(kind, written), start, end });
  });
  const sorted = tokens.sort((a, b) => a.start - b.start || b.end - a.end);
  return active > MAX_TOKENS ? [...sorted, unreadToken(text.length)] : sorted;
}

/** Stands for what was not looked at: active, and of no origin. */
export function unreadToken(at: number): Token {
  return { kind: "url", text: "", canonical: "", start: at, end: at };
}

function isActiveKind(kind: FoundKind): kind is TokenKind {
  return kind !== "amount" && ACTIVE_KINDS.has(kind);
}

/** True for a token that makes free text act. */
export function isActive(token: Token): boolean {
  return ACTIVE_KINDS.has(token.kind);
}

const CANONICAL: Readonly<Record<FoundKind, (text: string) => string>> = {
  url: canonicalNet,
  email: (text) => text.toLowerCase().replaceAll("\u3002", "."),
  domain: canonicalNet,
  iban: bareDigits,
  card: bareDigits,
  phone: (text) => bareDigits(text).replace(/^00/, ""),
  wallet: (text) => text.toLowerCase(),
  path: (text) => text.replaceAll("\\", "/"),
  id: (text) => text,
  number: typedForm,
  amount: typedForm,
  date: typedForm,
  quoted: (text) => text,
};

/** The form in which a token of this kind is compared. */
export function canonicalToken(kind: FoundKind, text: string): string {
  return CANONICAL[kind](text);
}

function typedForm(text: string): string {
  return canonicalScalar(text) ?? text.toLowerCase();
}
