/** Where a store is, as the operator's environment says. */

const LOCAL = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The address of a store, with a path that ends in `/`. Undefined unless it is `https:`, or `http:` on this machine,
 * without a user name, a query or a fragment: credentials go there.
 */
export function storeEndpoint(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && LOCAL.has(url.hostname));
  if (!isSafe || [url.username, url.password, url.search, url.hash].some((part) => part !== "")) return undefined;
  url.pathname = url.pathname.replace(/\/*$/, "/");
  return url;
}

/** A variable that is set and can stand in a header line. */
export function setting(
  env: Readonly<Record<string, string | undefined>>,
  ...names: readonly string[]
): string | undefined {
  for (const name of names) {
    const value = Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined && /^[\x21-\x7e]+$/.test(value)) return value;
  }
  return undefined;
}

/** A path of the store with each segment encoded, under the endpoint. */
export function under(endpoint: URL, segments: readonly string[], query: Readonly<Record<string, string>> = {}): URL {
  const url = new URL(segments.map(encodeURIComponent).join("/"), endpoint);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
}
