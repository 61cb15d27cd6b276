/** A quick look that says of most texts that no declared encoding can be in them (text/encodings.ts). */

const SIGN = 1;
const BASE64 = 2;
const HEX = 4;
/** In the alphabets of texts that are encoded as a whole. */
const WHOLE = 8;

/** What each code of ASCII may be part of; what is not visible ASCII may always be of something. */
const CLASSES = new Uint8Array(0x80).fill(SIGN);
for (let code = 0x20; code < 0x7f; code++) CLASSES[code] = 0;
mark("\t\n\v\f\r", 0);
mark('&%+\\"', SIGN);
mark("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_", BASE64 | WHOLE);
mark("0123456789abcdefABCDEF xX:,;-\t\r\n", HEX);
mark("= :,;\t\r\n", WHOLE);

function mark(characters: string, classes: number): void {
  for (let i = 0; i < characters.length; i++) {
    const code = characters.charCodeAt(i);
    CLASSES[code] = classes === 0 ? 0 : (CLASSES[code] ?? 0) | classes;
  }
}

/** Characters in a row that base64 or hexadecimal bytes within longer text have at least. */
const LEAST_RUN = 16;

/**
 * True when the text has no readings: it is visible ASCII, without a sign that an escape begins with, without a run that
 * could be bytes, and with characters that no text has that is encoded as a whole. False says nothing. Linear.
 */
export function isPlain(text: string): boolean {
  let all = WHOLE;
  let base64 = 0;
  let hex = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const classes = code < 0x80 ? (CLASSES[code] ?? SIGN) : SIGN;
    all &= classes;
    base64 = (classes & BASE64) === 0 ? 0 : base64 + 1;
    hex = (classes & HEX) === 0 ? 0 : hex + 1;
    if ((classes & SIGN) !== 0 || base64 === LEAST_RUN || hex === LEAST_RUN) return false;
  }
  return all === 0;
}
