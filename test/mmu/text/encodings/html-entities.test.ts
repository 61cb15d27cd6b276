/** Character references of HTML at the edges of what is a character. */
import { describe, expect, it } from "vitest";
import { htmlEntities } from "../../../../src/mmu/text/encodings/html-entities.js";

describe("character references", () => {
  it.each([
    ["&#1;&#0;", "\u0001&#0;"],
    ["&#x10FFFF;&#x110000;", "\u{10ffff}&#x110000;"],
    ["&#1114111;&#1114112;", "\u{10ffff}&#1114112;"],
    ["&#xD7FF;&#xD800;", "\ud7ff&#xD800;"],
    ["&#xE000;&#xDFFF;", "\ue000&#xDFFF;"],
    ["&#65&#x42 &amp;&foo;", "AB &&foo;"],
    ["&#010;", "\n"],
  ])("%s say %j", (text, said) => {
    expect(htmlEntities.decode(text)).toEqual([{ text: said, start: 0, end: text.length }]);
  });
});
