/** Server-sent events: the same whatever the chunks, and never more than the bound. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { createSseReader } from "../../src/host/http-sse-reader.js";

function read(chunks: readonly Buffer[], maxBytes = 64): { data: string[]; over: number; last: string | undefined } {
  const data: string[] = [];
  let over = 0;
  const reader = createSseReader({
    maxBytes,
    onData: (bytes) => data.push(bytes.toString("utf8")),
    onOversize: () => over++,
  });
  for (const chunk of chunks) reader.push(chunk);
  return { data, over, last: reader.lastEventId() };
}

const STREAM = Buffer.from(
  ': hi\n\nid: 1\ndata: {"a":1}\n\nevent: other\ndata: no\n\nid: 2\r\ndata: x\r\ndata:y\r\n\r\nretry: 5\nid: 3\ndata: \n\ndata: cut',
);

test("events come out as they were sent, wherever the chunks are cut", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(STREAM.length), { maxLength: 12 }), (cuts) => {
      const at = [0, ...cuts.sort((a, b) => a - b), STREAM.length];
      const chunks = at.slice(1).map((end, i) => STREAM.subarray(at[i], end));
      expect(read(chunks)).toEqual({ data: ['{"a":1}', "x\ny"], over: 0, last: "3" });
    }),
  );
});

test("an event over the bound is dropped and told, in one line or in many", () => {
  const long = Buffer.from(
    `data: ${"x".repeat(100)}\n\n${"data: xxxxxxxxxx\n".repeat(9)}\n${"data:\n".repeat(5000)}\ndata: ok\n\n`,
  );
  expect(read([long])).toMatchObject({ data: ["ok"], over: 3 });
});

test("an id that could not stand in a header is none", () => {
  expect(read([Buffer.from("id: a b\ndata: x\n\n")]).last).toBeUndefined();
});
