/** docs/formats/tamper-matrix.md says what the table of tamperings says, and every row of it is tried. */
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { FINDINGS } from "../../src/evidence/findings.js";
import {
  TAMPER_ATTACKS,
  TAMPER_CATCHERS,
  TAMPER_MATRIX,
  type CaughtTampering,
  type TamperRow,
  type UndetectableTampering,
} from "../../src/evidence/undetectable.js";
import { verifyLog } from "../../src/cli/flight-log.js";
import { closed, HEADS, LOG, NAMES, read, TRIALS } from "./tamper-matrix-trials.js";
import type { VerifyReport } from "../../src/evidence/verify.js";

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
    const known = new Set([...Object.keys(FINDINGS), "log-invalid"]);
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

/** This one ends the command before the verifier is asked. */
const RUST = "downgrade-version: write it anew as a log of the Rust AgentK";
const nameOf = ({ attack, how }: TamperRow): string => `${attack}: ${how}`;
const failureOf = ({ findings }: VerifyReport): string =>
  findings.find(({ severity }) => severity === "failure")?.code ?? "nothing";

describe("every row, tried on a log of version 4", () => {
  test("the log itself is whole for every reader, and has a line of every type but a recovery's", () => {
    for (const reader of NAMES) expect(read(LOG, reader).findings).toEqual([]);
    const lacking = Object.entries(read(LOG, "verify").counts).flatMap(([type, count]) => (count === 0 ? [type] : []));
    expect(lacking).toEqual(["recovery"]);
    expect(HEADS).toHaveLength(3);
  });

  test("no row is left out, and none is made up", () => {
    expect([...Object.keys(TRIALS), RUST].sort()).toEqual(TAMPER_MATRIX.map(nameOf).sort());
  });

  test.each(
    TAMPER_MATRIX.filter(isCaught)
      .filter((row) => nameOf(row) !== RUST)
      .map((row) => [nameOf(row), row] as const),
  )("caught: %s", (name, { caughtBy, codes }) => {
    const { logs, isOpen } = TRIALS[name] ?? closed([]);
    const seen = new Set<string>();
    expect(logs).not.toHaveLength(0);
    const by = NAMES.indexOf(caughtBy);
    for (const [i, log] of logs.entries()) {
      // Those who know less are taken in; all who know as much are not. Those who know more are asked now and then.
      const readers = NAMES.slice(0, i % 16 === 0 ? NAMES.length : by + 1);
      const found = readers.map((reader) => failureOf(read(log, reader, isOpen)));
      const isCaughtBy = found.map((failure) => failure !== "nothing");
      expect(isCaughtBy, `${String(i)}: ${found.join(", ")}`).toEqual(readers.map((_, n) => n >= by));
      seen.add(found[by] ?? "");
    }
    expect([...seen].sort()).toEqual([...codes].sort());
  });

  test.each(TAMPER_MATRIX.filter(isUndetectable).map((row) => nameOf(row)))("undetectable: %s", (name) => {
    const { logs, isOpen } = TRIALS[name] ?? closed([]);
    expect(logs).not.toHaveLength(0);
    for (const log of logs) expect(failureOf(read(log, "pin", isOpen))).toBe("nothing");
  });

  test(`caught: ${RUST}`, () => {
    const cwd = new URL("../vectors/", import.meta.url).pathname;
    const silent = (): void => undefined;
    const io = { stdout: silent, stderr: silent, exit: silent, env: {}, cwd, isTty: false, columns: 80 };
    for (const version of ["v1", "v2"])
      expect(() => verifyLog(`rust-agentk-${version}.jsonl`, io)).toThrow(
        expect.objectContaining({ code: "log-invalid" }),
      );
  });
});
