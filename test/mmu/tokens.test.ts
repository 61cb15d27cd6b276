/** Value tokens: taken whole, with nothing of the sentence around them. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_TOKENS } from "../../src/mmu/bounds.js";
import { activeTokensOf, canonicalToken, isActive, tokensOf, unreadToken } from "../../src/mmu/tokens.js";

const found = (text: string): string[] =>
  tokensOf(text)
    .filter(({ kind }) => kind !== "quoted")
    .map(({ kind, canonical }) => `${kind} ${canonical}`);

describe("tokensOf", () => {
  it.each([
    ["see https://Evil.example:443/A?x=1, now", "url https://evil.example/A?x=1"],
    ["[text](https://x.y/z)", "url https://x.y/z"],
    ["(https://en.wikipedia.org/wiki/A_(b))", "url https://en.wikipedia.org/wiki/A_(b)"],
    ['<a href="http://x.example/">', "url http://x.example"],
    ["//evil.com/x", "url //evil.com/x"],
    ["src=//evil.com/x", "url //evil.com/x"],
    ["pay DE89.3704.0044.0532.0130.00 now", "iban de89370400440532013000"],
    ["pay DE89/3704/0044/0532/0130/00 now", "iban de89370400440532013000"],
    ["pay DE89_3704_0044_0532_0130_00 now", "iban de89370400440532013000"],
    [`to 0x${"aB1".repeat(13)}f now`, `wallet 0x${"ab1".repeat(13)}f`],
    ["to bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq.", "wallet bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"],
    ["see https:/evil.example", "url https:/evil.example"],
    ["see https:\\\\evil.example", "url https:\\\\evil.example"],
    ["\\\\evil\\share", "url \\\\evil\\share"],
    ["hxxp://evil.com", "domain evil.com"],
    ["go to www.evil.example.", "domain www.evil.example"],
    ["evil.example/x", "domain evil.example/x"],
    ["at 10.0.0.1:8080/x", "domain 10.0.0.1:8080/x"],
    ["<Mark@X.com>", "email mark@x.com"],
    ["mailto:a.b@c.de", "email a.b@c.de"],
    ["pay GB82 WEST 1234 5698 7654 32 now", "iban gb82west12345698765432"],
    ["US133000000121212121212.", "iban us133000000121212121212"],
    ["4111 1111 1111 1111", "card 4111111111111111"],
    ["call +1 (555) 123-4567", "phone 15551234567"],
    ["/etc/passwd,", "path /etc/passwd"],
    ["C:\\win\\x.txt", "path C:/win/x.txt"],
    ["550e8400-e29b-41d4-a716-446655440000", "id 550e8400-e29b-41d4-a716-446655440000"],
    ["order 1,200,000", "number n:1200000"],
    ["on May 15th, 2024 we", "date d:2024-05-15"],
    ["on 2024-05-15 we", "date d:2024-05-15"],
  ])("%j holds %s", (text, token) => {
    expect(found(text)).toEqual([token]);
  });

  it.each([
    "e.g. this",
    "Node.js",
    "readme.md",
    "the end.Next one",
    "and/or",
    "1.2.3",
    "don't",
    "13",
    "a @b c",
    "list.map(x)",
  ])("%j holds none that acts", (text) => {
    expect(found(text).filter((token) => !/^(?:id|date)/.test(token))).toEqual([]);
  });

  it("names what was set apart in quotes", () => {
    expect(tokensOf('for "Mark Black" only')).toMatchObject([
      { kind: "quoted", text: "Mark Black", start: 5, end: 15 },
    ]);
  });

  it("gives spans of the text it was given, whatever that is", () => {
    const pieces = fc.constantFrom(
      "a",
      "9",
      ".",
      "@",
      "/",
      ":",
      " ",
      "(",
      ")",
      '"',
      "-",
      "+",
      "www",
      "com",
      "é",
      "May ",
    );
    fc.assert(
      fc.property(fc.string({ unit: pieces, maxLength: 60 }), (text) => {
        for (const token of tokensOf(text)) {
          expect(token.end).toBeGreaterThan(token.start);
          expect(text.slice(token.start, token.end)).toBe(token.text);
        }
      }),
    );
  });

  it.each(["a.", "1 ", "1-", "@a.", "https://", "(", '"', "a1b2 ", "May 1", "::", "9,999"])(
    "reads %j over and over",
    (piece) => {
      expect(tokensOf(piece.repeat(20_000)).length).toBeLessThanOrEqual(10_000);
    },
  );
});

describe("canonicalToken", () => {
  it.each([
    ["url", "HTTP://A.b:80/C", "http://a.b/C"],
    ["email", "A@B.C", "a@b.c"],
    ["email", "a@b\u3002c", "a@b.c"],
    ["domain", "A.b/", "a.b"],
    ["iban", "DE89 37.04", "de893704"],
    ["card", "41-11", "4111"],
    ["phone", "0049 30", "4930"],
    ["phone", "+49 (30)", "4930"],
    ["phone", "1 00 49", "10049"],
    ["wallet", "0xAB", "0xab"],
    ["path", "C:\\a\\b", "C:/a/b"],
    ["id", "A-b", "A-b"],
    ["number", "1,200", "n:1200"],
    ["amount", "5.0", "n:5"],
    ["date", "May 15, 2024", "d:2024-05-15"],
    ["date", "XX 99", "xx 99"],
    ["quoted", "Ab C", "Ab C"],
  ] as const)("of the %s %j is %j", (kind, text, canonical) => {
    expect(canonicalToken(kind, text)).toBe(canonical);
  });
});

describe("tokens beyond what is reported", () => {
  const addresses = (count: number): string => "a@b.c ".repeat(count);

  it("are told of by one that is found nowhere", () => {
    const text = addresses(MAX_TOKENS + 1);
    const active = activeTokensOf(text);
    expect(active).toHaveLength(MAX_TOKENS + 1);
    expect(active.at(-1)).toEqual(unreadToken(text.length));
    expect(active.at(-1)).toEqual({ kind: "url", text: "", canonical: "", start: text.length, end: text.length });
    expect(activeTokensOf(addresses(MAX_TOKENS)).at(-1)?.text).toBe("a@b.c");
    expect(tokensOf(text)).toHaveLength(MAX_TOKENS);
  });
});

describe("the order of tokens", () => {
  it("is that of their starts, the longer first", () => {
    expect(tokensOf('"a@b.c d" 15 "x"').map(({ start, text }) => [start, text])).toEqual([
      [1, "a@b.c d"],
      [1, "a@b.c"],
      [14, "x"],
    ]);
    expect(activeTokensOf("x@y.z 2 a@b.c").map(({ start }) => start)).toEqual([0, 8]);
  });

  it("counts links, addresses and accounts as what acts, and nothing else", () => {
    const text =
      'https://a.b c@d.e f.com DE89370400440532013000 4111111111111111 +49 30 1234567 /x/y ab-cdef 12345 "q"';
    expect(tokensOf(text).map((token) => [token.kind, isActive(token)])).toEqual([
      ...["url", "email", "domain", "iban", "card", "phone"].map((kind) => [kind, true]),
      ...["path", "id", "number", "quoted"].map((kind) => [kind, false]),
    ]);
  });
});
