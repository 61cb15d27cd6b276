/** Text from a log made fit for a terminal: nothing invisible, nothing that acts, no URL query. */

/** Controls, format characters (bidirectional and zero-width ones), line and paragraph separators, lone surrogates. */
const ACTING = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;

/** `scheme://user:secret@`: what stands before the `@` of an authority (RFC 3986 section 3.2.1). */
const USER_INFO = /^(?<scheme>[a-z][a-z0-9+.-]*:\/\/)[^/?#@]*@/i;

/** Everything from the first `?` or `#` on, where no white space comes before it: the tail of something like a URL. */
const URL_TAIL = /^(?<place>[^\s?#]*)(?<mark>[?#]).+$/su;

/**
 * The text with each character that acts on a terminal or hides written as `\u{hex}`.
 * Attacker-controlled: an escape sequence or a bidirectional override in a name could forge a line of a report.
 */
export function visible(text: string): string {
  return text.replace(ACTING, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** A target as it may be shown: queries, fragments and user names of URLs often hold credentials and are left out. */
export function visibleTarget(target: string): string {
  return visible(target.replace(USER_INFO, "$<scheme>…@").replace(URL_TAIL, "$<place>$<mark>…"));
}
