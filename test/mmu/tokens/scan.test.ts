/** The scan skips what can be no token after a look at its characters: nothing may be lost by that. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_TOKENS } from "../../../src/mmu/bounds.js";
import { scanTokens } from "../../../src/mmu/tokens/scan.js";
import { activeTokensOf, isActive, tokensOf } from "../../../src/mmu/tokens.js";

const kinds = (text: string): string[] => tokensOf(text).map(({ kind, text: written }) => `${kind} ${written}`);

describe("scanTokens", () => {
  it.each([
    ["see foo~/.ssh/id_rsa", ["path ~/.ssh/id_rsa"]],
    ["naïve.com/x", ["domain naïve.com/x"]],
    ["well-known and half_baked", ["id well-known", "id half_baked"]],
    ["a-b c_d", []],
    ["call +4915112345679", ["phone +4915112345679"]],
    ["call + 49 151 1234 5679", ["phone + 49 151 1234 5679"]],
    ["on 3rd of May 2024", ["date 3rd of May 2024"]],
    ["May 3", ["date May 3"]],
    ["sum 12345", ["number 12345"]],
    ["sum 1'234'567.89", ["number 1'234'567.89"]],
    ["12345é", []],
    ["x12345", ["id x12345"]],
    ["x1234", []],
    ["DE89 3704 0044 0532 0130 00", ["iban DE89 3704 0044 0532 0130 00"]],
    ["DE8 3704", []],
    ["https://x.example/(a)[b])", ["url https://x.example/(a)[b]"]],
    ["::1 and fe80::1", ["domain ::1", "domain fe80::1"]],
    ["`Mark` said", ["quoted Mark"]],
    ['x"Mark"', []],
    ['"Mark', []],
    ['"Mark`', []],
    ['"Ma\nrk"', []],
    ['" Mark"', []],
    ['"Mark "', []],
    ['"12"', []],
    ['""', []],
    ['"é"', ["quoted é"]],
    [`"${"a".repeat(80)}"`, [`quoted ${"a".repeat(80)}`]],
    [`"${"a".repeat(81)}"`, []],
    ['say "a@b.c d"', ["quoted a@b.c d", "email a@b.c"]],
    ["abc-de", ["id abc-de"]],
    ["abc-d", []],
    ["abc--def", ["id abc--def"]],
    ["abc---def", []],
    ["abcdef-", []],
    ["abc12-", []],
    ["abc_def.", ["id abc_def"]],
    ["abc.defg", ["domain abc.defg"]],
    ["abc.def1", ["id abc.def1"]],
    ["abc+123", ["id abc+123"]],
    ["abc+def", []],
    ["abc=1234", ["id abc=1234"]],
    ["abc#1234", ["id abc#1234"]],
    ["abc/d:e1", ["id abc/d:e1"]],
    ["abc~1234", []],
    ["abc-123é", []],
    ["éabc1234", []],
    ["123456a", ["id 123456a"]],
    ["1234-5678", ["id 1234-5678"]],
    ["12-34", []],
    ["10:30,11:30", ["date 10:30", "date 11:30"]],
    ["2024-05-15-b12", ["date 2024-05-15"]],
    ["a1b2c3,d4e5f6", ["id a1b2c3", "id d4e5f6"]],
    ["12345,bob@x.com", ["number 12345", "email bob@x.com"]],
    ["12,bob.com", ["domain bob.com"]],
    ["1.5/x@y.z", ["email x@y.z"]],
    ["15 May,bob@x.com", ["date 15 May", "email bob@x.com"]],
    ["+491511234567;bob@x.com", ["phone +491511234567", "email bob@x.com"]],
    ["DE89370400440532013000,x@y.z", ["iban DE89370400440532013000", "email x@y.z"]],
    [`0x${"a".repeat(40)},x@y.z`, [`wallet 0x${"a".repeat(40)}`, "email x@y.z"]],
    ["DE8937 x", ["id DE8937"]],
    ["/etc/passwd,x@y.z", ["path /etc/passwd", "email x@y.z"]],
    ["x@y.z,https://a.b", ["email x@y.z", "url https://a.b"]],
    ["::1,x@y.z", ["domain ::1", "email x@y.z"]],
    ["1.2.3.4:5", ["domain 1.2.3.4:5"]],
    ["12:30:45", ["date 12:30:45"]],
    ["'a@b.c'", ["email a@b.c"]],
    ["+1-abc", []],
    ["+x12345", ["id x12345"]],
    ["+", []],
  ])("finds in %j: %j", (text, found) => {
    expect(kinds(text)).toEqual(found);
  });

  it("finds what is set apart in quotes only for who asks for it", () => {
    const kindsOf = (...withQuoted: boolean[]): string[] => {
      const found: string[] = [];
      scanTokens('"Mark" a@b.c', (kind) => found.push(kind), ...withQuoted);
      return found;
    };
    expect(kindsOf()).toEqual(["email"]);
    expect(kindsOf(true)).toEqual(["quoted", "email"]);
  });

  it("finds the same in a text however long the plain text around it is", () => {
    const tokens = fc.constantFrom(
      "bob@x.example",
      "https://a.example/b",
      "DE89370400440532013000",
      "10:30",
      "id-7-x9",
    );
    const plain = fc.string({ unit: fc.constantFrom("word", "don't", "end. ", " ", "\n", "—", "so!"), maxLength: 30 });
    fc.assert(
      fc.property(plain, tokens, plain, (before, token, after) => {
        const alone = kinds(token);
        expect(kinds(`${before} ${token} ${after}`)).toEqual(alone);
      }),
    );
  });
});

describe("activeTokensOf", () => {
  it("gives what tokensOf gives of links, addresses and accounts", () => {
    const pieces = [
      "bob@x.example",
      "https://a.example",
      '"quoted name"',
      "DE89370400440532013000",
      " ",
      "12345",
      "(",
      ")",
    ];
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...pieces), maxLength: 12 }), (text) => {
        expect(activeTokensOf(text)).toEqual(tokensOf(text).filter(isActive));
      }),
    );
    const long = '"quoted name" '.repeat(MAX_TOKENS) + "bob@x.example";
    expect(activeTokensOf(long).map(({ text }) => text)).toEqual(["bob@x.example"]);
  });
});

describe("a chunk of very many tokens", () => {
  it.each(["a@", "1,", "%25", "a~", "a1b2c3~", "1.5,", "a&", "a@b.c~", "12345:", "=//1."])(
    "of %j is read a bounded number of times",
    (piece) => {
      const text = piece.repeat(100_000 / piece.length);
      let reads = 0;
      const counted = {
        length: text.length,
        charCodeAt: (at: number): number => text.charCodeAt(at),
        slice: (from: number, to: number): string => {
          reads += to - from;
          return text.slice(from, to);
        },
      };
      scanTokens(counted as unknown as string, () => undefined);
      expect(reads).toBeLessThan(20 * text.length);
    },
  );

  it.each(["a~", "a&", "%25", "1,"])("of %j hides no address after a mark", (piece) => {
    const text = `${piece.repeat(200)}x~bob@evil.example`;
    expect(activeTokensOf(text).some(({ text: written }) => written.endsWith("bob@evil.example"))).toBe(true);
  });
});
