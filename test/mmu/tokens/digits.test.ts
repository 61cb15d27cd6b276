/** What begins with a digit: a date, a number that stands for a value, or nothing of its own. */
import { describe, expect, it } from "vitest";
import { currenciesAt, digitsAt, isBareYear, isMoney } from "../../../src/mmu/tokens/digits.js";

const found = (text: string, at = 0): string | undefined => {
  const token = digitsAt(text, at);
  return token === undefined ? undefined : `${token.kind ?? "none"} ${text.slice(token.start, token.end)}`;
};

describe("dates", () => {
  it.each([
    "2024-05-15",
    "2024/05/15",
    "15 May",
    "15-May-2024",
    "15th of May 2024",
    "1st May",
    "2nd May",
    "3rd of May",
    "15 of May",
    "15/5/2024",
    "15.5.24",
    "1:30",
    "10:30 pm",
    "15 ſep",
    "5ſt May 2024",
  ])("%s is one", (date) => {
    expect(found(date)).toBe(`date ${date}`);
    expect(found(`on ${date}, then`, 3)).toBe(`date ${date}`);
    expect(found(`${"long before ".repeat(4)}${date}`, 48)).toBe(`date ${date}`);
  });

  it.each(Array.from("jfmasond"))("a month that begins with %s follows a day", (first) => {
    const month = ["jan", "feb", "mar", "apr", "sep", "oct", "nov", "dec"].find((name) => name.startsWith(first));
    expect(found(`15 ${month ?? ""}`)).toBe(`date 15 ${month ?? ""}`);
    expect(found(`15 ${month?.toUpperCase() ?? ""}`)).toBe(`date 15 ${month?.toUpperCase() ?? ""}`);
  });

  it.each([
    ["2024 May 15", "amount 2024"],
    ["123:30", "none 123"],
    ["12:3", "none 12"],
    ["15. May", "none 15"],
    ["15 June2", "none 15"],
  ])("%s is none", (text, token) => {
    expect(found(text)).toBe(token);
  });

  it.each([
    ["May 15", 4, "date May 15"],
    ["may 15th, 2024 x", 4, "date may 15th, 2024"],
    ["on Sept. 3", 9, "date Sept. 3"],
    ["on September 15 1999", 13, "date September 15 1999"],
    ["\nMay 15", 5, "date May 15"],
    ["xMay 15", 5, "none 15"],
    ["éMay 15", 5, "none 15"],
    ["May  15", 5, "none 15"],
    ["June 131", 5, "none 131"],
    ["3 15", 2, "none 15"],
  ])("begin with the month before: %j at %i", (text, at, token) => {
    expect(found(text, at)).toBe(token);
  });
});

describe("numbers", () => {
  it.each([
    ["12345", "number 12345"],
    ["1'234'567", "number 1'234'567"],
    ["1,234,567.89", "number 1,234,567.89"],
    ["1.234.567,89", "number 1.234.567,89"],
    ["12345.", "number 12345"],
    ["12345,", "number 12345"],
    ["1234", "amount 1234"],
    ["1.5", "amount 1.5"],
    ["99,5", "amount 99,5"],
    ["1,23,4", "amount 1,23"],
    ["1,234", "amount 1,234"],
    ["1,234,5", "amount 1,234"],
    ["1_234", "none 1_234"],
    ["31", "none 31"],
    ["12,", "none 12"],
    ["1".repeat(30), `number ${"1".repeat(30)}`],
    ["2024 05 15", "phone 2024 05 15"],
    ["4111 1111 1111 1111", "card 4111 1111 1111 1111"],
  ])("%s is %s", (text, token) => {
    expect(found(text)).toBe(token);
  });

  it.each([
    ["more digits than any number has", "1".repeat(31)],
    ["many more digits", "1".repeat(50)],
    ["a letter behind it", "12345x"],
    ["a letter beyond ASCII behind it", "12345é"],
    ["no digit", "+5"],
    ["a version", "3.2.1"],
  ])("%s: none", (_, text) => {
    expect(found(text)).toBeUndefined();
  });

  it.each(Array.from("-_/.@"))("are none when %j joins them to a name", (joiner) => {
    expect(found(`12${joiner}b`)).toBeUndefined();
    expect(found(`a${joiner}12`, 2)).toBeUndefined();
    expect(found(`12345${joiner} b`)).toBe("number 12345");
    expect(found(`a ${joiner}12`, 3)).toBe("none 12");
  });
});

