/** Account and card numbers, wallets and phone numbers: where each ends, and what is none. */
import { describe, expect, it } from "vitest";
import { bareDigits, digitGroups, ibanEnd, walletEnd } from "../../../src/mmu/tokens/accounts.js";

describe("ibanEnd", () => {
  const found = (text: string, start = 0): string | undefined => {
    const end = ibanEnd(text, start);
    return end < 0 ? undefined : text.slice(start, end);
  };
  const [longest, grouped] = [`DE89${"1".repeat(30)}`, `DE89${" 1234".repeat(7)} 12`];

  it.each([
    ["NO9386011117947", "NO9386011117947"],
    ["NO93 8601 1117 947", "NO93 8601 1117 947"],
    ["MT84MALT011000012345MTLCAST001S", "MT84MALT011000012345MTLCAST001S"],
    [longest, longest],
    [grouped, grouped],
    ["NO93 8601 1117 947 is", "NO93 8601 1117 947"],
    ["NO93 8601 1117 947 12345", "NO93 8601 1117 947"],
    ["NO93 8601 1117 947a 1", "NO93 8601 1117 947a 1"],
    ["NO93 8601 1117 947 é", "NO93 8601 1117 947"],
    ["DE89 3704 0044 0532 pays it", "DE89 3704 0044 0532"],
    ["DE89 3704 0044 0532 0130 ab12345", "DE89 3704 0044 0532 0130"],
    ["DE89 370400440532013000", "DE89 370400440532013000"],
    ["DE89370400440532013000 12", "DE89370400440532013000"],
    ["DE89.3704.0044.0532.0130.00.", "DE89.3704.0044.0532.0130.00"],
    ["AB12CDEFGH123456", "AB12CDEFGH123456"],
  ])("reads %j as far as %j", (text, account) => {
    expect(found(text)).toBe(account);
  });

  it.each([
    ["too short", "NO938601111794"],
    ["too short in groups", "NO93 8601 1117 94"],
    ["too long", `${longest}1`],
    ["far too long", `${longest}${"1".repeat(40)}`],
    ["too long in groups", `${grouped}3`],
    ["one group too many", `DE89${" 1234".repeat(8)} 1`],
    ["two blanks behind the head", "DE89  3704 0044 0532 0130 00"],
    ["nothing behind the head", "DE89"],
    ["a digit for the first letter", "1E89370400440532013000"],
    ["a digit for the second letter", "D189370400440532013000"],
    ["a letter for the first digit", "DEA9370400440532013000"],
    ["a letter for the second digit", "DE8A370400440532013000"],
    ["fewer digits than letters", "AB12CDEFGHI123456"],
    ["a word that goes on", "DE89370400440532013000é"],
    ["a last group that goes on", "NO93 8601 1117 9471é"],
  ])("finds none in what has %s", (_, text) => {
    expect(found(text)).toBeUndefined();
  });

  it.each(["AB12 ".repeat(1000), `AB12${"3".repeat(5000)}`, "AB12".repeat(1000)])(
    "reads no further than the longest account in what is none",
    (text) => {
      let reads = 0;
      const counted = {
        length: text.length,
        charCodeAt: (at: number): number => {
          reads++;
          return text.charCodeAt(at);
        },
      };
      expect(ibanEnd(counted as unknown as string, 0)).toBe(-1);
      expect(reads).toBeLessThan(200);
    },
  );

  it.each(Array.from(" -._/"))("takes %j between the groups", (separator) => {
    const text = "GB82 WEST 1234 5698 7654 32".replaceAll(" ", separator);
    expect(found(`to ${text}, now`, 3)).toBe(text);
  });
});

describe("digitGroups", () => {
  const found = (text: string): string | undefined => {
    const groups = digitGroups(text, 0);
    return groups === undefined ? undefined : `${groups.kind} ${text.slice(0, groups.end)}`;
  };

  it.each([
    "card 4222222222222",
    "card 4222 222 222 222",
    "card 30000000000004",
    "card 4111111111111111",
    "card 5500-0000-0000-0004",
    "card 6304 0000 0000 0000 000",
    "phone +1234567",
    "phone +42222222222220",
    "phone +123456789012345",
    "phone 12-34-567",
    "phone 1-23-4567",
    "phone 1-1-12345",
    "phone 12  34  567",
    "phone (030) 123-4567",
    "phone 0049 30 123456",
    "phone 12 34.56.78",
  ])("finds a %s", (token) => {
    expect(found(token.slice(token.indexOf(" ") + 1))).toBe(token);
  });

  it.each([
    ["six digits behind a plus", "+123456"],
    ["six digits in groups", "12-34-56"],
    ["sixteen digits that fail the check of cards", "4111 1111 1111 1112"],
    ["eleven digits that pass it", "79927398713"],
    ["sixteen digits behind a plus", "+1234567890123456"],
    ["two groups", "123 4567"],
    ["two groups, one in brackets", "(030) 1234567"],
    ["seven digits in one run", "1111111"],
    ["a number with points for thousands", "1.234.567"],
    ["a decimal number and more", "1.23 4567 890"],
    ["a group of one digit unlike the first", "1-2-34567"],
    ["a group of one digit at the end", "12 34 56 7"],
    ["a decimal number of two digits and more", "12.34 5678 90"],
    ["twenty digits, though they pass the check", "0000 0000 0000 0000 0000"],
    ["digits too far apart", "+12   3456789"],
    ["a word that goes on", "12 34 56x78"],
    ["a card that goes on", "4111111111111111x"],
  ])("finds none in %s: %s", (_, text) => {
    expect(found(text)).toBeUndefined();
  });
});

describe("walletEnd", () => {
  const HEX = "0xaB".padEnd(42, "1");

  it.each([HEX, HEX.toUpperCase(), `bc1${"q".repeat(25)}`, `TB1${"Q".repeat(87)}`, `BC1${"z".repeat(40)}`])(
    "is where %s ends, wherever it stands",
    (address) => {
      expect(walletEnd(address, 0)).toBe(address.length);
      expect(walletEnd(`to ${address} now`, 3)).toBe(3 + address.length);
      expect(walletEnd(`to ${address} now`, 0)).toBe(-1);
      expect(walletEnd(`x${address}`, 0)).toBe(-1);
    },
  );

  it.each([HEX.slice(0, -1), `${HEX}1`, `bc1${"q".repeat(24)}`, `tb1${"q".repeat(88)}`, `bc1${"b".repeat(30)}`])(
    "finds none in %s",
    (text) => {
      expect(walletEnd(text, 0)).toBe(-1);
    },
  );
});

describe("bareDigits", () => {
  it("keeps letters and digits, in lower case", () => {
    expect(bareDigits("DE-89. a_B (1)/9é")).toBe("de89ab19");
  });
});
