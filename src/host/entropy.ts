/** Randomness from the operating system, and the names made of it. */
import { randomFillSync } from "node:crypto";
import { AgentkError } from "../base/errors.js";

const RUN_ID = /^[0-9TZ]{16}-[0-9a-f]{12}$/;

/** Bytes drawn from the operating system in one go: each drawing costs as much as what a call's nonce needs it for. */
const POOL_BYTES = 1024;
const pool = Buffer.alloc(POOL_BYTES);
let used = POOL_BYTES;

/**
 * `bytes` fresh random bytes, at most POOL_BYTES, as lower-case hex. INVARIANT: no byte of the pool is given twice, and
 * one that was given is no longer in it.
 * @throws AgentkError `internal` for more; Error when the operating system gives none.
 */
export function nonce(bytes: number): string {
  if (bytes > POOL_BYTES) throw new AgentkError("internal", `a nonce of ${String(bytes)} bytes is too long`);
  if (used + bytes > POOL_BYTES) {
    // Left marked as used until it is filled: a drawing that fails must not give the old bytes again.
    used = POOL_BYTES;
    randomFillSync(pool);
    used = 0;
  }
  const end = used + bytes;
  const text = pool.toString("hex", used, end);
  pool.fill(0, used, end);
  used = end;
  return text;
}

/**
 * A run's name, `YYYYMMDDTHHMMSSZ-<12 hex>`: sorts by start time (UTC), unique by its nonce.
 * @throws AgentkError `internal` unless `nonceHex` is 12 hex digits and the year has four.
 */
export function newRunId(now: Date, nonceHex: string): string {
  const stamp = now.toISOString().replace(/[-:]|\.\d{3}/g, "");
  const run = `${stamp}-${nonceHex}`;
  if (!RUN_ID.test(run)) throw new AgentkError("internal", `\`${run}\` is no run id`);
  return run;
}
