/** Randomness from the operating system, and the names made of it. */
import { randomBytes } from "node:crypto";
import { AgentkError } from "../base/errors.js";

const RUN_ID = /^[0-9TZ]{16}-[0-9a-f]{12}$/;

/** `bytes` fresh random bytes, as lower-case hex. */
export function nonce(bytes: number): string {
  return randomBytes(bytes).toString("hex");
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
