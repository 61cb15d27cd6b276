/** URLs and hosts: the many spellings of one place, and the places that only look like it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { UrlPattern } from "../../../src/policy/ast.js";
import { compileUrl, normalizeUrl, urlFault, type NormalUrl } from "../../../src/policy/match/url.js";

describe("normalizeUrl", () => {
  it.each([
    ["https://example.com", "https", "example.com", 443],
    ["HTTPS://EXAMPLE.COM/A?b#c", "https", "example.com", 443],
    ["http://example.com:8080/", "http", "example.com", 8080],
    ["http://example.com:80/", "http", "example.com", 80],
    ["ws://example.com", "ws", "example.com", 80],
    ["wss://example.com", "wss", "example.com", 443],
    ["ftp://example.com", "ftp", "example.com", 21],
    ["ssh://Example.COM/x", "ssh", "example.com", undefined],
    ["redis://127.1:6379", "redis", "127.0.0.1", 6379],
    ["postgres://u:p@db.example/x", "postgres", "db.example", undefined],
    ["https://example.com./", "https", "example.com", 443],
    ["https://user:password@example.com/", "https", "example.com", 443],
    ["https://example.com@evil.example/", "https", "evil.example", 443],
    ["https://evil.example/#@example.com", "https", "evil.example", 443],
    ["https://evil.example?@example.com", "https", "evil.example", 443],
    ["https:\\\\example.com/", "https", "example.com", 443],
    ["https:/example.com/", "https", "example.com", 443],
    ["https:example.com", "https", "example.com", 443],
    ["https:////example.com", "https", "example.com", 443],
    ["  https://example.com\n", "https", "example.com", 443],
    ["https://bücher.example/", "https", "xn--bcher-kva.example", 443],
    ["https://BÜCHER.example/", "https", "xn--bcher-kva.example", 443],
    ["https://xn--bcher-kva.example/", "https", "xn--bcher-kva.example", 443],
    ["https://еxample.com/", "https", "xn--xample-2of.com", 443],
    ["https://ｅｘａｍｐｌｅ。com/", "https", "example.com", 443],
    ["https://ex\u00adample.com/", "https", "example.com", 443],
    ["https://%65xample.com/", "https", "example.com", 443],
    ["http://2130706433/", "http", "127.0.0.1", 80],
    ["http://0x7f.1/", "http", "127.0.0.1", 80],
    ["http://0177.0.0.1/", "http", "127.0.0.1", 80],
    ["http://127.0.1/", "http", "127.0.0.1", 80],
    ["http://127.0.0.1./", "http", "127.0.0.1", 80],
    ["http://①②⑦.0.0.1/", "http", "127.0.0.1", 80],
    ["http://[::ffff:7f00:1]/", "http", "127.0.0.1", 80],
    ["http://[::ffff:127.0.0.1]/", "http", "127.0.0.1", 80],
    ["http://[0:0:0:0:0:ffff:7f00:0001]/", "http", "127.0.0.1", 80],
    ["http://[::127.0.0.1]/", "http", "127.0.0.1", 80],
    ["http://[2002:7f00:1::]/", "http", "127.0.0.1", 80],
    ["http://[2002:7f00:1::9]/", "http", "127.0.0.1", 80],
    ["http://[64:ff9b::7f00:1]/", "http", "127.0.0.1", 80],
    ["http://[64:ff9b:1::7f00:1]/", "http", "64:ff9b:1::7f00:1", 80],
    ["http://[::1]:3000/", "http", "::1", 3000],
    ["http://[::]/", "http", "::", 80],
    ["http://[::2]/", "http", "0.0.0.2", 80],
    ["http://[2001:DB8:0:0:0:0:0:1]/", "http", "2001:db8::1", 80],
    ["ssh://[2001:DB8::1]:22/", "ssh", "2001:db8::1", 22],
    ["file:///etc/passwd", "file", undefined, undefined],
    ["file://server/share", "file", "server", undefined],
    ["mailto:a@b.example", "mailto", undefined, undefined],
    ["javascript:alert(1)", "javascript", undefined, undefined],
    ["data:text/html,http://example.com", "data", undefined, undefined],
    ["blob:https://example.com/1", "blob", undefined, undefined],
    ["ssh:///x", "ssh", undefined, undefined],
  ])("of %j is %s %s %s", (text, scheme, host, port) => {
    expect(normalizeUrl(text)).toEqual({ scheme, host, port });
  });

  it.each([
    "",
    "example.com",
    "//example.com/",
    "/path",
    "https://",
    "https:///",
    "https://./",
    "https://.example.com/",
    "https://example..com/",
    "https://example.com../",
    "https://exa mple.com/",
    "https://example.com/a b",
    "https://exam\nple.com/",
    "https://exam\tple.com/",
    "https://example.com\u0000.evil.example/",
    "https://example.com\u00a0/",
    "ht\ntps://example.com/",
    "https://example.com\\@evil.example/",
    "https://example.com\\.evil.example/",
    "https://example.com:80\\@evil.example/",
    "https://a@example.com@evil.example/",
    "https://example.com:99999/",
    "https://example.com:x/",
    "https://evil.example／@example.com/",
    "https://evil.example℀@example.com/",
    "https://example.com／.evil.example/",
    "https://example.com%2f.evil.example/",
    "https://example.com%00.evil.example/",
    "https://1.2.3.4.5/",
    "https://256.0.0.1/",
    "https://0x100000000/",
    "http://[::1",
    "http://[fe80::1%25eth0]/",
    "http://[::ffff:7f00:1]evil.example/",
    "https://xn--a/",
    "https://xn--a-ecp.example/",
    "https://a.xn--.example/",
    "https://xn--example-.example/",
    "https://xn--xn---epa.example/",
    `https://${"a".repeat(254)}/`,
    `https://${"ü".repeat(3000)}/`,
    `ssh://${"a".repeat(3000)}@example.com/`,
  ])("of %j is nothing", (text) => {
    expect(normalizeUrl(text)).toBeUndefined();
  });

  it("changes nothing when done again", () => {
    const piece = fc.constantFrom(
      ..."aZ09.-:/\\@[]%?#~ü．。\u00ad１".split(""),
      ...["http://", "https:", "ssh://", "::", "ffff", "0x7f", "%41", "127.1", "xn--", "2002:", ".com"],
    );
    const texts = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
    fc.assert(
      fc.property(fc.constantFrom("http://", "https:", "ssh://", ""), texts, (start, text) => {
        const once = normalizeUrl(start + text);
        if (once?.host === undefined) return;
        expect(normalizeUrl(written(once))).toEqual(once);
      }),
      { numRuns: 5000 },
    );
  });
});

function written({ scheme, host = "", port }: NormalUrl): string {
  const end = port === undefined ? "" : `:${String(port)}`;
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}${end}`;
}

describe("compileUrl", () => {
  it.each<[UrlPattern, string, boolean]>([
    [{ host: ["example.com"] }, "https://example.com/", true],
    [{ host: ["example.com"] }, "https://EXAMPLE.com./", true],
    [{ host: ["Example.COM."] }, "https://example.com/", true],
    [{ host: ["example.com"] }, "https://www.example.com/", false],
    [{ host: ["example.com"] }, "https://example.com.evil.example/", false],
    [{ host: ["example.com"] }, "https://example.com@evil.example/", false],
    [{ host: ["example.com"] }, "https://evil.example/example.com", false],
    [{ host: ["example.com"] }, "https://evil.example\\@example.com/", false],
    [{ host: ["example.com"] }, "example.com", false],
    [{ host: ["*.example.com"] }, "https://a.example.com/", true],
    [{ host: ["*.example.com"] }, "https://a.b.example.com/", true],
    [{ host: ["*.example.com"] }, "https://example.com/", false],
    [{ host: ["*.example.com"] }, "https://notexample.com/", false],
    [{ host: ["*.example.com"] }, "https://evil.example/.example.com", false],
    [{ host: ["*.Example.com."] }, "https://a.example.com/", true],
    [{ host: ["*example.com"] }, "https://notexample.com/", true],
    [{ host: ["example.*"] }, "https://example.evil.example/", true],
    [{ host: ["*.bücher.example"] }, "https://a.xn--bcher-kva.example/", true],
    [{ host: ["bücher.example"] }, "https://xn--bcher-kva.example/", true],
    [{ host: ["*"] }, "https://example.com/", true],
    [{ host: ["*"] }, "mailto:a@b.example", false],
    [{ host: ["*"] }, "file:///etc", false],
    [{ host: ["127.0.0.1"] }, "http://2130706433/", true],
    [{ host: ["127.0.0.1"] }, "http://0x7f.1/", true],
    [{ host: ["127.0.0.1"] }, "http://[::ffff:7f00:1]/", true],
    [{ host: ["127.0.0.1"] }, "ssh://0177.1", true],
    [{ host: ["0x7f.1"] }, "http://127.0.0.1/", true],
    [{ host: ["127.0.0.1"] }, "http://127.0.0.1.evil.example/", false],
    [{ host: ["10.*"] }, "http://10.1.2.3/", true],
    [{ host: ["10.*"] }, "http://10.evil.example/", false],
    [{ host: ["192.168.?.1"] }, "http://192.168.7.1/", true],
    [{ host: ["a.example", "10.*"] }, "http://a.example/", true],
    [{ host: ["::1"] }, "http://[0:0::1]/", true],
    [{ host: ["[::1]"] }, "http://[::1]/", true],
    [{ host: ["2001:db8:*"] }, "http://[2001:DB8::1]/", true],
    [{ host: ["[2001:db8:*]"] }, "http://[2001:db9::1]/", false],
    [{ scheme: ["https"] }, "https://example.com/", true],
    [{ scheme: ["HTTPS"] }, "https://example.com/", true],
    [{ scheme: ["https"] }, "http://example.com/", false],
    [{ scheme: ["mailto"] }, "mailto:a@b.example", true],
    [{ scheme: [] }, "https://example.com/", false],
    [{ host: [] }, "https://example.com/", false],
    [{ port: [443] }, "https://example.com/", true],
    [{ port: [443] }, "http://example.com:443/", true],
    [{ port: [443] }, "https://example.com:8443/", false],
    [{ port: [22] }, "ssh://example.com/", false],
    [{ scheme: ["https"], host: ["example.com"], port: [443] }, "https://example.com/", true],
    [{ scheme: ["https"], host: ["example.com"], port: [443] }, "https://example.org/", false],
    [{ scheme: ["https", "http"], host: ["example.com"] }, "http://example.com/", true],
    [{}, "https://example.com/", true],
    [{}, "no URL", false],
  ])("%j on %j is %j", (pattern, text, expected) => {
    expect(compileUrl(pattern)(text)).toBe(expected);
  });

  it("takes no host but the subdomains of a pattern's, whatever is put around it", () => {
    const piece = fc.constantFrom(...`a.@:/\\?#[]% \t\u0000-`.split(""), "evil.example", "good.example", "//");
    const texts = fc.array(piece, { maxLength: 7 }).map((pieces) => `https://${pieces.join("")}`);
    const isGood = compileUrl({ host: ["*.good.example"] });
    fc.assert(
      fc.property(texts, (text) => {
        if (isGood(text)) expect(new URL(text).hostname).toMatch(/[^.]\.good\.example\.?$/);
      }),
      { numRuns: 5000 },
    );
  });
});

describe("urlFault", () => {
  it.each<[UrlPattern, string | undefined]>([
    [{ host: ["example.com", "*.a.example", "::1", "10.*"], scheme: ["git+ssh"], port: [0, 65_535] }, undefined],
    [{ scheme: ["https:"] }, "scheme"],
    [{ scheme: [""] }, "scheme"],
    [{ host: ["https://example.com"] }, "host"],
    [{ host: ["https://*.example.com"] }, "host"],
    [{ host: ["example.com:443"] }, "host"],
    [{ host: ["*.example.com:443"] }, "host"],
    [{ host: ["example.com/x"] }, "host"],
    [{ host: ["*.example.com/*"] }, "host"],
    [{ host: ["user@example.com"] }, "host"],
    [{ host: [".example.com"] }, "host"],
    [{ host: ["*..example.com"] }, "host"],
    [{ host: ["bü*.example"] }, "host"],
    [{ host: ["a\\*.example"] }, "host"],
    [{ host: [""] }, "host"],
    [{ host: ["a b"] }, "host"],
    [{ host: ["256.0.0.1"] }, "host"],
    [{ port: [65_536] }, "port"],
    [{ port: [-1] }, "port"],
    [{ port: [1.5] }, "port"],
  ])("of %j names %j", (pattern, expected) => {
    const fault = urlFault(pattern);
    if (expected === undefined) expect(fault).toBeUndefined();
    else {
      expect(fault).toContain(expected);
      expect(() => compileUrl(pattern)).toThrow(RangeError);
    }
  });
});
