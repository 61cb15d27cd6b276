/** Whether a place is what a text says: of two spellings, one may lead elsewhere. */
import { describe, expect, it } from "vitest";
import { acceptsFor } from "../../../src/mmu/index/faithful.js";
import type { Kind } from "../../../src/mmu/index/places.js";
import { findWhole } from "../../../src/mmu/index/search.js";
import { segmentOf, soughtIn, STRANGER, textsIn, USER, viewsIn } from "./fixture.js";

/** Whether a value counts as found in a leaf of a kind where `part` of its normal form stands: all of it by default. */
function isAccepted(kind: Kind, text: string, value: string, part?: string): boolean {
  const segment = segmentOf([text, kind]);
  const { normal } = segment.leafAt(0);
  const [start, length] = part === undefined ? [0, normal.length] : [normal.indexOf(part), part.length];
  return acceptsFor(soughtIn(value))({ segment, leaf: 0, kind, start, end: start + length });
}

describe("a trusted place counts for a text", () => {
  it.each<[text: string, value: string, part?: string]>([
    ["Mark Black", "mark BLACK"],
    ["Mark Black", " Mark Black "],
    ["to MARK Black now", "Mark Black", "mark black"],
    ["1,200.00", "1200"],
    ["1200", "$1,200"],
    ["pay $100 now", "100 USD", "100"],
    ["pay 100 USD now", "$100", "100"],
    ["pay 100 dollars now", "usd 100", "100"],
    ["€1,200", "1200 EUR"],
    ["£5.50", "GBP 5.50"],
    ["see 2024-05-15.", "May 15, 2024", "2024-05-15"],
    ["Bob@Acme.Example", "bob@acme.example"],
    ["mail Bob7@Acme.Example now", "BOB7@acme.example", "bob7@acme.example"],
    ["GB82 WEST 1234 5698 7654 32", "gb82west12345698765432"],
    ["4111 1111 1111 1111", "4111-1111-1111-1111"],
    ["+49 170 1234567", "0049 170 1234567"],
    ["Acme.Example", "acme.EXAMPLE"],
    ["HTTPS://Acme.Example/r/AbC", "https://acme.example/r/AbC"],
    ["open  https://Acme.Example/r/AbC now", "https://acme.example/r/AbC", "https://acme.example/r/abc"],
    ["/etc/Hosts", "/etc/Hosts"],
    ["read /etc/Hosts now", " /etc/Hosts ", "/etc/hosts"],
    ["order aB12-cD34 again", "aB12-cD34", "ab12-cd34"],
    ["Room B7 please", "Room B7", "room b7"],
    ["and/or Both", "and/or Both"],
    ["  /etc/Hosts  ", "/etc/Hosts"],
    ["Room 12", "room 12"],
    ["(...)", "(...)"],
  ])("as written in %j: %j", (text, value, part) => {
    expect(isAccepted(USER, text, value, part)).toBe(true);
  });

  it.each<[text: string, value: string, part?: string]>([
    ["4111 1111 1111 1111", "4111111111111111"],
    ["+49 170 1234567", "+491701234567"],
    ["020 7946 0958", "02079460958"],
    ["4111111111111111", "4111111111111111"],
  ])("with or without separators in %j: %j", (text, value) => {
    expect(isAccepted(USER, text, value)).toBe(true);
    const sought = soughtIn(value);
    const found = findWhole(viewsIn(sought, segmentOf([`it is ${text}, mind`, USER])), sought, {
      accepts: acceptsFor(sought),
    });
    expect(textsIn(found.places)).toEqual([`0: ${text}`]);
  });
});

describe("a trusted place does not count for a text", () => {
  it.each<[text: string, value: string, part?: string]>([
    ["Mark Black", "mark brown"],
    ["1,200.00", "1201"],
    ["100 EUR", "100 USD"],
    ["pay 100 EUR now", "$100", "100"],
    ["pay ¥10000 now", "10000 USD", "10000"],
    ["100 pounds", "€100", "100"],
    ["pay $100 now", "$100 EUR", "100"],
    ["2024-05-15", "May 16, 2024"],
    ["4111 1111 1111 1111", "4111111111111112"],
    ["4111 1111 1111 1111", "4111 1111 1111 1112"],
    ["bob@acme.example", "bob@acme.exampel"],
    ["https://acme.example/r/AbC", "https://acme.example/r/abc"],
    ["https://acme.example/r/AbC", "https://acme.example/r/aBc"],
    ["/etc/Hosts", "/etc/hosts"],
    ["\\Srv\\Share", "\\srv\\share"],
    ["aB12-cD34", "ab12-cd34"],
    ["Order-Abc", "order-abc"],
    ["020 7946 0959", "02079460958"],
    ["Room B7", "room b7"],
    ["Raum Ä7", "raum ä7"],
    ["and/or Both", "AND/OR both"],
    ["A\\B c", "a\\b c"],
    ["write to Bob@Acme.Example and/or Me", "write to bob@acme.example and/or me"],
    ["Pay Bob@Acme.Example room B7", "pay bob@acme.example room b7"],
    ["bob@acme.example room B7", "bob@acme.example room b7"],
    ["room B7 bob@acme.example", "room b7 bob@acme.example"],
    ["acme.example room B7", "acme.example room b7"],
  ])("that is spelled otherwise in %j: %j", (text, value, part) => {
    expect(isAccepted(USER, text, value, part)).toBe(false);
    expect(isAccepted(STRANGER, text, value, part)).toBe(true);
  });
});

describe("no place counts", () => {
  it.each<[text: string, value: string]>([
    ["Mark Black", "Mark\u200b Black"],
    ["Mark Black", "Mark\nBlack"],
    ["Mark Black", "\uff2dark Black"],
    ["bob@acme.example", "bob@acme.ex\u{e0061}ample"],
  ])("for a disguised text: in %j %j", (text, value) => {
    expect([isAccepted(USER, text, value), isAccepted(STRANGER, text, value)]).toEqual([false, false]);
  });

  it.each<[text: string, value: string]>([
    ["pay the $13 invoice", "13"],
    ["pay 13 eur", "13"],
    ["from 2024 on", "2024"],
    ["since 1900, or", "1900"],
  ])("for digits that are a sum or a year: in %j %j", (text, value) => {
    expect([isAccepted(USER, text, value, value), isAccepted(STRANGER, text, value, value)]).toEqual([false, false]);
  });

  it.each<[text: string, value: string, part: string]>([
    ["id 2024 is it", "2024", "2024"],
    ["event 13", "13", "13"],
    ["from 2024 on", "2024.0", "2024"],
    ["pay the $13 invoice", "13.00", "13"],
  ])("but for those that are neither, or written as no id is: in %j %j", (text, value, part) => {
    expect([isAccepted(USER, text, value, part), isAccepted(STRANGER, text, value, part)]).toEqual([true, true]);
  });
});
