/** Links, addresses, hosts and paths: which part of a chunk is one, and in which form it is compared. */
import { describe, expect, it } from "vitest";
import { readChunk, type Chunk } from "../../../src/mmu/tokens/chunk.js";
import { canonicalNet, netPart } from "../../../src/mmu/tokens/net.js";

function found(text: string, rest = ""): string | undefined {
  const chunk: Chunk = { end: 0, holds: 0, isPlain: true };
  readChunk(text, 0, chunk);
  const all = `say ${text}${rest}`;
  const part = netPart(all, { start: 4, end: 4 + text.length, holds: chunk.holds });
  return part === undefined ? undefined : `${part.kind} ${all.slice(part.start, part.end)}`;
}

const label = "b".repeat(63);

describe("links", () => {
  it.each([
    "https://x.y",
    "x+https://a.b",
    "a://b",
    "\\\\host\\share",
    "\\\\host",
    "javascript:alert",
    "data:x",
    "tel:1",
    "https:/a",
    "https:\\a",
    "https:\\\\a",
    "https:///a",
    "ftp:/x",
    "ws:/x",
    "wss:\\/x",
    "https:evil.zone/x",
    "wss:evil\u3002zone",
    "//evil.com",
    "//1.2.3.4/x",
  ])("%s is one", (text) => {
    expect(found(text)).toBe(`url ${text}`);
  });

  it.each([
    ["1https://a", "https://a"],
    ["x=https:/a", "https:/a"],
    ["a:b:https:\\x", "https:\\x"],
    ["src=HTTP:evil.zone", "HTTP:evil.zone"],
    ["a:/b:https:/x", "https:/x"],
    ["=//evil.com", "//evil.com"],
    ["src=//evil.com/x", "//evil.com/x"],
    ["x=//evil.com//", "//evil.com//"],
    ["://x=//evil.com", "//evil.com"],
    ["a:src=//evil.com/x", "//evil.com/x"],
    [`${"a".repeat(40)}://b`, `${"a".repeat(32)}://b`],
  ])("of %s it is %s", (text, link) => {
    expect(found(text)).toBe(`url ${link}`);
  });

  it.each([
    "https://",
    "https:/",
    "://b",
    "=://b",
    "javascript:",
    "xjavascript:a",
    "xhttps:/a",
    "xhttp:a.zone.",
    "http:80",
    "ftp:x",
    "x//evil.com",
    "a=//evil",
    "a=b//c.d",
    "hxxp://evil",
    "hxxp://",
    "plain",
  ])("%s is none", (text) => {
    expect(found(text)).toBeUndefined();
  });

  it("that were made harmless name their host", () => {
    expect(found("hxxp://evil.com")).toBe("domain evil.com");
    expect(found("HXXPS://evil.com/x")).toBe("domain evil.com/x");
  });
});

describe("e-mail addresses", () => {
  it.each([
    ["a@b.c", "a@b.c"],
    ["mailto:a@b.c", "a@b.c"],
    ["mailto://a@b.c", "a@b.c"],
    ["a@b@c.d", "b@c.d"],
    ["@b@c.d", "b@c.d"],
    ["a@b@c@d@e.f", "d@e.f"],
    ["?to=a@b.c", "a@b.c"],
    [".a@b.c", "a@b.c"],
    ["a/b@c.d", "b@c.d"],
    ["a@b.c.", "a@b.c"],
    ["a@b.c-", "a@b.c"],
    ["a@b.c/d", "a@b.c"],
    ["é@b.c", "é@b.c"],
    ["a@é.ü", "a@é.ü"],
    ["a@b_c.d.e", "a@b_c.d.e"],
    ["a@_b.c", "a@_b.c"],
    ["a@b.c_d", "a@b.c"],
    ["a@b.c_", "a@b.c"],
    ["a@b\u3002c", "a@b\u3002c"],
    ["a@b\u3002c.d", "a@b\u3002c.d"],
    ["a@b.c\u3002d", "a@b.c"],
    ["a@b\u3002c\u3002", "a@b\u3002c"],
    [`a@${label}.c`, `a@${label}.c`],
    [`${"a".repeat(70)}@b.c`, `${"a".repeat(64)}@b.c`],
    [`a@b.${"c".repeat(300)}`, `a@b.${"c".repeat(252)}`],
  ])("of %s it is %s", (text, address) => {
    expect(found(text)).toBe(`email ${address}`);
  });

  it.each(["a@b", "@b", "a@b_c", "..@b.c", "a@@@@b.c", "a@b@c@d@e@f", `a@${label}b.c`, "mailto:", "mailto:x"])(
    "%s is none",
    (text) => {
      expect(found(text)).toBeUndefined();
    },
  );
});

