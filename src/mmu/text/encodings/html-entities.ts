/** Character references of HTML (WHATWG HTML section 13.5): numbered ones, and the names in common use. */
import type { Decoded, Encoding } from "./encoding.js";

const REFERENCE = /&(?:#(\d{1,8});?|#[xX]([0-9a-fA-F]{1,6});?|([A-Za-z]{2,8});)/g;

/** Names as HTML spells them; the rest of its 2231 names stays as written. */
const NAMED: ReadonlyMap<string, string> = new Map([
  ...Object.entries({ amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0", shy: "\u00ad" }),
  ...Object.entries({ Tab: "\t", NewLine: "\n", ensp: "\u2002", emsp: "\u2003", thinsp: "\u2009" }),
  ...Object.entries({ zwj: "\u200d", zwnj: "\u200c", lrm: "\u200e", rlm: "\u200f" }),
  ...Object.entries({ excl: "!", num: "#", dollar: "$", percnt: "%", lpar: "(", rpar: ")", ast: "*", plus: "+" }),
  ...Object.entries({ comma: ",", period: ".", sol: "/", bsol: "\\", colon: ":", semi: ";", equals: "=", quest: "?" }),
  ...Object.entries({ commat: "@", lsqb: "[", lbrack: "[", rsqb: "]", rbrack: "]", lcub: "{", lbrace: "{" }),
  ...Object.entries({ rcub: "}", rbrace: "}", lowbar: "_", grave: "`", verbar: "|", vert: "|", Hat: "^" }),
  ...Object.entries({ hyphen: "\u2010", dash: "\u2010", ndash: "\u2013", mdash: "\u2014", minus: "\u2212" }),
  ...Object.entries({ lsquo: "\u2018", rsquo: "\u2019", ldquo: "\u201c", rdquo: "\u201d", laquo: "«", raquo: "»" }),
  ...Object.entries({ hellip: "\u2026", bull: "\u2022", middot: "·", copy: "©", reg: "®", trade: "™" }),
  ...Object.entries({ euro: "€", pound: "£", yen: "¥", cent: "¢", sect: "§", deg: "°", times: "×" }),
]);

export const htmlEntities: Encoding = {
  id: "html-entities@1",
  undoes: "character references of HTML: decimal, hexadecimal and the names in common use",
  decode: decodeReferences,
};

function decodeReferences(text: string): readonly Decoded[] {
  if (!text.includes("&")) return [];
  const undone = text.replace(REFERENCE, (whole, decimal?: string, hexadecimal?: string, name?: string) => {
    if (name !== undefined) return NAMED.get(name) ?? whole;
    const code = decimal === undefined ? Number.parseInt(hexadecimal ?? "", 16) : Number.parseInt(decimal, 10);
    const isCharacter = code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    return isCharacter ? String.fromCodePoint(code) : whole;
  });
  return undone === text ? [] : [{ text: undone, start: 0, end: text.length }];
}
