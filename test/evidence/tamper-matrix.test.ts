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
