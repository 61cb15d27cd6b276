/**
 * Signs of poison: text that speaks to the model instead of to a reader, or hides from the reader what the model sees.
 * A versioned table; a hit raises a page to `poisoned-suspect`. Detectors only raise labels: an attacker who
 * phrases around them gains an `untrusted` page, never a trusted one.
 */
import { looksOf } from "./detectors/looks.js";

export interface Detector {
  /** `name@version`: a change of meaning is a new version, so that old logs stay explainable. */
  readonly id: string;
  readonly finds: string;
  readonly pattern: RegExp;
  /**
   * What everything holds that the pattern matches. INVARIANT: a pattern is not asked about a text without it, so that
   * numbers, and bytes that are no text, cost a fraction of prose.
   */
  readonly needs: Need;
}

/**
 * Three ASCII letters in a row (`end` of `<|im_end|>`), or one of the code units that hide text: the engine knows at once
 * of Latin-1 text that it has none.
 */
const NEEDS = { word: /[a-z]{3}/i, mark: /[\u200b\u200c\u202a-\u202e\u2060\u2066-\u2069\ufeff\udb40]/ } as const;

type Need = keyof typeof NEEDS;

/** INVARIANT: every pattern is linear: bounded gaps, no nested quantifiers. They run on attacker-controlled text. */
export const DETECTORS: readonly Detector[] = [
  {
    id: "override-instructions@1",
    finds: "an order to drop earlier instructions",
    needs: "word",
    pattern:
      /\b(?:ignore|disregard|forget|override)\b.{0,20}\b(?:previous|prior|above|earlier|preceding)\b.{0,20}\b(?:instruction|prompt|rule|direction|message)/is,
  },
  {
    id: "hide-from-user@1",
    finds: "an order to keep something from the user",
    needs: "word",
    pattern:
      /\b(?:do not|don't|never|without)\b.{0,20}\b(?:tell|telling|mention|mentioning|inform|informing|notify|notifying|alert|alerting)\b.{0,20}\b(?:user|human|owner|operator)\b/is,
  },
  {
    id: "model-address@1",
    finds: "words addressed to the model's role",
    needs: "word",
    pattern: /\b(?:system prompt|developer message|new instructions for (?:the )?(?:ai|assistant|agent|model))\b/i,
  },
  {
    id: "chat-markup@1",
    finds: "chat-template or instruction markup",
    needs: "word",
    pattern: /<\|(?:im_start|im_end|system|endoftext)\|>|\[\/?INST\]|<\/?(?:important|system|information|secret)>/i,
  },
  {
    id: "hidden-text@1",
    finds: "tag characters, bidirectional overrides, or a run of zero-width characters",
    needs: "mark",
    pattern: /[\u{e0020}-\u{e007f}]|[\u202a-\u202e\u2066-\u2069]|[\u200b\u200c\u2060\ufeff]{4}/u,
  },
];

/**
 * The ids of the detectors that fire on a text or on what the declared encodings make of it, in table order.
 *
 * Scan 2. Scan 1 looked at the text and, with a backslash in it, at the text with JSON's white space as blanks; both are
 * still looked at, so nothing that fired has stopped to. No pattern has changed, and so no row's version: an id says
 * what was found, not behind what. A deep replay scans anew: a journal written under scan 1 whose pages hide a sign
 * diverges at that page.
 */
export function signsOf(text: string): readonly string[] {
  let left = DETECTORS;
  for (const look of looksOf(text)) {
    const has = { word: NEEDS.word.test(look), mark: NEEDS.mark.test(look) };
    left = left.filter(({ pattern, needs }) => !has[needs] || !pattern.test(look));
    if (left.length === 0) break;
  }
  return DETECTORS.filter((detector) => !left.includes(detector)).map(({ id }) => id);
}
