/** A witness, whatever it is asked: one history of a log is cosigned, and nothing that is sent makes it throw. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { formatAddCheckpoint } from "../../src/evidence/witness-request.js";
import { growth, noteAt, type TestLog } from "../app/checkpointed-log.js";
import { FORK, LOG, Memory, SIZES } from "./witnessed.js";

test("whatever is asked in whatever order, one chain of prefixes is cosigned", () => {
  const ask = fc.record({
    isFork: fc.boolean(),
    oldSize: fc.constantFrom(0, ...SIZES),
    size: fc.constantFrom(...SIZES),
  });
  fc.assert(
    fc.property(fc.array(ask, { maxLength: 30 }), (asks) => {
      const witness = new Memory();
      let last = 0;
      const cosigned: TestLog[] = [];
      for (const { isFork, oldSize, size } of asks) {
        const log = isFork ? FORK : LOG;
        if (!witness.grow(log, oldSize, size).startsWith("cosign")) continue;
        expect(size).toBeGreaterThanOrEqual(last);
        last = size;
        // The histories part at line 6: beyond it only one of the two is ever cosigned.
        if (size > 6) cosigned.push(log);
      }
      expect(new Set(cosigned).size).toBeLessThanOrEqual(1);
    }),
    { numRuns: 150 },
  );
});

test("a body made of anything is judged and never throws", () => {
  const good = formatAddCheckpoint({ oldSize: 7, path: growth(LOG, 7, 20), note: noteAt(LOG, 20) });
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.nat(good.length), (text, at) => {
      new Memory().ask(text);
      new Memory().ask(good.slice(0, at) + text + good.slice(at));
    }),
  );
});
