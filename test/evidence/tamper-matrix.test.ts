/** docs/formats/tamper-matrix.md and the table of tamperings agree, and the table is closed. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FINDINGS } from "../../src/evidence/findings.js";
import {
  FORMAT_3_CODES,
  TAMPER_ATTACKS,
  TAMPER_CATCHERS,
  TAMPER_MATRIX,
  type CaughtTampering,
  type TamperRow,
  type UndetectableTampering,
} from "../../src/evidence/undetectable.js";
import { buildLog, fileOf, rehash, verifyBytes, verifyLines } from "./fixture.js";

const PAGE = new URL("../../docs/formats/tamper-matrix.md", import.meta.url);

const isCaught = (row: TamperRow): row is CaughtTampering => row.caughtBy !== "nothing";
const isUndetectable = (row: TamperRow): row is UndetectableTampering => row.caughtBy === "nothing";

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [line(head), `|${head.map(() => "---").join("|")}|`, ...rows.map(line)].join("\n");
}

const code = (text: string): string => `\`${text}\``;

const PARTS: Readonly<Record<string, string>> = {
  catchers: table(
    ["reader", "who that is"],
    Object.entries(TAMPER_CATCHERS).map(([name, says]) => [name, says]),
  ),
  caught: table(
    ["attack", "how", "caught by", "codes"],
    TAMPER_MATRIX.filter(isCaught).map(({ attack, how, caughtBy, codes }) => [
      attack,
      how,
      caughtBy,
      codes.map(code).join(", "),
    ]),
  ),
  codes: table(
    ["code", "meaning"],
    Object.entries(FORMAT_3_CODES).map(([name, means]) => [code(name), means]),
  ),
  undetectable: table(
    ["attack", "how", "why nothing can tell", "what would"],
    TAMPER_MATRIX.filter(isUndetectable).map((row) => [row.attack, row.how, row.reason, row.wouldDetect]),
  ),
};

function withTables(page: string): string {
  return Object.entries(PARTS).reduce(
    (text, [name, part]) =>
      text.replace(
        new RegExp(`<!-- ${name} -->[^]*<!-- /${name} -->`),
        () => `<!-- ${name} -->\n\n${part}\n\n<!-- /${name} -->`,
      ),
    page,
  );
}

if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(PAGE, withTables(readFileSync(PAGE, "utf8")));
const page = readFileSync(PAGE, "utf8");

describe("the page", () => {
  test.each(Object.entries(PARTS))("has the table of %s as the code has it", (_name, part) => {
    expect(page).toContain(`\n${part}\n`);
  });

  test("has no row beyond it", () => {
    expect(withTables(page)).toBe(page);
    const rows = Object.values(PARTS).flatMap((part) => part.split("\n"));
    expect(page.split("\n").filter((line) => line.startsWith("|"))).toEqual(rows);
  });
});

describe("the table", () => {
  test("has every attack, in order, and no other", () => {
    expect([...new Set(TAMPER_MATRIX.map(({ attack }) => attack))]).toEqual(TAMPER_ATTACKS);
  });

  test("says each thing once", () => {
    const said = TAMPER_MATRIX.map(({ attack, how }) => `${attack}: ${how}`);
    expect(new Set(said).size).toBe(said.length);
  });

  test("names codes that there are", () => {
    const known = new Set([...Object.keys(FINDINGS), ...Object.keys(FORMAT_3_CODES), "log-invalid"]);
    for (const { codes } of TAMPER_MATRIX) for (const name of codes) expect(known).toContain(name);
  });

  test("never counts what passes as caught: no code of a caught row is a note", () => {
    const notes = Object.entries(FINDINGS).flatMap(([name, { severity }]) => (severity === "note" ? [name] : []));
    for (const { codes } of TAMPER_MATRIX) for (const name of codes) expect(notes).not.toContain(name);
  });

  test("gives each row a code, or a reason and what would detect it; nothing in between", () => {
    for (const row of TAMPER_MATRIX) {
      if (isCaught(row)) expect(row.codes.length).toBeGreaterThan(0);
      else expect([row.reason, row.wouldDetect].every((text) => text.length > 10)).toBe(true);
    }
  });
});

describe("rows that a log without checkpoints can show", () => {
  const log = buildLog();
  const at = (i: number): string => log[i] ?? "";
  const swapped = log.slice(1).map((line, i) => log.with(i, line).with(i + 1, at(i)));
  const foreign = rehash(log.with(0, at(0).replace("0123456789ab", "0123456789ac")))[3] ?? "";
  const within = (i: number, insert: string): string[] => log.toSpliced(i, 0, insert);
  const remade = (logs: string[][]): string[][] => logs.map(rehash);
  const places = log.map((_, i) => i);
  const deleted = places.map((i) => log.toSpliced(i, 1));
  const repeated = places.map((i) => within(i, at(i)));
  const flipped = log.map((line) => line.replace('"verdict":"deny"', '"verdict":"allow"'));

  const shown: [TamperRow["attack"], string, string[][]][] = [
    ["delete", "take out a line", deleted],
    ["delete", "take out a line; make numbers and chain anew", remade(deleted)],
    ["reorder", "swap two lines", swapped],
    ["reorder", "swap two lines; make numbers and chain anew", remade(swapped)],
    ["insert", "put in a line of another run, or one made up", places.map((i) => within(i, foreign))],
    ["duplicate", "repeat a line", repeated],
    ["duplicate", "repeat a line; make numbers and chain anew", remade(repeated)],
    ["truncate", "cut after any line", places.map((i) => log.slice(0, i))],
    ["flip-deny", "turn a deny into an allow; make the chain anew", remade([flipped])],
    ["empty", "empty the file", [[]]],
    [
      "swap-agent",
      "write another agent into the first line, or into a call's; make the chain anew",
      remade(places.map((i) => log.with(i, at(i).replace(/"agent":"[^"]*"/, '"agent":"x"'))).slice(0, 1)),
    ],
  ];

  test.each(shown)("%s: %s", (attack, how, logs) => {
    const row = TAMPER_MATRIX.find((one) => one.attack === attack && one.how === how);
    for (const [i, lines] of logs.entries()) {
      const { ok, findings } = verifyLines(lines);
      expect(ok, String(i)).toBe(false);
      expect(row?.codes, String(i)).toContain(findings.find(({ severity }) => severity === "failure")?.code);
    }
  });

  test.each([
    ["edit", "change any byte of any line"],
    ["truncate", "cut within a line"],
  ])("%s: %s", (attack, how) => {
    const row = TAMPER_MATRIX.find((one) => one.attack === attack && one.how === how);
    const file = fileOf(log);
    for (let i = 1; i < file.length; i += 3) {
      if (attack === "truncate" && file[i - 1] === 10) continue;
      const bytes = Buffer.from(attack === "edit" ? file : file.subarray(0, i));
      if (attack === "edit") bytes[i] = (bytes[i] ?? 0) ^ 1;
      const { ok, findings } = verifyBytes(bytes);
      expect(ok, String(i)).toBe(false);
      expect(row?.codes, String(i)).toContain(findings[0]?.code);
    }
  });
});