describe("small numbers stand for a value", () => {
  it.each(["5 usd", "5 EUR", "5 $", "5$", "5 €", "5€", "5 dollars", "5 dollar", "5 euros", "5 pounds"])(
    "when a currency follows: %s",
    (text) => {
      expect(found(text)).toBe("amount 5");
    },
  );

  it.each([
    "id ",
    "no. ",
    "number ",
    "my number: ",
    "invoice number = ",
    "code: ",
    "pin=",
    "ref",
    "#",
    "$",
    "$ ",
    "£ ",
    "x€",
    "usd ",
    "usd",
    "the price is eur ",
  ])("when a cue stands before: %s13", (before) => {
    expect(found(`${before}13 x`, before.length)).toBe("amount 13");
  });

  it.each(["", "in ", "xid ", "numbers ", "# ", "eur  ", "ref:    ", "é ", "(", "id of a thing "])(
    "and else do not: %s13",
    (before) => {
      expect(found(`${before}13 x`, before.length)).toBe("none 13");
    },
  );

  it.each(["5 usdx", "5 x", "5-", "5; usd", "5% usd", "5"])("and else do not: %s", (text) => {
    expect(found(text)).toBe("none 5");
  });
});

describe("isMoney", () => {
  const isMoneyIn = (text: string, number: string): boolean =>
    isMoney(text, text.indexOf(number), text.indexOf(number) + number.length);

  it.each([
    ["$5", "5"],
    ["$5", "$5"],
    ["pay 5eur", "5eur"],
    ["pay 5 usd now", "5"],
    ["5€", "5"],
    ["5 USD", "5"],
    ["price eur 5", "5"],
    ["it costs some € 5", "5"],
  ])("in %j, %s is", (text, number) => {
    expect(isMoneyIn(text, number)).toBe(true);
  });

  it.each([
    ["xusd 5", "5"],
    ["usd  5", "5"],
    ["the usd price 5", "5"],
    ["5%", "5"],
    ["5 - 7 usd", "5"],
  ])("in %j, %s is not", (text, number) => {
    expect(isMoneyIn(text, number)).toBe(false);
  });
});

describe("isBareYear", () => {
  const isYearIn = (text: string, number: string): boolean =>
    isBareYear(text, text.indexOf(number), text.indexOf(number) + number.length);

  it.each([
    ["in 1900", "1900"],
    ["in 2100", "2100"],
    ["in 1999 xx", "1999"],
    ["1999 it was", "1999"],
    ["the id of a thing 1999", "1999"],
    ["number :: 1999", "1999"],
    ["reference 1999", "1999"],
  ])("in %j, %s is a year", (text, number) => {
    expect(isYearIn(text, number)).toBe(true);
  });

  it.each([
    ["1999", "1999"],
    ["in 1899", "1899"],
    ["in 2101", "2101"],
    ["in 02000", "02000"],
    ["in 2e3", "2e3"],
    ["id 1999", "1999"],
    ["the PIN: 1999 x", "1999"],
    ["no. 1999", "1999"],
    ["#1999", "1999"],
  ])("in %j, %s is none", (text, number) => {
    expect(isYearIn(text, number)).toBe(false);
  });
});

describe("the currencies of a number", () => {
  it.each<[text: string, number: string, codes: readonly string[]]>([
    ["pay $5 now", "5", ["usd"]],
    ["pay 5 dollars", "5", ["usd"]],
    ["pay 5 euro", "5", ["eur"]],
    ["pay 5 pounds", "5", ["gbp"]],
    ["¥5", "5", ["jpy"]],
    ["$5 eur", "$5 eur", ["usd", "eur"]],
    ["inr 5 chf", "5", ["inr", "chf"]],
    ["pay 5 now", "5", []],
    ["5; usd", "5", []],
  ])("in %j, of %s", (text, number, codes) => {
    const start = text.indexOf(number);
    expect(currenciesAt(text, start, start + number.length)).toEqual(codes);
  });
});
