/**
 * Whether a field of a form asks for a secret. MCP forbids servers to (2025-06-18, elicitation: no sensitive information
 * by a form), and a person who is asked by the own client's window is easily led. Goes by names: a field that hides what
 * it is for is not known.
 */
const SECRET_WORDS =
  /\b(?:pass(?:word|wd|phrase|code|key)s?|pwd|secrets?|credentials?|tokens?|(?:api|access|private|secret|signing|encryption|recovery|ssh|seed) ?(?:keys?|phrases?)|pin(?: ?code)?|otp|one ?time ?(?:code|password)|2fa|mfa|(?:verification|security|auth(?:entication|orization)?) ?codes?|cvv2?|cvc2?|card ?(?:number|no)|credit ?card|ssn|social ?security|bearer|cookies?|mnemonic)\b/;

/** In a description, where a server may also say what not to write, only what is hardly said otherwise. */
const PLAIN_WORDS =
  /\b(?:your|the|enter|an?) (?:(?!not\b)\w+ ){0,3}(?:password|passphrase|passcode|(?:api|private|secret|recovery|seed) (?:key|phrase)|cvv2?|cvc2?|card number)\b/;

/** `names`: the field's name and title. */
export function asksForSecret(names: readonly string[], description: string): boolean {
  return names.some((text) => SECRET_WORDS.test(wordsOf(text))) || PLAIN_WORDS.test(wordsOf(description));
}

/** `apiKey`, `API_KEY` and `api-key` as `api key`; letters in their compatible form. */
function wordsOf(text: string): string {
  return text
    .normalize("NFKC")
    .replace(/[\p{Cf}\p{Mn}]/gu, "")
    .replace(/(\p{Ll}|\d)(?=\p{Lu})/gu, "$1 ")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, " ");
}
