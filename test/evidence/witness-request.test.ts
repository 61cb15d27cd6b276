/** The body of a request to a witness: what is written is read back, and every other form is refused by name. */
import { describe, expect, test } from "vitest";
import { formatAddCheckpoint, parseAddCheckpoint } from "../../src/evidence/witness-request.js";
import { growth, noteAt, ORIGIN } from "../app/checkpointed-log.js";
import { LOG } from "./witnessed.js";

const PATH = growth(LOG, 7, 20);
const NOTE = noteAt(LOG, 20);
const good = formatAddCheckpoint({ oldSize: 7, path: PATH, note: NOTE });
const line = (hex: string): string => Buffer.from(hex, "hex").toString("base64");

function refusal(body: string): string {
  const read = parseAddCheckpoint(body);
  return read.ok ? "read" : read.error;
}

describe("a body", () => {
  test("is the old size, the proof a hash a line, an empty line, and the note as it stands", () => {
    expect(good).toBe(`old 7\n${PATH.map(line).join("\n")}\n\n${NOTE}`);
    expect(formatAddCheckpoint({ oldSize: 0, path: [], note: NOTE })).toBe(`old 0\n\n${NOTE}`);
  });

  test("is read back as it was written", () => {
    const read = parseAddCheckpoint(good);
    expect(read).toMatchObject({ ok: true, value: { oldSize: 7, path: PATH, checkpoint: { size: 20 } } });
  });

  test("without a proof has an empty one, and its checkpoint says whose log it is", () => {
    expect(parseAddCheckpoint(formatAddCheckpoint({ oldSize: 0, path: [], note: NOTE }))).toMatchObject({
      ok: true,
      value: {
        oldSize: 0,
        path: [],
        checkpoint: { origin: ORIGIN },
        note: { text: NOTE.slice(0, NOTE.indexOf("\n\n") + 1) },
      },
    });
  });

  test("has room for 63 lines of proof, and for no more", () => {
    const path = Array.from({ length: 64 }, (_, i) => i.toString(16).padStart(64, "0"));
    const most = parseAddCheckpoint(formatAddCheckpoint({ oldSize: 7, path: path.slice(0, 63), note: NOTE }));
    expect(most).toMatchObject({ ok: true, value: { path: path.slice(0, 63) } });
    expect(refusal(formatAddCheckpoint({ oldSize: 7, path, note: NOTE }))).toBe(
      "there are more than 63 lines of proof",
    );
    expect(refusal(formatAddCheckpoint({ oldSize: 7, path: [...path, ...path], note: NOTE }))).toBe(
      "there are more than 63 lines of proof",
    );
  });

  test("may bear a checkpoint to which its log has added lines", () => {
    const extended = good.replace(/\n\n(?=\u2014)/, "\nanything\n\n");
    expect(parseAddCheckpoint(extended)).toMatchObject({ ok: true, value: { checkpoint: { size: 20 } } });
  });
});

const FIRST = "the first line is not `old` and a size";
const HASH = "a line of the proof is not a hash in base64";
const withFirst = (hash: string): string => good.replace(/\n[^\n]+\n/, `\n${hash}\n`);

test.each([
  ["nothing", "", "there is no empty line before the checkpoint"],
  ["no empty line", good.replaceAll("\n\n", "\n"), "there is no empty line before the checkpoint"],
  ["no old size", good.replace(/^old 7\n/, ""), FIRST],
  ["nothing before the empty line", `\n\n${NOTE}`, FIRST],
  ["a leading zero", good.replace("old 7", "old 07"), FIRST],
  ["a sign", good.replace("old 7", "old +7"), FIRST],
  ["a size beyond 2^53", good.replace("old 7", "old 9007199254740993"), FIRST],
  ["two spaces", good.replace("old 7", "old  7"), FIRST],
  ["a carriage return", good.replace("old 7\n", "old 7\r\n"), FIRST],
  ["a hash of 31 bytes", withFirst(Buffer.alloc(31).toString("base64")), HASH],
  ["a hash of 33 bytes", withFirst(Buffer.alloc(33).toString("base64")), HASH],
  ["a hash that is not base64", withFirst("!!!!"), HASH],
  ["a hash that is none after good ones", good.replace("\n\n", "\nAAAA\n\n"), HASH],
  [
    "no note",
    good.slice(0, good.indexOf("\n\n") + 2),
    "the note has no blank line with whole signature lines after it",
  ],
  [
    "a note without its last newline",
    good.slice(0, -1),
    "the note has no blank line with whole signature lines after it",
  ],
  [
    "a control character",
    good.replace("\n20\n", "\n20\u0000\n"),
    "the note has a control character other than a newline",
  ],
  ["a note that is no checkpoint", good.replace("\n20\n", "\ntwenty\n"), "the checkpoint has no plain decimal size"],
])("a body with %s is refused by name", (_what, body, words) => {
  expect(refusal(body)).toBe(words);
});
