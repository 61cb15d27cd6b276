/** The framing under fuzz: no line makes it throw, and a line that is read is read as every reader of JSON reads it. */
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createLineSplitter } from "../../src/host/line-splitter.js";
import { WIRE_FAULTS } from "../../src/mcp/wire/faults.js";
import { readMessage } from "../../src/mcp/wire/read.js";
import { faultError } from "../../src/mcp/wire/write.js";
import { budget } from "./budget.js";
import { KEPT, line } from "./lines.js";

/** JSON has no negative zero: RFC 8785 writes it as 0. */
function plainZero(_name: string, value: unknown): unknown {
  return value === 0 ? 0 : value;
}

const ORIGINS = ["client", "server"] as const;

function holds(bytes: Buffer): void {
  for (const origin of ORIGINS) {
    const found = readMessage(bytes, origin);
    if (!found.ok) {
      const answer = JSON.parse(faultError(found.error)) as { error: { message: string } };
      // The answer to it says which fault it is, and nothing of what the line held.
      if (answer.error.message !== WIRE_FAULTS[found.error.code].says) expect.fail(`answered ${answer.error.message}`);
      continue;
    }
    const { canonical } = found.value;
    // `expect` in a loop this hot would cost more than what it looks at.
    const isSame = isDeepStrictEqual(JSON.parse(canonical, plainZero), JSON.parse(bytes.toString("utf8"), plainZero));
    if (!isSame) expect.fail(`read otherwise than by JSON.parse: ${bytes.toString("hex")}`);
    const again = readMessage(Buffer.from(canonical), origin);
    if (!isDeepStrictEqual(again, found) || canonical.includes("\n")) expect.fail(`read otherwise again: ${canonical}`);
  }
}

describe("reading a line", () => {
  test.each(KEPT)("%s", (_name, bytes) => {
    holds(bytes);
  });

  test("never throws, and reads what it accepts as JSON.parse does, and its own canonical text the same", () => {
    fc.assert(fc.property(line, holds), budget(6000));
  });
});

describe("splitting a stream", () => {
  test("gives the same lines however it is cut, and keeps no more than the longest line", () => {
    const cuts = fc.array(fc.nat(4000), { maxLength: 30 });
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 12 }),
        cuts,
        fc.integer({ min: 1, max: 300 }),
        (lines, places, maxBytes) => {
          const stream = Buffer.concat(lines.flatMap((each) => [each, Buffer.from("\n")]));
          const expected = lines.map((each) =>
            each.length > maxBytes ? "oversize" : (each.at(-1) === 0x0d ? each.subarray(0, -1) : each).toString("hex"),
          );
          expect(split(stream, places, maxBytes)).toEqual(expected);
        },
      ),
      budget(1500),
    );
  });
});

function split(stream: Buffer, places: readonly number[], maxBytes: number): readonly string[] {
  const said: string[] = [];
  const splitter = createLineSplitter({
    maxBytes,
    onLine: (bytes) => said.push(bytes.toString("hex")),
    onOversize: () => said.push("oversize"),
  });
  const stops = [...places.map((place) => place % (stream.length + 1)), stream.length].sort((a, b) => a - b);
  let start = 0;
  for (const stop of stops) {
    splitter.push(stream.subarray(start, stop));
    start = stop;
  }
  splitter.end();
  return said;
}
