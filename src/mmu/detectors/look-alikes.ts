/**
 * Letters of other scripts that look like Latin ones, for detectors only: `normalize` keeps them apart, since it endorses.
 * From the confusables of Unicode TR39 (section 4), lower case and the capitals whose small letters look different, and
 * the k of both scripts.
 */

/** Each Latin letter and what is taken for it: Cyrillic, Greek, Armenian, and Latin letters beyond ASCII. */
const LOOK_ALIKES: Readonly<Record<string, string>> = {
  a: "\u0430\u03b1\u0251\u0391\u0410",
  b: "\u0412\u0392\u042c",
  c: "\u0441\u03f2\u0421",
  d: "\u0501\u0257",
  e: "\u0435\u0395\u0415\u04bd",
  g: "\u0261\u0581",
  h: "\u04bb\u0570\u041d\u0397",
  i: "\u0456\u03b9\u0131\u0406\u0399\u0269",
  j: "\u0458\u03f3",
  k: "\u043a\u03ba\u041a\u039a",
  l: "\u04cf\u04c0\u01c0",
  m: "\u043c\u041c\u039c",
  n: "\u0578\u039d",
  o: "\u043e\u03bf\u0585\u03c3\u041e\u039f",
  p: "\u0440\u03c1\u0420\u03a1",
  q: "\u051b\u0566",
  r: "\u0433",
  s: "\u0455\u0405",
  t: "\u0442\u0422\u03a4",
  u: "\u03c5\u057d",
  v: "\u03bd\u0475",
  w: "\u051d\u0461",
  x: "\u0445\u0425\u03a7",
  y: "\u0443\u03b3\u0423\u03a5\u04af",
  z: "\u0396",
};

const PAIRS = Object.entries(LOOK_ALIKES).flatMap(([latin, others]) =>
  Array.from(others, (other) => [other, latin] as const),
);

/** With the capitals of small letters, which look like them or like the Latin capitals, unless the table says otherwise. */
const LATIN: ReadonlyMap<string, string> = new Map([
  ...PAIRS.map(([other, latin]) => [other.toUpperCase(), latin] as const),
  ...PAIRS,
]);

const BEYOND_ASCII = /[\u0080-\uffff]/g;

/**
 * The text with every look-alike as the small Latin letter. Words of another language turn into nonsense, which no
 * detector looks for, so a word need not be mixed for it.
 */
export function withoutLookAlikes(text: string): string {
  return text.replace(BEYOND_ASCII, (letter) => LATIN.get(letter) ?? letter);
}
