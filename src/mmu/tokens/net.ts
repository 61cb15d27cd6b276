/** Tokens that lead somewhere: URLs, e-mail addresses, host names, IP addresses; and file paths. */
import type { TokenKind } from "./kinds.js";
import { codeAt, isDigitCode, isLetterCode } from "./chars.js";
import { AT, COLON, DOT, SLASH, type Chunk } from "./chunk.js";
import { parseHost, type Host } from "./host.js";

/** A part of a chunk that is a token; in a text, or in the chunk alone. */
export interface Part {
  readonly kind: TokenKind;
  readonly start: number;
  readonly end: number;
}

const SCHEME = /[a-z][a-z0-9+.-]{0,31}:\/\//i;
const SCHEMES_WITHOUT_SLASHES = /^(?:javascript|data|tel|sms|vbscript|blob|magnet|xmpp|urn|bitcoin|ethereum):(?=\S)/i;
/** What browsers read as `https://host`, though it is not written so (WHATWG URL, special schemes). */
const LAX_SCHEME = /(?<![a-z0-9+.-])(?:https?|ftp|wss?):(?:\/\\|\\[/\\]?|\/(?!\/))(?=[^/\\\s])/i;
/** What browsers read so with no slash at all: with a dotted host, since `http:80` is a port. An address has its own row. */
const BARE_SCHEME = /(?<![a-z0-9+.-])(?:https?|ftp|wss?):(?=[\p{L}\p{N}_-]{1,63}[.\u3002][\p{L}\p{N}_-])/iu;
/** `\\\\host\\share`: opening it sends the user's name to that host. */
const UNC = /^\\\\[\p{L}\p{N}][\p{L}\p{N}._-]{0,253}(?:\\|$)/u;
const TWO_SLASHES = /[/\\]{2}/;
/** What browsers read as `//host`: backslashes are slashes, and further ones are skipped (WHATWG URL, special URLs). */
const NETWORK = /(?<![\p{L}\p{N}\p{M}_./\\~-])[/\\]{2,}(?=[^/\\])/gu;
/** What browsers read as an IPv4 address: one to four numbers, decimal, octal or hexadecimal (WHATWG URL, IPv4 parser). */
const NUMBERS = /^(?:0x[0-9a-f]{0,16}|\d{1,24})(?:\.(?:0x[0-9a-f]{0,16}|\d{1,24})){0,3}$/i;
const DEFANGED = /^h(?:xx|\*\*|tt\*)ps?:\/\//i;
const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5})?(?:[/?#]\S*)?$/;
/** As in an address literal (RFC 5321, section 4.1.3). */
const IPV6_TAG = /^ipv6:/i;
const IPV6 = /^\[?[0-9a-f:]{2,39}(?:[0-9.]{7,15})?\]?(?::\d{1,5})?$/i;
const LOCAL_CODE = /[\p{L}\p{N}\p{M}._%+'&~!#$^*-]/u;
const DOMAIN_CODE = /[\p{L}\p{N}\p{M}._-]/u;

/** Last labels that are file names more often than hosts; with `www.` or a path behind them they are hosts all the same. */
const FILE_ENDINGS: ReadonlySet<string> = new Set(
  (
    "md mdx txt rst log csv tsv json jsonl yaml yml toml ini cfg conf lock xml html htm css scss less js mjs cjs jsx ts mts cts " +
    "tsx vue svelte py ipynb rb rs go java kt swift c h cc cpp hpp cs php pl sh bash zsh ps bat exe dll so doc docx xls xlsx " +
    "ppt pptx odt ods pdf png jpg jpeg gif svg webp ico bmp mp mov avi wav gz tar tgz rar bz iso dmg pkg deb rpm whl jar " +
    "war class sql db sqlite wasm map snap test spec config env pem key crt bak tmp swp patch diff"
  ).split(" "),
);
const COMMON =
  "com org net edu gov mil int io co ai app dev info biz me us uk de fr nl ch at it es eu ru cn jp in br xyz top site online " +
  "club example link click";
/** Last labels that are hosts whatever their case and whatever follows them. */
const COMMON_ENDINGS: ReadonlySet<string> = new Set(COMMON.split(" "));

/** May stand in a label of what is meant as a host. */
const HOST_CODE = String.raw`[\p{L}\p{N}\p{M}_-]`;

/**
 * A host of these endings, or of `www.`, with a mark before it or behind it that no host has: `see:evil.example`. What stands
 * behind a slash is a part of a path. Linear: no label holds a dot, and a host has 126 of them at most.
 */
const HOST_BESIDE = new RegExp(
  [
    String.raw`(?<![\p{L}\p{N}\p{M}_/\\-]|${HOST_CODE}\.)`,
    String.raw`(?:www(?:\.${HOST_CODE}{1,63}){1,125}|(?:${HOST_CODE}{1,63}\.){1,126}(?:${COMMON.replaceAll(" ", "|")}))`,
    String.raw`(?![\p{L}\p{N}\p{M}_@-]|\.[\p{L}\p{N}])(?::\d{1,5})?(?:[/?#].*)?`,
  ].join(""),
  "giu",
);

/** What every such host has: most chunks with a dot have none of it. */
const MAY_BE_BESIDE = new RegExp(String.raw`www\.|\.(?:${COMMON.replaceAll(" ", "|")})(?![a-z0-9_-])`, "i");

/** The token of this sort in the chunk that begins at `start`, if any. */
export function netPart(
  text: string,
  { start, end, holds }: Pick<Chunk, "end" | "holds"> & { start: number },
): Part | undefined {
  if ((holds & (AT | COLON | DOT | SLASH)) === 0) return undefined;
  const part = partOf(chunkOf(text, start, end), holds, codeAt(text, end));
  return part === undefined ? undefined : inText(part, start);
}

function inText({ kind, start, end }: Part, from: number): Part {
  return { kind, start: from + start, end: from + end };
}

/**
 * The e-mail addresses of the chunk that begins at `start`, in order. INVARIANT: one address hides no other: the second
 * recipient of a `mailto:` link is a token as the first is. Linear: no `@` is within an address's name or host.
 */
export function mailParts(text: string, { start, end }: Pick<Chunk, "end"> & { start: number }): readonly Part[] {
  return Array.from(mailsIn(chunkOf(text, start, end)), (part) => inText(part, start));
}

/** The hosts in a chunk that is none as a whole, or is a path. */
export function hostParts(
  text: string,
  { start, end, holds }: Pick<Chunk, "end" | "holds"> & { start: number },
): readonly Part[] {
  if ((holds & DOT) === 0) return [];
  const chunk = text.slice(start, end);
  if (!MAY_BE_BESIDE.test(chunk)) return [];
  return Array.from(chunk.matchAll(HOST_BESIDE), ({ index, 0: host }) =>
    inText({ kind: "domain", start: index, end: index + host.length }, start),
  );
}

const MAIL_SCHEME = "mailto:";

/** The chunk without what stands before an address and is not of it. */
function chunkOf(text: string, start: number, end: number): string {
  const written = text.slice(start, end);
  if (!written.startsWith(MAIL_SCHEME)) return written;
  return " ".repeat(MAIL_SCHEME.length) + written.slice(MAIL_SCHEME.length);
}

function partOf(chunk: string, holds: number, next: number): Part | undefined {
  const scheme = (holds & (COLON | SLASH)) === 0 ? undefined : schemePart(chunk, holds);
  if (scheme !== undefined) return scheme;
  const mail = (holds & AT) === 0 ? undefined : mailsIn(chunk).next().value;
  if (mail !== undefined) return mail;
  const path = (holds & SLASH) === 0 ? undefined : pathPart(chunk);
  if (path !== undefined) return path;
  if ((holds & (COLON | DOT)) === 0) return undefined;
  // Attacker-controlled: before it stands a name in quotes, behind a comment or a blank, which mail programs take.
  if (!chunk.startsWith("@")) return hostPart(chunk, holds, next);
  const host = hostPart(chunk.slice(1), holds, next);
  return host === undefined ? undefined : inText(host, 1);
}

function schemePart(chunk: string, holds: number): Part | undefined {
  const end = chunk.length;
  if (chunk.startsWith("\\\\") && UNC.test(chunk)) return { kind: "url", start: 0, end };
  if ((holds & COLON) === 0) return networkPart(chunk);
  if (SCHEMES_WITHOUT_SLASHES.test(chunk)) return { kind: "url", start: 0, end };
  const lax = mayBeLax(chunk) ? LAX_SCHEME.exec(chunk) : null;
  if (lax !== null) return { kind: "url", start: lax.index, end };
  const bare = BARE_SCHEME.exec(chunk);
  if (bare !== null) return { kind: "url", start: bare.index, end };
  const at = chunk.indexOf("://");
  return (at > 0 ? slashedPart(chunk, at) : undefined) ?? networkPart(chunk);
}

/** Whether a colon has a backslash behind it, or one slash alone. */
function mayBeLax(chunk: string): boolean {
  for (let at = chunk.indexOf(":"); at >= 0; at = chunk.indexOf(":", at + 1)) {
    const next = codeAt(chunk, at + 1);
    if (next === 0x5c || (next === 0x2f && codeAt(chunk, at + 2) !== 0x2f)) return true;
  }
  return false;
}

/** What has `://` at a place. */
function slashedPart(chunk: string, at: number): Part | undefined {
  const end = chunk.length;
  // Only the last 32 characters before the colon can be a scheme: looked for there, not from every start.
  const from = Math.max(0, at - 32);
  const match = SCHEME.exec(chunk.slice(from, at + 3));
  if (match === null) return undefined;
  const start = from + match.index;
  if (!DEFANGED.test(match[0])) return end > at + 3 ? { kind: "url", start, end } : undefined;
  return parseHost(chunk.slice(at + 3)) !== undefined ? { kind: "domain", start: at + 3, end } : undefined;
}

/** `//host`, at the start of a chunk or behind a mark that no path has before a slash. */
function networkPart(chunk: string): Part | undefined {
  if (!TWO_SLASHES.test(chunk)) return undefined;
  for (const { index, 0: slashes } of chunk.matchAll(NETWORK)) {
    const [authority = ""] = /^[^/?#\\]*/.exec(chunk.slice(index + slashes.length)) ?? [];
    if (isNetworkHost(authority)) return { kind: "url", start: index, end: chunk.length };
  }
  return undefined;
}

/**
 * Whether an authority (RFC 3986, section 3.2) names a host. INVARIANT: punctuation at its end makes no difference, or a
 * chunk of a thousand such places would be read a thousand times, each time one shorter.
 */
function isNetworkHost(authority: string): boolean {
  const written = authority.slice(authority.lastIndexOf("@") + 1);
  if (written.startsWith("[")) return isIPv6(/^[^\]]*\]?/.exec(written)?.[0] ?? "");
  // Browsers read an ideographic full stop as a dot (UTS 46, section 4).
  const dotted = written.replaceAll("\u3002", ".");
  const host = (/^[\p{L}\p{N}\p{M}._-]*/u.exec(dotted)?.[0] ?? "").replace(/[._-]+$/, "");
  return parseHost(host) !== undefined || NUMBERS.test(host);
}

/** What stands around each `@` that has a name before it and a dotted host after it. */
function* mailsIn(chunk: string): Generator<Part, undefined, undefined> {
  let done = 0;
  for (let at = chunk.indexOf("@"); at >= 0; at = chunk.indexOf("@", at + 1)) {
    const start = localStart(chunk, at, done);
    const end = domainEnd(chunk, at);
    if (start >= at || !/^[^.\u3002]{1,63}[.\u3002]./.test(chunk.slice(at + 1, end))) continue;
    yield { kind: "email", start, end };
    done = end;
  }
  return undefined;
}

/** Never before `floor`, where the address before it ends. */
function localStart(chunk: string, at: number, floor: number): number {
  let start = at;
  while (start > floor && at - start < 64 && LOCAL_CODE.test(chunk.charAt(start - 1))) start--;
  while (start < at && /[.'/*=&?]/.test(chunk.charAt(start))) start++;
  return start;
}

function domainEnd(chunk: string, at: number): number {
  let end = at + 1;
  // Behind a dot an ideographic full stop ends a sentence.
  let stop = "\u3002";
  for (; end < chunk.length && end - at < 255; end++) {
    const character = chunk.charAt(end);
    if (character === ".") stop = "";
    if (character !== stop && !DOMAIN_CODE.test(character)) break;
  }
  // A mark within a name of the domain is of it; in the last one it parts the address from what follows.
  const mark = chunk.slice(0, end).indexOf("_", Math.max(at, chunk.lastIndexOf(".", end - 1)));
  if (mark > at) end = mark;
  while (end > at && /[._\u3002-]/.test(chunk.charAt(end - 1))) end--;
  return end;
}

const PATH_START = /^(?:\/|~\/|\.{1,2}\/|[a-z]:[\\/]|\\\\)/i;

/** A path has two parts, or an extension: "/" alone and "and/or" are none. */
function pathPart(chunk: string): Part | undefined {
  const match = PATH_START.exec(chunk);
  if (match === null || chunk.length <= match[0].length) return undefined;
  const body = chunk.slice(match[0].length);
  const isPath = match[0] !== "/" || /[/\\]./.test(body) || /\.[a-z0-9]{1,8}$/i.test(body);
  return isPath ? { kind: "path", start: 0, end: chunk.length } : undefined;
}

function hostPart(chunk: string, holds: number, next: number): Part | undefined {
  const whole: Part = { kind: "domain", start: 0, end: chunk.length };
  if ((holds & COLON) !== 0 && isIPv6(chunk)) return whole;
  if ((holds & DOT) === 0) return undefined;
  if (isDigitCode(codeAt(chunk, 0)) && IPV4.test(chunk)) return whole;
  const host = parseHost(chunk);
  return host !== undefined && isHost(chunk, host, next) ? whole : undefined;
}

function isHost(chunk: string, { last, hasTail }: Host, next: number): boolean {
  const ending = last.toLowerCase();
  if (/^www\./i.test(chunk) || COMMON_ENDINGS.has(ending)) return true;
  if (FILE_ENDINGS.has(ending)) return hasTail && !chunk.includes("#");
  // "end.Next" is two sentences, "list.map(" is code.
  return hasTail || !(next === 0x28 || /^[\p{L}]+\.\p{Lu}\p{Ll}+$/u.test(chunk));
}

function isIPv6(chunk: string): boolean {
  if (isLetterCode(codeAt(chunk, 0)) && !/^[a-fi]/i.test(chunk)) return false;
  const address = chunk.replace(IPV6_TAG, "");
  if (!IPV6.test(address)) return false;
  const colons = address.split(":").length - 1;
  return address.includes("::") ? /[0-9a-f]/i.test(address) : colons >= 7;
}

/**
 * The form in which URLs and hosts are compared: scheme and host in lower case, no default port, no lone slash at the
 * end, no dot after the host. The rest is kept as written.
 */
export function canonicalNet(text: string): string {
  const match = /^((?:[a-z][a-z0-9+.-]{0,31}:)?\/\/)?([^/?#]*)(.*)$/is.exec(text);
  if (match === null || SCHEMES_WITHOUT_SLASHES.test(text)) return text;
  const [, scheme = "", authority = "", tail = ""] = match;
  const at = authority.lastIndexOf("@") + 1;
  const host = bareHost(authority.slice(at).toLowerCase(), DEFAULT_PORTS[scheme.toLowerCase()]);
  return scheme.toLowerCase() + authority.slice(0, at) + host + (tail === "/" ? "" : tail);
}

function bareHost(host: string, port: string | undefined): string {
  const bare = port !== undefined && host.endsWith(port) ? host.slice(0, -port.length) : host;
  return bare.replace(/\.(?=:|$)/, "");
}

const DEFAULT_PORTS: Readonly<Record<string, string>> = { "http://": ":80", "https://": ":443" };
