/** The last bytes of a stream, in a ring of fixed size: however much is pushed, in however small pieces. */
export interface ByteTail {
  readonly push: (chunk: Buffer) => void;
  /** A copy of the last bytes, oldest first. */
  readonly bytes: () => Buffer;
  /** How many bytes were pushed in all. */
  readonly total: () => number;
}

/** A tail of at most `maxBytes` bytes. */
export function createByteTail(maxBytes: number): ByteTail {
  let ring = Buffer.alloc(0);
  let total = 0;
  return {
    push: (chunk) => {
      // Most children write nothing here: no room is taken before the first byte.
      if (ring.length === 0) ring = Buffer.alloc(maxBytes);
      const kept = chunk.subarray(Math.max(0, chunk.length - maxBytes));
      const at = (total + chunk.length - kept.length) % maxBytes;
      const copied = kept.copy(ring, at);
      kept.copy(ring, 0, copied);
      total += chunk.length;
    },
    bytes: () => {
      if (total <= maxBytes) return Buffer.from(ring.subarray(0, total));
      const oldest = total % maxBytes;
      return Buffer.concat([ring.subarray(oldest), ring.subarray(0, oldest)]);
    },
    total: () => total,
  };
}
