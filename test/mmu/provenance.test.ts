/** Provenance, rule by rule, against what attackers try: a part of a value is not the value. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Labels } from "../../src/abi/labels.js";
import type { Provenance } from "../../src/abi/provenance.js";
import { MAX_ARGUMENT_CHARS } from "../../src/mmu/bounds.js";
import { BOTTOM, join, mayFlow, OUTSIDE } from "../../src/mmu/lattice.js";
import { Memory, type PageLeaf } from "../../src/mmu/memory.js";
import { provenanceOf, tokenProvenance, wordClasses } from "../../src/mmu/provenance.js";
import { normalize } from "../../src/mmu/text/normalize.js";
import { canonicalScalar } from "../../src/mmu/values.js";

const PRIVATE: Labels = { ...OUTSIDE, confidentiality: "private" };
const leaf = (text: string, labels: Labels = BOTTOM, ...classes: string[]): PageLeaf => ({
  path: "/x",
  text,
  isText: true,
  labels,
  classes,
});
const user = (text: string): Memory => Memory.empty().add("p1", [leaf(text, BOTTOM, "user")]);
const ask = (memory: Memory, value: string | number | boolean | null): Provenance =>
  provenanceOf(memory, value, PRIVATE);

describe("a value is found", () => {
  it.each<[string, string | number, string]>([
    ["Mark Black", "mark  BLACK", "exact"],
    ["98.70", 98.7, "exact"],
    ["13", 13, "exact"],
    ["2024-05-15", "May 15th, 2024", "exact"],
    ["pay US133000000121212121212 today", "US133000000121212121212", "contained"],
    ["pay GB82 WEST 1234 5698 7654 32 today", "GB82WEST12345698765432", "contained"],
    ["write to Mark Black, please", "Mark Black", "contained"],
    ["write to mark@x.com.", "mark@x.com", "contained"],
    ["send $98.70 now", 98.7, "contained"],
    ["event id 13", 13, "contained"],
    ["ask Bob about it", "Bob", "contained"],
    ["on 15 May 2024", "2024-05-15", "contained"],
    ["see https://Docs.example/a.", "https://docs.example/a", "contained"],
  ])("in %j: %j, %s", (text, value, match) => {
    const found = ask(user(text), value);
    expect(found).toMatchObject({ match, endorsed: true, labels: BOTTOM });
    expect(found.classes).toEqual(new Set(["trusted", "user"]));
  });

  it.each<[string, string | number | boolean | null]>([
    ["pay US133000000121212121212", "US1330000001212121"],
    ["pay US133000000121212121212", "US122000000121212121212"],
    ["pay US133000000121212121212", "xUS133000000121212121212"],
    ["pay GB82 WEST 1234 5698 7654 32", "GB82 WEST 1234"],
    ["pay GB82 WEST 1234 5698 7654 32", "5698 7654"],
    ["to mark.black-2134@gmail.com", "black-2134@gmail.com"],
    ["to mark.black-2134@gmail.com", "gmail.com"],
    ["mark black at gmail.com 2134", "mark.black-2134@gmail.com"],
    ["see https://docs.example/a/b", "docs.example"],
    ["see https://docs.example/a/b", "https://docs.example/a"],
    ["June 13", 13],
    ["June 13", "13"],
    ["the 13 of them", 13],
    ["May 15, 2024", "2024"],
    ["the meeting", "the"],
    ["ask bob about it", "bob"],
    ["true story", true],
    ["nothing is null", null],
    ["etc/passwd", "../etc/passwd"],
  ])("not in %j: %j", (text, value) => {
    expect(ask(user(text), value)).toMatchObject({ endorsed: false });
    expect(ask(user(text), value).classes).toEqual(new Set(["nowhere"]));
  });

  it.each<[string, string]>([
    ["Mark Black", "\uff2dark\u200b Black"],
    ["Mark Black", "Mark\nBlack"],
    ["bob.miller@acme.example", "bob.\u200bmiller@acme.example"],
    ["bob.miller@acme.example", "bob.miller@acme.ex\u{e0061}ample"],
    ["open https://acme.example/r/AbC", "https://acme.example/r/aBc"],
    ["read /etc/Hosts.allow", "/etc/hosts.allow"],
    ["order aB12cD34 again", "ab12cd34"],
    ["ask Mark Black about it", '"Mark Black"'],
    ["ask Mark Black about it", "Mark Black;"],
    ["pay the $13 invoice", "13"],
    ["what we spent from 2024 on", "2024"],
  ])("not endorsed in %j: %j", (text, value) => {
    const found = ask(user(text), value);
    expect(found).toMatchObject({ endorsed: false, labels: PRIVATE });
    expect(found.classes).toEqual(new Set(["nowhere"]));
  });

  it.each<[string, string]>([
    ["open https://Acme.example/r/AbC", "https://acme.EXAMPLE/r/AbC"],
    ["order aB12cD34 again", "aB12cD34"],
    ["mail Bob2@X.com", "bob2@x.COM"],
    ["id 2024 is it", "2024"],
    ["open https://acme.example/r/abc", "https://acme.example/r/abc"],
  ])("endorsed in %j: %j", (text, value) => {
    expect(ask(user(text), value).endorsed).toBe(true);
  });

  it("with a span of the text as it was written", () => {
    const text = "Zu zahlen\u200b:  US133000000121212121212!";
    const [origin] = ask(user(text), "us133000000121212121212").origins;
    expect(origin).toMatchObject({ page: "p1", path: "/x" });
    expect(text.slice(origin?.start, origin?.end)).toBe("US133000000121212121212");
  });
});

describe("labels of what is found", () => {
  const iban = "US133000000121212121212";

  it("are the user's when an attacker repeats it, in either order", () => {
    const hostile = leaf(iban, PRIVATE);
    for (const memory of [
      user(iban).add("p2", [hostile]),
      Memory.empty()
        .add("p2", [hostile])
        .add("p1", [leaf(iban, BOTTOM, "user")]),
    ]) {
      expect(ask(memory, iban)).toMatchObject({ endorsed: true, labels: BOTTOM });
      expect(ask(memory, iban).classes).toEqual(new Set(["trusted", "untrusted", "user"]));
    }
  });

  it("join the confidentiality of all places when none is the user's", () => {
    const memory = Memory.empty()
      .add("p1", [leaf(iban)])
      .add("p2", [leaf(iban, PRIVATE)]);
    expect(ask(memory, iban).labels).toEqual({ ...PRIVATE, integrity: "trusted" });
  });

  it("do not make an untrusted leaf trusted by its classes", () => {
    const memory = Memory.empty().add("p1", [leaf(iban, OUTSIDE, "trusted")]);
    expect(ask(memory, iban).endorsed).toBe(false);
    expect(ask(memory, iban).classes).toEqual(new Set(["untrusted"]));
  });

  it("name the most and the least trusted places first, four at most", () => {
    const tagged = ["a", "b", "c", "d", "e"].map((tag) => leaf(iban, { ...OUTSIDE, tags: [tag] }));
    const { origins } = ask(Memory.empty().add("p1", [...tagged, leaf(iban)]), iban);
    expect(origins).toHaveLength(4);
    expect(origins[0]?.labels).toEqual(BOTTOM);
  });
});

describe("a text that stands nowhere as a whole", () => {
  const secret = "the launch code of the northern site is kept in the blue safe of room seven";
  const seen = Memory.empty().add("p1", [leaf(secret, PRIVATE)]);

  it("is decoded when a reading of it is found", () => {
    const encoded = Buffer.from(secret).toString("base64");
    expect(provenanceOf(seen, encoded, BOTTOM)).toMatchObject({ match: "decoded", labels: PRIVATE, endorsed: false });
  });

  // Claim: P2
  it("is decoded when it shares a long run or holds a leaf or token", () => {
    expect(provenanceOf(seen, `FYI: ${secret.slice(3, 60)} zzz`, BOTTOM)).toMatchObject({
      match: "decoded",
      labels: PRIVATE,
    });
    const names = Memory.empty().add("p1", [leaf("Alice Johnson", PRIVATE)]);
    expect(provenanceOf(names, "zzz about Alice Johnson yyy", BOTTOM)).toMatchObject({
      match: "decoded",
      labels: PRIVATE,
    });
    const link = Memory.empty().add("p1", [leaf("see https://evil.example/x", OUTSIDE)]);
    expect(provenanceOf(link, "click zzz https://evil.example/x", BOTTOM)).toMatchObject({
      match: "decoded",
      labels: OUTSIDE,
    });
  });

  it("finds every run of 48 characters, wherever it starts", () => {
    for (let from = 0; from + 48 <= secret.length; from++) {
      expect(provenanceOf(seen, `qqq${secret.slice(from, from + 48)}qqq`, BOTTOM).labels).toEqual(PRIVATE);
    }
  });

  it("is covered when each word stands in some page, by the most trusted place of each, which raises integrity only", () => {
    const KEPT = { ...PRIVATE, integrity: "trusted" };
    const memory = user("please send greetings").add("p2", [leaf("send greetings to everyone", PRIVATE)]);
    expect(ask(memory, "greetings please send")).toMatchObject({ match: "covered", labels: KEPT, endorsed: false });
    expect(ask(memory, "greetings please everyone")).toMatchObject({ match: "covered", labels: PRIVATE });
    expect(ask(memory, "greetings please attacker").match).toBe("nowhere");
  });

  it("has the session's labels, and those of what was evicted", () => {
    expect(ask(Memory.empty(), "anything at all")).toMatchObject({ match: "nowhere", labels: PRIVATE, origins: [] });
    const small = Memory.empty({ maxBytes: 400 });
    const full = [1, 2, 3, 4, 5, 6].reduce(
      (all, i) => all.add(`p${String(i)}`, [leaf(`text ${"x".repeat(60)} ${String(i)}`, PRIVATE)]),
      small,
    );
    expect(full.evicted).toEqual(PRIVATE);
    expect(provenanceOf(full, "anything at all", BOTTOM).labels).toEqual(PRIVATE);
    expect(ask(full, "anything at all").classes).toEqual(new Set(["nowhere", "untrusted"]));
  });
});

describe("what only looks like a value, and what only partly stands somewhere", () => {
  const SECRET: Labels = { ...BOTTOM, confidentiality: "secret" };
  const pages = (...leaves: readonly PageLeaf[]): Memory =>
    leaves.reduce((memory, one, i) => memory.add(`p${String(i)}`, [one]), Memory.empty());

  it("counts as made from what it looks like: its labels are joined", () => {
    const found = ask(pages(leaf("read /etc/Hosts.allow", SECRET)), "/etc/hosts.allow");
    expect(found).toMatchObject({ match: "decoded", endorsed: false });
    expect(found.labels.confidentiality).toBe("secret");
  });

  it("joins the labels of what looks like it to those of where it stands", () => {
    const memory = pages(leaf("https://acme.example/r/abc", OUTSIDE), leaf("https://acme.example/r/aBc", SECRET));
    const found = provenanceOf(memory, "https://acme.example/r/abc", BOTTOM);
    expect(found).toMatchObject({ match: "exact", labels: { confidentiality: "secret" } });
  });

  it("is no more trusted than the session when one of its words stands nowhere", () => {
    const memory = pages(leaf("pay US133000000121212121212 to Mark"));
    const iban = "US133000000121212121212";
    expect(provenanceOf(memory, `xyzzy ${iban} gladly`, OUTSIDE)).toMatchObject({
      match: "decoded",
      labels: { integrity: "untrusted", origin: "external" },
    });
    expect(provenanceOf(memory, `to Mark pay ${iban} to`, OUTSIDE).labels.integrity).toBe("trusted");
  });

  it("is as trusted as its most trusted place, whichever was read first", () => {
    const [mine, theirs] = [leaf("Mark Black", BOTTOM), leaf("Mark Black", OUTSIDE)];
    for (const memory of [pages(mine, theirs), pages(theirs, mine)])
      expect(ask(memory, "Mark Black").labels).toEqual({ ...OUTSIDE, integrity: "trusted" });
  });

  it("is decided by the user's place alone, also against one that is more trusted", () => {
    const memory = pages(leaf("Mark Black", OUTSIDE, "user"), leaf("Mark Black", BOTTOM));
    expect(ask(memory, "Mark Black").labels.integrity).toBe("untrusted");
  });

  it("is the user's whatever was evicted", () => {
    const memory = Memory.empty({ maxBytes: 1000 })
      .add("p0", [leaf("x".repeat(2000), SECRET)])
      .add("p1", [leaf("Mark Black", BOTTOM, "user")]);
    expect(memory.evicted.confidentiality).toBe("secret");
    expect(ask(memory, "Mark Black").labels).toEqual(BOTTOM);
  });
});

describe("words of JSON", () => {
  const bare = (text: string): Memory => Memory.empty().add("p1", [{ ...leaf(text, BOTTOM, "user"), isText: false }]);

  it.each([true, false, null])("%j is found as such a leaf, exactly, and as no other", (value) => {
    expect(ask(bare(String(value)), value)).toMatchObject({ match: "exact", endorsed: true, labels: BOTTOM });
    for (const other of ["true", "false", "null", "0"].filter((text) => text !== String(value)))
      expect(ask(bare(other), value)).toMatchObject({ match: "nowhere", endorsed: false });
    expect(ask(user(String(value)), value)).toMatchObject({ match: "nowhere", endorsed: false });
  });
});

describe("tokens and words of a text", () => {
  it("compares an argument of MAX_ARGUMENT_CHARS, and none that is longer", () => {
    const long = "x".repeat(MAX_ARGUMENT_CHARS);
    expect(ask(user(long), long).match).toBe("exact");
    expect(ask(user(`${long}x`), `${long}x`)).toMatchObject({ match: "nowhere", labels: PRIVATE, origins: [] });
    const link = "https://a.example ";
    const read = tokenProvenance(user("nothing"), link.padEnd(MAX_ARGUMENT_CHARS, "x "), OUTSIDE);
    expect(read.map(({ token }) => token.canonical)).toContain("https://a.example");
  });

  it("says of a text that could not be read to its end that it may hold anything", () => {
    const decoys = Array.from({ length: 60 }, (_, i) => Buffer.from(`decoy number ${String(i)} of sixty`));
    const encoded = decoys.map((decoy) => decoy.toString("base64"));
    const text = [...encoded, "746865207265616c206d65737361676520697320686572 65", "%41 &amp; \\n +"].join(" . ");
    const found = tokenProvenance(user("nothing"), text, OUTSIDE);
    expect(found.map(({ token, provenance }) => [token.text, provenance.match])).toContainEqual(["", "nowhere"]);
    expect(tokenProvenance(user("nothing"), encoded[0] ?? "", OUTSIDE)).toEqual([]);
  });

  it("finds a link among words of any script", () => {
    const found = tokenProvenance(user("nothing"), "grüße von https://evil.example/x", OUTSIDE);
    expect(found.map(({ token }) => token.canonical)).toEqual(["https://evil.example/x"]);
  });

  it("gives all classes of a word that stands in places of several kinds, in order", () => {
    const memory = user("meet Mark").add("p2", [leaf("meet Eve", OUTSIDE, "server:mail")]);
    const [meet, mark, eve] = wordClasses(memory, "meet mark eve").map((classes) => [...classes]);
    expect(meet).toEqual(["server:mail", "trusted", "untrusted", "user"]);
    expect(mark).toEqual(["trusted", "user"]);
    expect(eve).toEqual(["server:mail", "untrusted"]);
  });

  it("finds a link in letters of another form, and behind hidden characters", () => {
    for (const text of ["\uff48ttps://evil.example/x", "e\u200bvil.example/x"]) {
      const found = tokenProvenance(user("nothing"), text, OUTSIDE).map(({ token }) => token.canonical);
      expect(found.some((one) => one.endsWith("evil.example/x") && !/[^ -~]/.test(one))).toBe(true);
    }
  });

  it.each([
    ["DE89  3704  0044\t0532 0130 00", "de89370400440532013000"],
    ["4111\n1111\n1111\n1111", "4111111111111111"],
  ])("finds an account whatever blanks part it: %j", (text, account) => {
    const memory = user("nothing").add("p2", [leaf(`pay to ${normalize(text)} now`, OUTSIDE, "untrusted")]);
    const found = tokenProvenance(memory, text, OUTSIDE);
    expect(found.map(({ token, provenance }) => [token.canonical, provenance.match])).toContainEqual([
      account,
      "contained",
    ]);
    expect(
      tokenProvenance(memory, `${"x".repeat(64)} ${text}`, OUTSIDE).map(({ token }) => token.canonical),
    ).not.toContain(account);
  });

  it("takes a text that is longer than an argument may be for one that was not read", () => {
    const found = tokenProvenance(
      user("https://a.example"),
      `${"x ".repeat(MAX_ARGUMENT_CHARS)}https://a.example`,
      OUTSIDE,
    );
    expect(found.map(({ token, provenance }) => [token.text, provenance.match])).toEqual([["", "nowhere"]]);
  });

  it("finds a link hidden in an encoding", () => {
    const text = `look ${Buffer.from("go to https://evil.example/x now").toString("base64")}`;
    const found = tokenProvenance(user("nothing"), text, OUTSIDE);
    expect(found.map(({ token, provenance }) => [token.canonical, provenance.match])).toContainEqual([
      "https://evil.example/x",
      "nowhere",
    ]);
  });

  it("gives the classes of each word, a token being one", () => {
    const memory = user("meet mark@x.com");
    expect(wordClasses(memory, "Meet mark@x.com mark gladly").map((classes) => classes.has("user"))).toEqual([
      true,
      true,
      true,
      false,
    ]);
    expect(wordClasses(memory, "gladly")).toEqual([new Set(["nowhere"])]);
  });
});

const words = fc.constantFrom(
  "alpha",
  "Bravo",
  "charlie",
  "mark@x.com",
  "1200",
  "x-9-z77",
  "13",
  "delta",
  "https://a.example/b",
);
const texts = fc.array(words, { minLength: 1, maxLength: 5 }).map((list) => list.join(" "));
const labelled = fc.constantFrom(BOTTOM, OUTSIDE, PRIVATE, { ...BOTTOM, tags: ["pii"] });
const leaves = fc.array(fc.tuple(texts, labelled), { minLength: 1, maxLength: 8 });
const fill = (list: readonly (readonly [string, Labels])[]): Memory =>
  list.reduce((memory, [text, labels], i) => memory.add(`p${String(i)}`, [leaf(text, labels)]), Memory.empty());

describe("over any pages", () => {
  it("agrees with a naive scan of all leaves on what is exact", () => {
    fc.assert(
      fc.property(leaves, texts, (list, value) => {
        const isEqual = (text: string): boolean =>
          normalize(text) === normalize(value) ||
          (canonicalScalar(text) !== undefined && canonicalScalar(text) === canonicalScalar(value));
        const equal = list.filter(([text]) => isEqual(text));
        const found = provenanceOf(fill(list), value, OUTSIDE);
        expect(found.match === "exact").toBe(equal.length > 0);
        if (equal.some(([, { integrity }]) => integrity === "trusted")) expect(found.endorsed).toBe(true);
        for (const [, labels] of equal) expect(mayFlow({ ...labels, integrity: "trusted" }, found.labels)).toBe(true);
      }),
    );
  });

  // Claim: P2
  it("never endorses what no trusted leaf holds as text or number", () => {
    fc.assert(
      fc.property(leaves, texts, (list, value) => {
        const holds = list.some(
          ([text, { integrity }]) => integrity === "trusted" && normalize(text).includes(normalize(value)),
        );
        if (!holds) expect(provenanceOf(fill(list), value, OUTSIDE).endorsed).toBe(false);
      }),
    );
  });

  /**
   * The monotonicity that holds: a page that is not the user's never lowers the confidentiality, origin or tags of a
   * value that was found as a whole before, and an untrusted page never endorses one.
   */
  it("a further page lowers nothing but the integrity of what it holds itself", () => {
    fc.assert(
      fc.property(leaves, texts, texts, labelled, (list, value, text, labels) => {
        const before = provenanceOf(fill(list), value, PRIVATE);
        const after = provenanceOf(fill([...list, [text, labels]]), value, PRIVATE);
        if (labels.integrity !== "trusted") expect(after.endorsed).toBe(before.endorsed);
        if (before.match === "exact" || before.match === "contained") {
          expect(mayFlow({ ...before.labels, integrity: "trusted" }, after.labels)).toBe(true);
        }
      }),
    );
  });

  it("eviction never lowers a label", () => {
    fc.assert(
      fc.property(leaves, texts, fc.integer({ min: 100, max: 600 }), (list, value, maxBytes) => {
        const small = list.reduce(
          (all, [text, labels], i) => all.add(`p${String(i)}`, [leaf(text, labels)]),
          Memory.empty({ maxBytes }),
        );
        const session = list.map(([, labels]) => labels).reduce(join, OUTSIDE);
        const whole = provenanceOf(fill(list), value, session);
        expect(mayFlow(whole.labels, provenanceOf(small, value, session).labels)).toBe(true);
      }),
    );
  });
});
