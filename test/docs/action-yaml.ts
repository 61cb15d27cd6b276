/** Reads the part of YAML that the action is written in, strictly: mappings, lists of mappings, texts, and `|` blocks. */

export type Yaml = string | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
  readonly number: number;
}

const KEY = /^([A-Za-z_][\w-]*):(?: (.*))?$/;

/** @throws Error for whatever is not of that part */
export function parseYaml(source: string): Yaml {
  const raw = source.split("\n");
  const lines = raw.map((line, i) => ({
    indent: line.length - line.trimStart().length,
    text: line.trim(),
    number: i + 1,
  }));
  return new Reader(lines, raw).document();
}

class Reader {
  private at = 0;
  private readonly lines: readonly Line[];
  private readonly raw: readonly string[];

  constructor(lines: readonly Line[], raw: readonly string[]) {
    this.lines = lines;
    this.raw = raw;
  }

  document(): Yaml {
    const value = this.value(0);
    if (this.peek() !== undefined) throw this.wrong("is not indented as what it belongs to");
    return value;
  }

  private peek(): Line | undefined {
    while (this.lines[this.at]?.text === "" || this.lines[this.at]?.text.startsWith("#") === true) this.at++;
    return this.lines[this.at];
  }

  private value(indent: number): Yaml {
    return this.peek()?.text.startsWith("- ") === true ? this.list(indent) : this.mapping(indent);
  }

  private list(indent: number): Yaml {
    const items: Yaml[] = [];
    for (let line = this.peek(); line?.indent === indent; line = this.peek()) {
      if (!line.text.startsWith("- ")) throw this.wrong("is no item of the list");
      items.push(this.mapping(indent + 2, line.text.slice(2)));
    }
    return items;
  }

  /** `first`: the text of the first line, when it stands behind a dash. */
  private mapping(indent: number, first?: string): Yaml {
    const members: Record<string, Yaml> = {};
    let text = first;
    for (
      let line = this.peek();
      line !== undefined && (text !== undefined || line.indent === indent);
      line = this.peek()
    ) {
      const [, key, said] = KEY.exec(text ?? line.text) ?? [];
      if (key === undefined) throw this.wrong("is no `key: value`");
      if (key in members) throw this.wrong("is there twice");
      this.at++;
      members[key] = this.member(said ?? "", indent);
      text = undefined;
    }
    return members;
  }

  private member(said: string, indent: number): Yaml {
    if (said === "|") return this.block(indent + 2);
    if (said !== "") return this.text(said);
    const next = this.peek();
    if (next === undefined || next.indent <= indent) throw this.wrong("has no value");
    return this.value(next.indent);
  }

  private block(indent: number): string {
    const kept: string[] = [];
    for (; this.at < this.lines.length; this.at++) {
      const line = this.lines[this.at];
      if (line === undefined || (line.text !== "" && line.indent < indent)) break;
      kept.push((this.raw[this.at] ?? "").slice(indent));
    }
    return `${kept.join("\n").trimEnd()}\n`;
  }

  private text(said: string): string {
    if (said.startsWith('"')) return JSON.parse(said) as string;
    const plain = said.replace(/\$\{\{[^{}]*\}\}/g, "");
    if (/^[\w$(]/.test(said) && !/: | #/.test(plain)) return said;
    throw this.wrong("has a value that must be quoted");
  }

  private wrong(says: string): Error {
    return new Error(`line ${String((this.lines[this.at] ?? this.lines.at(-1))?.number)} ${says}`);
  }
}
