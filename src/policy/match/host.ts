/** Hosts, and globs over them, in the one spelling that url.ts compares: lower case, punycode, addresses as numbers. */

const MAX_HOST_CHARS = 253;
const QUAD = /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/;
const WILD = /[*?]/;

export function isDottedQuad(host: string): boolean {
  return QUAD.test(host);
}

/**
 * The host in its one spelling: names in lower case and punycode (UTS 46) without the trailing dot; IPv4 in decimal,
 * octal, hexadecimal or short form as a dotted quad; IPv6 compressed (RFC 5952) without brackets, and as the dotted
 * quad when it carries an IPv4 address. undefined for what is no host; IPv6 zones are none to the URL Standard.
 */
export function normalizeHost(text: string): string | undefined {
  const read = readHost(text);
  if (read === undefined) return undefined;
  if (read.startsWith("[")) return formatIpv6(read.slice(1, -1));
  const host = read.endsWith(".") ? read.slice(0, -1) : read;
  const isName = host !== "" && host.length <= MAX_HOST_CHARS && !host.split(".").includes("");
  return isName && isDecodable(host) ? host : undefined;
}

/**
 * False for a name with an `xn--` label that encodes nothing. Node 20 refuses those and Node 24 takes ASCII names as
 * they are, but both check them in a name that has other letters; of what they still see differently, labels that
 * encode ASCII or another `xn--`, none can be registered.
 */
function isDecodable(host: string): boolean {
  if (!/(?:^|\.)xn--/.test(host)) return true;
  return !/(?:^|\.)xn--(?:xn--|(?:[^.]*-)?(?:\.|$))/.test(host) && URL.canParse(`http://${host}.ü/`);
}

/** Read as the host of an http URL, since the URL Standard leaves the hosts of schemes it does not know as they are. */
function readHost(text: string): string | undefined {
  const bracketed = text.includes(":") && !text.startsWith("[") ? `[${text}]` : text;
  if (/[/\\?#@\s\p{Cc}]/u.test(bracketed) || /\]./.test(bracketed)) return undefined;
  const url = `http://${bracketed}/`;
  return URL.canParse(url) ? new URL(url).hostname : undefined;
}

/** `text` is as the URL Standard writes it (section 3.5): lower case, one `::` at most, no dotted quad. */
function formatIpv6(text: string): string {
  const [head = "", tail] = text.split("::");
  const left = groupsOf(head);
  const right = groupsOf(tail ?? "");
  const gap = new Array<number>(tail === undefined ? 0 : 8 - left.length - right.length).fill(0);
  return embeddedQuad([...left, ...gap, ...right]) ?? text;
}

function groupsOf(text: string): readonly number[] {
  return text === "" ? [] : text.split(":").map((group) => Number.parseInt(group, 16));
}

/** `::ffff:0:0/96`, mapped (RFC 4291 section 2.5.5.2); `64:ff9b::/96`, NAT64 (RFC 6052 section 2.1). */
const EMBEDDING: ReadonlySet<string> = new Set([
  [0, 0, 0, 0, 0, 0xffff].join(":"),
  [0x64, 0xff9b, 0, 0, 0, 0].join(":"),
]);
const COMPATIBLE = [0, 0, 0, 0, 0, 0].join(":");

/**
 * The IPv4 address that an IPv6 address leads to: the two above, 6to4 `2002::/16` (RFC 3056 section 2), and
 * compatible `::/96` (RFC 4291 section 2.5.5.1) but for `::` and `::1`, which are none.
 */
function embeddedQuad(groups: readonly number[]): string | undefined {
  if (groups[0] === 0x2002) return quad(groups.slice(1, 3));
  const prefix = groups.slice(0, 6).join(":");
  const last = groups.slice(6);
  const isCompatible = prefix === COMPATIBLE && !["0:0", "0:1"].includes(last.join(":"));
  return isCompatible || EMBEDDING.has(prefix) ? quad(last) : undefined;
}

function quad(groups: readonly number[]): string {
  return groups.flatMap((group) => [group >> 8, group & 0xff]).join(".");
}

/**
 * A host glob (glob.ts) in the spelling of the hosts it is held against; undefined when it is none. A label that has
 * a wildcard must be ASCII, since a part of a label has no punycode of its own.
 */
export function normalizeHostGlob(glob: string): string | undefined {
  if (!WILD.test(glob)) return normalizeHost(glob);
  if (/[/\\@#\s\p{Cc}]/u.test(glob)) return undefined;
  const bare = glob.replace(/^\[|\]$|\.$/g, "").toLowerCase();
  // A colon is an IPv6 address's, and `?` its wildcard; names are taken label by label.
  if (bare.includes(":")) return /^[0-9a-f:.*?]+$/.test(bare) ? bare : undefined;
  const labels = bare.split(".").map(normalizeLabel);
  return labels.includes(undefined) ? undefined : labels.join(".");
}

function normalizeLabel(label: string): string | undefined {
  if (WILD.test(label)) return /^[\x21-\x7e]+$/.test(label) ? label : undefined;
  // A name after it keeps a label of digits from being read as an address.
  return label === "" ? undefined : normalizeHost(`${label}.x`)?.slice(0, -2);
}
