/**
 * Where the keys of a TOML text stand (TOML 1.0, and the line breaks that 1.1 lets into inline tables).
 * smol-toml gives values without places; this walks the same text for the places without values.
 * INVARIANT: scans only what smol-toml has accepted, so it need not judge.
 */
import { parse } from "smol-toml";

/** A key or a list item: where it stands, and what stands in it. */
export interface PlaceNode {
  /** UTF-16 offset of the key; for an item that is no table of its own, that of the list's key. */
  readonly offset: number;
  readonly members: Map<string, PlaceNode>;
  readonly items: PlaceNode[];
}

interface KeyPart {
  readonly name: string;
  readonly offset: number;
}

const BLANK = /(?:\s+|#[^\n]*)*/y;
const SPACE = /[ \t]*/y;
const BARE_KEY = /[A-Za-z0-9_-]*/y;
/** Numbers, dates and booleans: none holds a character of this set. */
const SCALAR = /[^,\]}#\n]*/y;

function nodeAt(offset: number): PlaceNode {
  return { offset, members: new Map(), items: [] };
}

class PlaceScanner {
  private at = 0;
  private readonly source: string;

  constructor(source: string) {
    this.source = source;
  }

  scan(): PlaceNode {
    const root = nodeAt(0);
    let table = root;
    for (let before = -1; before < this.at;) {
      this.skip(BLANK);
      before = this.at;
      if (this.at >= this.source.length) break;
      if (this.source[this.at] === "[") table = this.header(root);
      else this.keyValue(table);
    }
    return root;
  }

  private skip(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.source)?.[0] ?? "";
    this.at += text.length;
    return text;
  }

  private take(character: string): boolean {
    if (this.source[this.at] !== character) return false;
    this.at++;
    return true;
  }

  /** `[table]` or `[[list of tables]]`; the node that the lines below it fill. */
  private header(root: PlaceNode): PlaceNode {
    this.take("[");
    const isItem = this.take("[");
    const parts = this.key();
    this.take("]");
    if (isItem) this.take("]");
    const last = parts.at(-1);
    if (!isItem || last === undefined) return descend(root, parts);
    const item = nodeAt(last.offset);
    member(descend(root, parts.slice(0, -1)), last).items.push(item);
    return item;
  }

  private keyValue(table: PlaceNode): void {
    const parts = this.key();
    this.take("=");
    this.skip(SPACE);
    this.value(descend(table, parts));
  }

  /** A dotted key; blanks are allowed around the dots. */
  private key(): readonly KeyPart[] {
    const parts: KeyPart[] = [];
    do {
      this.skip(SPACE);
      const offset = this.at;
      const isQuoted = this.source[offset] === '"' || this.source[offset] === "'";
      parts.push({ name: isQuoted ? this.string() : this.skip(BARE_KEY), offset });
      this.skip(SPACE);
    } while (this.take("."));
    return parts;
  }

  private value(node: PlaceNode): void {
    const first = this.source[this.at];
    if (first === "{") this.inlineTable(node);
    else if (first === "[") this.list(node);
    else if (first === '"' || first === "'") this.string();
    else this.skip(SCALAR);
  }

  private inlineTable(node: PlaceNode): void {
    this.take("{");
    for (let before = -1; before < this.at; this.take(",")) {
      this.skip(BLANK);
      if (this.take("}") || this.at >= this.source.length) return;
      before = this.at;
      this.keyValue(node);
      this.skip(BLANK);
    }
  }

  private list(node: PlaceNode): void {
    this.take("[");
    for (let before = -1; before < this.at; this.take(",")) {
      this.skip(BLANK);
      if (this.take("]") || this.at >= this.source.length) return;
      before = this.at;
      const item = nodeAt(this.source[this.at] === "{" ? this.at : node.offset);
      node.items.push(item);
      this.value(item);
      this.skip(BLANK);
    }
  }

  /** Any of the four string forms; its text, with escapes undone where it may be a key. */
  private string(): string {
    const start = this.at;
    const quote = this.source[start] ?? "";
    const isLong = this.source.startsWith(quote.repeat(3), start);
    const close = isLong ? quote.repeat(3) : quote;
    this.at += close.length;
    this.skipTo(close);
    const inner = this.source.slice(start + close.length, this.at);
    this.at += close.length;
    // A long string may end in up to five quotes, of which the first two are its own.
    while (isLong && this.take(quote));
    const isPlain = isLong || quote === "'" || !inner.includes("\\");
    return isPlain ? inner : decoded(this.source.slice(start, this.at));
  }

  /** To the closing quotes; only in strings with double quotes does a backslash take the next character along. */
  private skipTo(close: string): void {
    const escape = close.startsWith('"') ? "\\" : undefined;
    while (this.at < this.source.length && !this.source.startsWith(close, this.at))
      this.at += this.source[this.at] === escape ? 2 : 1;
  }
}

/** smol-toml's own reading of an escaped key, so that the two cannot differ. */
function decoded(text: string): string {
  const { key } = parse(`key = ${text}`);
  return typeof key === "string" ? key : "";
}

function member(node: PlaceNode, { name, offset }: KeyPart): PlaceNode {
  const known = node.members.get(name);
  if (known !== undefined) return known;
  const added = nodeAt(offset);
  node.members.set(name, added);
  return added;
}

/** Follows a dotted key, making what is missing; a list of tables stands for its newest item. */
function descend(from: PlaceNode, parts: readonly KeyPart[]): PlaceNode {
  let node = from;
  for (const part of parts) {
    node = member(node, part);
    node = node.items.at(-1) ?? node;
  }
  return node;
}

/** The tree of places of a TOML text. */
export function scanPlaces(source: string): PlaceNode {
  return new PlaceScanner(source).scan();
}