describe("paths", () => {
  it.each(["/etc/x", "/a.txt", "/a\\b", "~/x", "./x", "../x", "C:\\x", "c:/x", "a:/b", "//evil", "\\\\-host\\"])(
    "%s is one",
    (text) => {
      expect(found(text)).toBe(`path ${text}`);
    },
  );

  it.each(["/", "/etc", "/a/", "/a.", "/a.verylongext", "~/", "./", ".../x", "C:", "C:\\", "\\\\", "a/b"])(
    "%s is none",
    (text) => {
      expect(found(text)).toBeUndefined();
    },
  );
});

describe("hosts", () => {
  it("behind an @ whose name stands apart, in quotes or before a comment", () => {
    expect(found("@evil.zone")).toBe("domain evil.zone");
    expect(found("@app.route", "(")).toBeUndefined();
  });

  it.each([
    "evil.com",
    "evil.zz",
    "end.COM",
    "end.Com",
    "end.NEXT",
    "end.next",
    "end.NeXT",
    "a.end.Next",
    "end.Next/x",
    "evil.md/x",
    "www.evil.md",
    "WWW.x.md",
    "10.0.0.1",
    "10.0.0.1:80",
    "10.0.0.1/x",
    "::1",
    "fe80::1",
    "Fe80::1",
    "1:2:3:4:5:6:7:8",
    "::ffff:1.2.3.4",
    "IPv6:2001:db8::1",
    "ipv6:1:2:3:4:5:6:7:8",
  ])("%s is one", (text) => {
    expect(found(text)).toBe(`domain ${text}`);
  });

  it.each([
    "readme.MD",
    "xwww.evil.md",
    "boost::asio",
    "evil.md",
    "evil.md#x",
    "evil.md/#x",
    "end.Next",
    "Éa.Éb",
    "e.g",
    "1.2.3",
    "10.0.0.1.",
    "a1.2.3.4",
    "::",
    "g::1",
    "1:2:3:4:5:6:7",
    "ipv6:1:2:3:4:5:6:7",
    "issue::1",
    "10:30",
  ])("%s is none", (text) => {
    expect(found(text)).toBeUndefined();
  });

  it("are no calls of a function, but for endings that are hosts always", () => {
    expect(found("list.zz", "(x)")).toBeUndefined();
    expect(found("list.zz", " (x)")).toBe("domain list.zz");
    expect(found("list.com", "(x)")).toBe("domain list.com");
    expect(found("list.zz/x", "(x)")).toBe("domain list.zz/x");
  });
});

describe("canonicalNet", () => {
  it.each([
    ["HTTP://Evil.COM:80/A", "http://evil.com/A"],
    ["https://EVIL.com:443", "https://evil.com"],
    ["https://evil.com:80", "https://evil.com:80"],
    ["http://evil.com:443/", "http://evil.com:443"],
    ["http://evil.com./", "http://evil.com"],
    ["http://evil.com.:8080/x", "http://evil.com:8080/x"],
    ["HTTP://User:PaSs@Evil.com/X", "http://User:PaSs@evil.com/X"],
    ["http://A@B@C.d/x", "http://A@B@c.d/x"],
    ["evil.COM/", "evil.com"],
    ["evil.com:443", "evil.com:443"],
    ["//EVIL.com/", "//evil.com"],
    ["ftp://A.b:80", "ftp://a.b:80"],
    ["ftp://A.undefined", "ftp://a.undefined"],
    ["http://a.b/?X", "http://a.b/?X"],
    ["http://a.b#F", "http://a.b#F"],
    ["javascript:ALERT/", "javascript:ALERT/"],
  ])("of %s is %s", (text, canonical) => {
    expect(canonicalNet(text)).toBe(canonical);
  });
});
