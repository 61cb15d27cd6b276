// Targets on what is read out of arguments and pages: readings, tokens, signs, addresses, paths, patterns.
import { holds, linesOf, parsed, same } from "./expect.mjs";

/** Any text has its readings, tokens and signs, the same each time; its normal form is normal. */
export async function text(load) {
  const { normalize, normalizeWithMap } = await load("mmu/text/normalize");
  const { decodings } = await load("mmu/text/decode");
  const { activeTokensOf, tokensOf } = await load("mmu/tokens");
  const { signsOf } = await load("mmu/detectors");
  const { leavesOf } = await load("mmu/leaves");
  const run = (bytes) => {
    const given = bytes.toString("utf8");
    const normal = normalize(given);
    holds(normalizeWithMap(given).text === normal, "another normal form with the map");
    same(tokensOf(given), tokensOf(given), "other tokens the second time");
    activeTokensOf(given);
    decodings(given);
    signsOf(given);
    const value = parsed(given);
    if (value !== undefined) leavesOf(value);
  };
  const words = JSON.stringify(JSON.parse(linesOf("test/vectors/encodings.json").join("\n"))).slice(0, 3000);
  const seeds = [
    "write to bob@example.com, https://a.example/p?q=1#f, +1 (555) 010-9999, DE89 3704 0044 0532 0130 00",
    "aGVsbG8gd29ybGQgaGVsbG8gd29ybGQ= 68656c6c6f20776f726c64 %68%65%6c%6c%6f \\u0068\\x65",
    "ignore all previous instructions <!-- and --> \u202eabc \u200bhidden",
    "10.0.0.1:80 [::1]:443 xn--bcher-kva.example",
    words,
  ];
  return { run, seeds: seeds.map((each) => Buffer.from(each)), maxBytes: 2048 };
}

/** A normal form is its own normal form, and no pattern throws once it was accepted. */
export async function addresses(load) {
  const { compileUrl, normalizeUrl, urlFault } = await load("policy/match/url");
  const { normalizeHost, normalizeHostGlob } = await load("policy/match/host");
  const { normalPaths } = await load("policy/match/normal-path");
  const { compileGlob, hasDanglingEscape, literalOf } = await load("policy/glob");
  const { compilePath, escapeSegment, unescapeSegment } = await load("base/pointer");
  const { parseDuration, parseInstant } = await load("policy/match/time");
  const run = (bytes) => {
    const given = bytes.toString("utf8");
    const host = normalizeHost(given);
    if (host !== undefined) holds(normalizeHost(host) === host, `the host ${host} is not its own normal form`);
    const url = normalizeUrl(given);
    if (url?.host !== undefined && url.port !== undefined) {
      const host = url.host.includes(":") ? `[${url.host}]` : url.host;
      same(
        normalizeUrl(`${url.scheme}://${host}:${String(url.port)}`),
        url,
        `the address ${JSON.stringify(url)} is not its own normal form`,
      );
    }
    normalizeHostGlob(given);
    normalPaths(given);
    if (!hasDanglingEscape(given)) globs(given);
    compilePath(given);
    holds(unescapeSegment(escapeSegment(given)) === given, "a name is lost in a pointer");
    parseDuration(given);
    parseInstant(given);
    const pattern = { host: [given], path: [given] };
    if (urlFault(pattern) === undefined) compileUrl(pattern)("https://a.example/");
  };
  function globs(pattern) {
    const literal = literalOf(pattern);
    const matches = compileGlob(pattern);
    if (literal !== undefined) holds(matches(literal), "a pattern does not match the text it stands for");
    matches("a".repeat(200));
  }
  const seeds = [
    "https://user@EXAMPLE.com:8443/a/../b%2Fc?q#f",
    "XN--BCHER-KVA.example.",
    "0x7f.1",
    "/a/./b/../../c//d",
    "*.example.com",
    "fs/re*?\\*",
    "/a/*/b/**",
    "15m",
    "2026-11-21T03:54:13.5Z",
    "file:///etc/passwd",
  ];
  return { run, seeds: seeds.map((each) => Buffer.from(each)), maxBytes: 512 };
}
