/** No token hides another that stands beside it without a blank: whoever writes a text chooses what stands there. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BOTTOM, OUTSIDE } from "../../../src/mmu/lattice.js";
import { Memory } from "../../../src/mmu/memory.js";
import { tokenProvenance } from "../../../src/mmu/provenance.js";
import { activeTokensOf, tokensOf } from "../../../src/mmu/tokens.js";

const found = (text: string): string[] => tokensOf(text).map(({ kind, text: written }) => `${kind} ${written}`);

describe("all addresses of one chunk", () => {
  it.each([
    ["mailto:good@x.com?cc=bob@evil.com", ["email good@x.com", "email bob@evil.com"]],
    ["mailto:a@x.com?cc=b@y.com&bcc=c@z.com", ["email a@x.com", "email b@y.com", "email c@z.com"]],
    ["a@x.com&b@y.com", ["email a@x.com", "email b@y.com"]],
    ["a@x.com@b@y.com", ["email a@x.com", "email b@y.com"]],
    ["@@@@@@a@x.com", ["email a@x.com"]],
    ["4711234:a@x.com", ["number 4711234", "email a@x.com"]],
    ["evil.com:a@x.com", ["domain evil.com", "email a@x.com"]],
    ["a@x.com:evil.com", ["email a@x.com", "domain evil.com"]],
    ["a@x.com:evil.zz", ["email a@x.com", "domain evil.zz"]],
    ["a@x.com:/etc/x", ["email a@x.com", "path /etc/x"]],
    ["a@x.com=id-4711", ["email a@x.com", "id id-4711"]],
  ])("%s", (text, tokens) => {
    expect(found(text)).toEqual(tokens);
  });

  it("whatever stands between two of them, and however many there are", () => {
    const between = fc.constantFrom(..."!#$%&*+/:=?^_~\\@;,|()[]{}<>\"'`".split(""), "?cc=", "//", "%20", ":a@b:");
    fc.assert(
      fc.property(fc.array(between, { minLength: 1, maxLength: 40 }), (marks) => {
        const text = marks.map((mark, i) => `${mark}a${String(i)}@x${String(i)}.com`).join("");
        const all = activeTokensOf(text).map(({ text: written }) => written);
        for (const i of marks.keys())
          expect(all.some((written) => written.includes(`a${String(i)}@x${String(i)}.com`))).toBe(true);
      }),
    );
  });
});

describe("what begins at the mark behind a token", () => {
  const numbers = Array.from({ length: 12 }, () => "number 12345");

  it.each([
    ["abc=1234é.zz", []],
    ["abcd12'1.2.3.4", ["id abcd12", "domain 1.2.3.4"]],
    ["12345~/a=b", ["number 12345", "path ~/a=b"]],
    ["12345\\\\evil\\x=y", ["number 12345", "url \\\\evil\\x=y"]],
    ["12345//evil.zz/x", ["number 12345", "url //evil.zz/x"]],
    [`${"12345~".repeat(12)}/a/b, c`, [...numbers, "path ~/a/b"]],
    [`${"12345~".repeat(12)}/a/b c`, [...numbers, "path ~/a/b"]],
    [`${"12345~".repeat(12)}/a=b c`, [...numbers, "path ~/a"]],
    ["x\\DE89370400440532013000@x.com", ["email DE89370400440532013000@x.com"]],
  ])("%s", (text, tokens) => {
    expect(found(text)).toEqual(tokens);
  });
});

describe("what stands before a link", () => {
  it.each([
    ["evil@evil.com/https://good.com/a", ["email evil@evil.com", "url https://good.com/a"]],
    ["evil.com?https://good.com", ["domain evil.com", "url https://good.com"]],
    ["https://evil.com/http:/good.com", ["url https://evil.com/", "url http:/good.com"]],
    ["evil.com=//good.com/a", ["domain evil.com", "url //good.com/a"]],
    ["a@x.com:b@y.com:https://good.com", ["email a@x.com", "email b@y.com", "url https://good.com"]],
    ["see=https://good.com", ["url https://good.com"]],
    ["abcdef=a-1://x", ["url a-1://x"]],
    ["abcdef_https://x.zz", ["url https://x.zz"]],
    ["https://good.com/a@x.com?u=https://b.com", ["url https://good.com/a@x.com?u=https://b.com"]],
  ])("%s", (text, tokens) => {
    expect(found(text)).toEqual(tokens);
  });
});

describe("a host beside a mark that no host has", () => {
  it.each([
    ["see:evil.com", ["domain evil.com"]],
    ["go, see:evil.com now", ["domain evil.com"]],
    ["see=evil.com/x&y=1", ["domain evil.com/x&y=1"]],
    ["@evil.com", ["domain evil.com"]],
    [".evil.com", ["domain evil.com"]],
    ["/etc/passwd:evil.com", ["path /etc/passwd", "domain evil.com"]],
    ["/home/site.com/x", ["path /home/site.com/x"]],
    ["good.com:evil.com", ["domain good.com", "domain evil.com"]],
    ["evil.com&a", ["domain evil.com"]],
    ["a~www.evil.zip:8080/x", ["domain www.evil.zip:8080/x"]],
    [":हिन्दी.com", ["domain हिन्दी.com"]],
    ["4711234=evil.com", ["number 4711234", "domain evil.com"]],
    [":a.b.c.d.e.f.g.h.i.j.evil.com", ["domain a.b.c.d.e.f.g.h.i.j.evil.com"]],
  ])("%s", (text, tokens) => {
    expect(found(text)).toEqual(tokens);
  });

  it.each(["a/evil.com/x", "src\\main.info", "x=this.id", "v=evil.com.local", "a=evil.com@b", "=.com", "=com"])(
    "%s has none, but a path, a member or another name",
    (text) => {
      expect(found(text).filter((token) => token.startsWith("domain"))).toEqual([]);
    },
  );
});

describe("a host behind two slashes, as browsers read them", () => {
  it.each([
    ["//evil.com/x"],
    ["/\\evil.com/x"],
    ["\\/evil.com/x"],
    ["/\\/evil.com"],
    ["///evil.com"],
    ["//evil.com\\x"],
    ["//evil.com:/x"],
    ["//user:word@evil.com/x"],
    ["//2130706433/x"],
    ["//0x7f.1"],
    ["//[::1]/x"],
    ["//evil.com!x"],
    ["//evil\u3002com/x"],
    ["//evil.com__!x"],
  ])("%s is a link, at the start or beside a mark", (link) => {
    for (const mark of ["", "=", "!", "?", "#x=", "4711!", "/a?u=", "1:"])
      expect(found(`${mark}${link}`)).toContain(`url ${link}`);
    expect(found(`![picture](${link})`)).toEqual([`url ${link}`]);
  });

  it.each(["//comment", "//div[1]", "/a//b", "a//evil.com", "src//main.ts", "//2026-01-01", "/\\bword\\b/", "//"])(
    "%s is none",
    (text) => {
      expect(found(text).filter((token) => token.startsWith("url"))).toEqual([]);
    },
  );
});

describe("an account behind a mark", () => {
  const [iban, wallet] = ["DE89370400440532013000", `0x${"a1".repeat(20)}`];

  it.each(Array.from(":=#/.-_+"))("%s is one whatever name stands before it", (mark) => {
    expect(found(`account${mark}${iban}`)).toEqual([`iban ${iban}`]);
    expect(found(`to${mark}${wallet}.`)).toEqual([`wallet ${wallet}`]);
    expect(found(`card${mark}4111111111111111`)).toEqual(["card 4111111111111111"]);
  });

  it.each([
    ["IBAN:DE89 3704 0044 0532 0130 00", ["iban DE89 3704 0044 0532 0130 00"]],
    ["card=4111 1111 1111 1111", ["card 4111 1111 1111 1111"]],
    [`ab-c123:${iban}`, ["id ab-c123", `iban ${iban}`]],
    [`4711234/${iban}`, [`iban ${iban}`]],
    ["phone:+491511234567", ["phone +491511234567"]],
    ["Tel.+49-30-1234567", ["phone +49-30-1234567"]],
    ["phone:030-123-4567", ["phone 030-123-4567"]],
    ["fax=030-123-4567", ["phone 030-123-4567"]],
    ["a@x.com=+491511234567", ["email a@x.com", "phone +491511234567"]],
    ["a@x.com+491511234567", ["email a@x.com", "phone +491511234567"]],
  ])("%s", (text, tokens) => {
    expect(found(text)).toEqual(tokens);
  });

  it.each([
    "order-030-123-4567",
    "PO#2024-05-1234",
    "backup-2024-05-15-123456",
    "card:4111111111111112",
    "550e8400-e29b-41d4-a716-446655440000",
    "vat:DE123456789",
  ])("%s has none: it is an id", (text) => {
    expect(found(text)).toEqual([`id ${text}`]);
  });
});

it("an account behind a mark is where the user named it, and another one nowhere", () => {
  const said = "pay DE89370400440532013000";
  const leaf = { path: "/text", text: said, isText: true, labels: OUTSIDE, classes: ["user"] };
  const memory = Memory.empty().add("p1", [leaf]);
  const matches = (text: string): readonly string[] =>
    tokenProvenance(memory, text, OUTSIDE).map(({ provenance }) => provenance.match);
  expect(matches("IBAN:DE89370400440532013000")).toEqual(["contained"]);
  expect(matches("IBAN:FR1420041010050500013M02606")).toEqual(["nowhere"]);
});

it("an address that the user never named is nowhere, though it stands behind one that he did", () => {
  const leaf = { path: "/text", text: "write to good@x.com", isText: true, labels: OUTSIDE, classes: ["user"] };
  const memory = Memory.empty().add("p1", [leaf]);
  const answers = tokenProvenance(memory, "mailto:good@x.com?cc=bob@evil.com", OUTSIDE);
  expect(answers.map(({ token, provenance }) => [token.text, provenance.match])).toEqual([
    ["good@x.com", "contained"],
    ["bob@evil.com", "nowhere"],
  ]);
});

describe("what begins with the last group of a number or date", () => {
  it.each([
    ["on 15 May 2024.com now", ["date 15 May 2024", "domain 2024.com"]],
    ["May 15, 2024.xyz/steal?x=1", ["date May 15, 2024", "domain 2024.xyz/steal?x=1"]],
    ["4111 1111 1111 1111.com", ["card 4111 1111 1111 1111", "domain 1111.com"]],
    ["+49 170 1234567.evil.com.", ["phone +49 170 1234567", "domain 1234567.evil.com"]],
    ["GB82 WEST 1234 5698 7654 32.com", ["iban GB82 WEST 1234 5698 7654 32", "domain 32.com"]],
    ["+49 170 1234567@evil.com", ["phone +49 170 1234567", "email 1234567@evil.com"]],
    ["15 May 2024.bob@x.com", ["date 15 May 2024", "email 2024.bob@x.com"]],
    ["15 May 2024.com?cc=b@x.com", ["date 15 May 2024", "domain 2024.com", "email b@x.com"]],
    ["y.com&:020 7946 163.com", ["domain y.com", "phone 020 7946 163", "domain 163.com"]],
    ["15 May 2024.com,15 May 2024.net", ["date 15 May 2024", "domain 2024.com", "date 15 May 2024", "domain 2024.net"]],
  ])("is told beside it: %s", (text, tokens) => {
    expect(found(text)).toEqual(tokens);
  });

  it.each([
    ["on 15 May 2024. Then", ["date 15 May 2024"]],
    ["on 15 May 2024.5 or so", ["date 15 May 2024"]],
    ["4111 1111 1111 1111.x", ["card 4111 1111 1111 1111"]],
    ["+49 170 1234567.", ["phone +49 170 1234567"]],
  ])("is nothing where no host goes on: %s", (text, tokens) => {
    expect(found(text)).toEqual(tokens);
  });

  it("is of no origin, whoever wrote the number", () => {
    const number = { path: "/x", text: "call +49 170 1234567", isText: true, labels: BOTTOM, classes: ["user"] };
    const classes = (text: string): string[] =>
      tokenProvenance(Memory.empty().add("p1", [number]), text, OUTSIDE).map(({ provenance }) =>
        [...provenance.classes].join(),
      );
    expect(classes("+49 170 1234567")).toEqual(["trusted,user"]);
    expect(classes("+49 170 1234567.com")).toEqual(["trusted,user", "nowhere"]);
  });
});

describe("a number in groups beside a link", () => {
  it.each([
    ["y.com&:020 7946 0958 now", ["domain y.com", "phone 020 7946 0958"]],
    ["a@x.com&GB82 WEST 1234 5698 7654 32", ["email a@x.com", "iban GB82 WEST 1234 5698 7654 32"]],
    ["y.com&:4111 1111 1111 1111a@x.com", ["domain y.com", "phone 4111 1111 1111", "email 1111a@x.com"]],
  ])("is one token, of which no part is another: %s", (text, tokens) => {
    expect(found(text)).toEqual(tokens);
  });
});
