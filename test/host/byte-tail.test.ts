import fc from "fast-check";
import { expect, it } from "vitest";
import { createByteTail } from "../../src/host/byte-tail.js";

it("keeps the last bytes of whatever was pushed, and counts them all", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 12 }), fc.array(fc.uint8Array({ maxLength: 30 })), (max, chunks) => {
      const tail = createByteTail(max);
      for (const chunk of chunks) tail.push(Buffer.from(chunk));
      const all = Buffer.concat(chunks);
      expect(tail.bytes().equals(all.subarray(Math.max(0, all.length - max)))).toBe(true);
      expect(tail.total()).toBe(all.length);
    }),
  );
});
