/**
 * Digests by name. The pure rooms never compute SHA-256 themselves: they are handed a `Digests`
 * (node:crypto in the program), so that hashing can be swapped and checked against a second implementation.
 */
export interface Digests {
  /** SHA-256 (FIPS 180-4) of UTF-8 text or bytes, as 64 lower-case hex digits. */
  readonly sha256Hex: (data: string | Uint8Array) => string;
  /** HMAC-SHA-256 (RFC 2104) under a key given in hex, of UTF-8 text, as 64 lower-case hex digits. */
  readonly hmacSha256Hex: (keyHex: string, text: string) => string;
}

/**
 * Domains keep a digest made for one purpose from ever standing for another.
 * A domain string ends in a newline, which no JSON line contains.
 */
export const DOMAINS = {
  line: "agentk/flight-line/1\n",
  commitment: "agentk/commitment/1\n",
  salt: "agentk/salt/1\n",
  seal: "agentk/seal/1\n",
  receipt: "agentk/receipt/1\n",
  receipts: "agentk/receipts/1\n",
  key: "agentk/run-key/1\n",
  handle: "agentk/handle/1\n",
  member: "agentk/member/1\n",
  members: "agentk/members/1\n",
  policy: "agentk/policy/1\n",
  pins: "agentk/pins/1\n",
  witness: "agentk/witness-state/1\n",
  rotationRoot: "agentk/rotation-root/1\n",
  rotationEntry: "agentk/rotation-entry/1\n",
} as const;
