/** What secrets look like in a text. Each pattern takes linear time: bounded repeats, none within another. */

export interface SecretPattern {
  readonly id: string;
  readonly what: string;
  readonly pattern: RegExp;
  /** A text without any of these has no match, so that most files are passed over quickly. */
  readonly hints: readonly string[];
  /** Does the match hold up? Its first group is the value. */
  readonly holds?: (value: string) => boolean;
}

export interface SecretHit {
  readonly line: number;
  readonly what: string;
}

/** Said on the line of a value or the one before it, with a reason: this is none, or not one that matters. */
const ALLOW = /agentk:allow-secret\s+\S/;

/** Least bits per character of a value that counts as random. Words have about 3, base64 of random bytes over 4. */
const LEAST_ENTROPY_BITS = 3.7;

export const SECRET_PATTERNS: readonly SecretPattern[] = [
  {
    id: "private-key-pem",
    what: "a private key in PEM",
    pattern: /-----BEGIN (?:[A-Z0-9]{1,20} ){0,2}PRIVATE KEY(?: BLOCK)?-----\s{0,4}[A-Za-z0-9+/=:\\"]{16}/g,
    hints: ["PRIVATE KEY"],
  },
  {
    id: "aws-key-id",
    what: "an AWS access key id",
    pattern: /\b((?:AKIA|ASIA)[A-Z0-9]{16})\b/g,
    hints: ["AKIA", "ASIA"],
    holds: (value) => !value.endsWith("EXAMPLE"),
  },
  {
    id: "github-token",
    what: "a GitHub token",
    pattern: /\b(gh[pousr]_[A-Za-z0-9]{36,255}|github_pat_[A-Za-z0-9_]{50,255})\b/g,
    hints: ["ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"],
  },
  {
    id: "slack-token",
    what: "a Slack token",
    pattern: /\b(xox[abeoprs]-[A-Za-z0-9-]{20,250})/g,
    hints: ["xox"],
  },
  {
    id: "model-api-key",
    what: "a key of a model's API",
    pattern: /\b(sk-(?:[a-z]{2,10}-){0,2}[A-Za-z0-9_-]{32,200})/g,
    hints: ["sk-"],
    holds: isRandom,
  },
  {
    id: "named-secret",
    what: "a random value under the name of a secret",
    pattern:
      /(?:secret|token|passwd|password|passphrase|api_?key|access_?key|private_?key|credential)[A-Za-z0-9_]{0,40}["']?[ \t]{0,8}(?::|=|=>)[ \t]{0,8}["'`]([A-Za-z0-9+/_=-]{20,200})["'`]/gi,
    hints: [],
    holds: isRandom,
  },
];

/** A file whose name says that a key is in it. */
const KEY_FILE = /(?:^|[/._-])(?:key|keys|seed|secret|signing)$|\.(?:key|seed|pem|secret)$/i;
/** 32 bytes in hex, alone in its file or in a value. */
const HEX_KEY = /^[0-9a-f]{64}$/im;

/** The values that look like secrets, by line; nothing of a value is kept. Attacker-controlled: any file of a project. */
export function secretsIn(file: string, text: string): readonly SecretHit[] {
  const lines = new LineIndex(text);
  const hits: SecretHit[] = [];
  for (const { pattern, hints, holds, what } of SECRET_PATTERNS) {
    if (hints.length > 0 && !hints.some((hint) => text.includes(hint))) continue;
    for (const match of text.matchAll(pattern)) {
      if (holds?.(match[1] ?? match[0]) === false) continue;
      hits.push({ line: lines.lineAt(match.index), what });
    }
  }
  const hex = KEY_FILE.test(file) ? HEX_KEY.exec(text) : null;
  if (hex !== null) hits.push({ line: lines.lineAt(hex.index), what: "32 bytes in hex in a key file" });
  return hits.filter(({ line }) => !lines.allows(line)).sort((a, b) => a.line - b.line);
}

/** Letters and digits in it, and so mixed that nobody chose it as a word. */
function isRandom(value: string): boolean {
  return /\d/.test(value) && /[A-Za-z]/.test(value) && entropyBits(value) >= LEAST_ENTROPY_BITS;
}

/** Shannon entropy, bits a character. */
function entropyBits(value: string): number {
  const counts = new Map<string, number>();
  for (const character of value) counts.set(character, (counts.get(character) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= (count / value.length) * Math.log2(count / value.length);
  return bits;
}

class LineIndex {
  private readonly starts: number[] = [0];

  private readonly text: string;

  constructor(text: string) {
    this.text = text;
    for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.starts.push(at + 1);
  }

  /** 1-based. */
  lineAt(offset: number): number {
    let low = 0;
    let high = this.starts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.starts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }

  allows(line: number): boolean {
    return ALLOW.test(this.at(line)) || ALLOW.test(this.at(line - 1));
  }

  private at(line: number): string {
    const start = this.starts[line - 1];
    return start === undefined ? "" : this.text.slice(start, this.starts[line] ?? this.text.length);
  }
}
