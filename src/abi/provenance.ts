/** Where a value came from: what the Context MMU answers about a leaf (design.md section 4). */
import type { Labels } from "./labels.js";

/**
 * How a value was found, strongest first.
 * exact: it equals a whole leaf after normalisation. contained: it is a whole value token or a whole run of words of
 * one. decoded: it, or a part of it, is found after undoing declared encodings, or it shares a long run with one.
 * covered: each of its words stands in some page. nowhere: the model composed it.
 */
export const MATCHES = ["exact", "contained", "decoded", "covered", "nowhere"] as const;
export type Match = (typeof MATCHES)[number];

/**
 * The classes of origin that a policy can demand, beside tags and `directory:<name>`.
 * user: the user's own words, by a channel the operator named. directory: a value the operator wrote down.
 * trusted: any leaf of trusted integrity, the two above among them. untrusted: a leaf of a higher integrity label.
 * same-server, other-server: a leaf that came from the server that is called, or from another one.
 */
export const ORIGIN_CLASSES = [
  "user",
  "directory",
  "trusted",
  "untrusted",
  "same-server",
  "other-server",
  "nowhere",
] as const;

const SERVER_CLASS = "server:";

/** The class of what came from a server. */
export function serverClass(server: string): string {
  return `${SERVER_CLASS}${server}`;
}

export function isServerClass(name: string): boolean {
  return name.startsWith(SERVER_CLASS);
}

/** How a directory of the policy's is called where a page is named. */
export const DIRECTORY_PAGE = "directory:";

/** One place where a value was found. */
export interface Origin {
  /** Page id, `p<seq>`; `directory:<name>` for a value of the policy's own. */
  readonly page: string;
  /** Path of the leaf within the page (mmu/leaves.ts). */
  readonly path: string;
  /** Half-open span in UTF-16 code units of the leaf's text. */
  readonly start: number;
  readonly end: number;
  readonly labels: Labels;
  /** The origin classes and tags that this place counts as. */
  readonly classes: readonly string[];
}

export interface Provenance {
  readonly match: Match;
  /** A bounded choice of places: the most trusted and the least trusted ones first. */
  readonly origins: readonly Origin[];
  /** What the value is to be treated as; never below what its origins and its match allow. */
  readonly labels: Labels;
  /** Union of the classes of the places where it was found exactly or contained; `nowhere` when there is none. */
  readonly classes: ReadonlySet<string>;
  /** True when it was found, exactly or contained, in a trusted origin. */
  readonly endorsed: boolean;
}
