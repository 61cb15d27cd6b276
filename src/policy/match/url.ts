/**
 * URLs as the WHATWG URL Standard reads them, reduced to what a policy can name: scheme, host, port.
 * Attacker-controlled: the text. What two URL readers could take for different hosts has no normal form and matches
 * no pattern, so write `url` conditions as lists of what is allowed.
 */
import type { UrlPattern } from "../ast.js";
import { compileGlobs } from "../glob.js";
import { isDottedQuad, normalizeHost, normalizeHostGlob } from "./host.js";

/** INVARIANT: normalising `scheme://host:port` again gives the same three. */
export interface NormalUrl {
  /** Lower case, without the colon. */
  readonly scheme: string;
  /** As host.ts normalises it; undefined when the URL names none (`mailto:`, `file:///`). */
  readonly host: string | undefined;
  /** Filled in for http, https, ws, wss and ftp; undefined when the URL names none. */
  readonly port: number | undefined;
}

/** URL Standard, section 4.2: the schemes whose URLs have a host with or without `//`, and their ports. */
const DEFAULT_PORTS: ReadonlyMap<string, number> = new Map([
  ["http", 80],
  ["https", 443],
  ["ws", 80],
  ["wss", 443],
  ["ftp", 21],
]);
const SCHEME = /^[a-z][a-z0-9+.-]*$/;
/** A host is at most 253 characters; more leaves room for credentials, and bounds the work of punycode. */
const MAX_AUTHORITY_CHARS = 2048;

/**
 * The URL's scheme, host and port. Spaces and line breaks around it are dropped, credentials ignored.
 * undefined for what is no absolute URL, has white space or control characters inside, or a host that is not one.
 */
export function normalizeUrl(text: string): NormalUrl | undefined {
  const trimmed = trimSpaces(text);
  // The standard drops tabs and line breaks inside a URL; other readers stop at them or keep them.
  if (/[\s\p{Cc}]/u.test(trimmed) || hasDoubtfulAuthority(trimmed)) return undefined;
  const url = readUrl(trimmed);
  if (url === undefined) return undefined;
  const scheme = url.protocol.slice(0, -1);
  const port = url.port === "" ? DEFAULT_PORTS.get(scheme) : Number(url.port);
  if (url.hostname === "") return { scheme, host: undefined, port };
  const host = normalizeHost(url.hostname);
  return host === undefined ? undefined : { scheme, host, port };
}

function readUrl(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** Without spaces and line breaks of ASCII at either end, which every reader drops or refuses. */
function trimSpaces(text: string): string {
  const isSpace = (at: number): boolean => " \t\n\f\r".includes(text.charAt(at));
  let start = 0;
  let end = text.length;
  while (start < end && isSpace(start)) start++;
  while (end > start && isSpace(end - 1)) end--;
  return text.slice(start, end);
}

/**
 * True when readers are known to differ on the host. `http://a\@b`: browsers connect to a, RFC 3986 readers to b.
 * `http://x@a@b`: the host is what follows the last `@` to some and the first to others. Full-width and other
 * look-alikes of delimiters end the host for who brings URLs to NFKC first.
 */
function hasDoubtfulAuthority(text: string): boolean {
  const [, scheme = "", slashes = ""] = /^([a-z][a-z0-9+.-]*):([/\\]*)/i.exec(text) ?? [];
  const isSpecial = DEFAULT_PORTS.has(scheme.toLowerCase());
  if (!isSpecial && !slashes.startsWith("//")) return false;
  // To the standard, any number of slashes of either kind starts the host of a scheme that must have one.
  const rest = text.slice(scheme.length + 1 + (isSpecial ? slashes.length : 2));
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  if (authority.length > MAX_AUTHORITY_CHARS || /\\|@[^@]*@/.test(authority)) return true;
  return /[/?#@:\\]/.test(authority.replace(/\p{ASCII}/gu, "").normalize("NFKC"));
}

/** Why a pattern cannot be used, in one plain sentence; undefined when it can. */
export function urlFault(pattern: UrlPattern): string | undefined {
  const scheme = pattern.scheme?.find((name) => !SCHEME.test(name.toLowerCase()));
  if (scheme !== undefined) return `\`${scheme}\` is no URL scheme: write it without the colon, as in \`https\``;
  const host = pattern.host?.find((glob) => normalizeHostGlob(glob) === undefined);
  if (host !== undefined) return `\`${host}\` is no host: write a name or an address without scheme, port and path`;
  const port = pattern.port?.find((number) => !Number.isInteger(number) || number < 0 || number > 65_535);
  return port === undefined ? undefined : `${String(port)} is no port`;
}

/**
 * The test that a pattern stands for: every list given must have a match. Hosts are globs (glob.ts) over the
 * normalised host, and are normalised themselves: `*.example.com` is one or more labels before example.com and not
 * example.com itself; a glob of digits, such as `10.*`, is for IPv4 addresses only. `*example.com` also takes
 * notexample.com.
 * @throws RangeError for a pattern that urlFault finds fault with.
 */
export function compileUrl(pattern: UrlPattern): (text: string) => boolean {
  const fault = urlFault(pattern);
  if (fault !== undefined) throw new RangeError(fault);
  const schemes = pattern.scheme === undefined ? undefined : new Set(pattern.scheme.map((name) => name.toLowerCase()));
  const ports = pattern.port === undefined ? undefined : new Set(pattern.port);
  const isHost = pattern.host === undefined ? undefined : compileHosts(pattern.host);
  return (text) => {
    const url = normalizeUrl(text);
    if (url === undefined) return false;
    if (schemes !== undefined && !schemes.has(url.scheme)) return false;
    if (ports !== undefined && (url.port === undefined || !ports.has(url.port))) return false;
    return isHost === undefined || (url.host !== undefined && isHost(url.host));
  };
}

/** Without the division `10.*` would match 10.evil.example. */
function compileHosts(patterns: readonly string[]): (host: string) => boolean {
  const globs = patterns.map((glob) => normalizeHostGlob(glob) ?? "");
  const ofQuads = compileGlobs(globs.filter(isQuadGlob));
  const ofAll = compileGlobs(globs.filter((glob) => !isQuadGlob(glob)));
  return (host) => ofAll(host) || (isDottedQuad(host) && ofQuads(host));
}

function isQuadGlob(glob: string): boolean {
  return /^[0-9.*?]+$/.test(glob) && /[0-9]/.test(glob);
}
