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
  ])("finds in %j: %j", (text, found) => {
    expect(kinds(text)).toEqual(found);
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
  it.each(["a@", "1,", "%25", "a~", "a1b2c3~", "1.5,", "a&"])("of %j is read a bounded number of times", (piece) => {
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
  });

  it.each(["a~", "a&", "%25", "1,"])("of %j hides no address after a mark", (piece) => {
    const text = `${piece.repeat(200)}x~bob@evil.example`;
    expect(activeTokensOf(text).some(({ text: written }) => written.endsWith("bob@evil.example"))).toBe(true);
  });
});
