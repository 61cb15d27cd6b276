/** Writing the payload journal: the values a log only commits to, encrypted, in a file beside it. */
import { closeSync, fdatasyncSync, writeSync } from "node:fs";
import type { PayloadRecord } from "../abi/payload.js";
import { AgentkError } from "../base/errors.js";
import { createPrivateFile, writeWhole, type WriteSync } from "./journal-file.js";
import { createRunKeys, formatHeader, LENGTH_BYTES, MAGIC, MAX_FRAME_BYTES, sealFrame } from "./payload-frame.js";
import { systemCode } from "./private-folder.js";

export interface PayloadStore {
  /** The secret that the log's commitments are keyed with: 32 bytes, hex. */
  readonly secret: string;
  /** @throws AgentkError `recorder-failed` when it cannot be written, and from then on always. */
  readonly put: (payload: PayloadRecord) => void;
  /** Syncs and closes; a second call does nothing. */
  readonly close: () => void;
}

/** The journal that belongs to a log: `.payloads` for its `.jsonl`. */
export function payloadPathOf(logPath: string): string {
  return `${logPath.replace(/\.jsonl$/, "")}.payloads`;
}

/**
 * Creates the payload journal of a run, 0600, under a key of its own that only `operatorKey` (32 bytes) unwraps.
 * @throws AgentkError `file-exists` or `recorder-failed`.
 */
export function createPayloadStore(
  path: string,
  run: string,
  operatorKey: Buffer,
  write: WriteSync = writeSync,
): PayloadStore {
  const { keys, header } = createRunKeys(run, operatorKey);
  const fd = createPrivateFile(path);
  let counter = 0;
  let state: "open" | "failed" | "closed" = "open";
  const append = (bytes: Buffer): void => {
    if (state !== "open") throw failure(path, state);
    try {
      writeWhole(fd, bytes, write);
    } catch (error) {
      // A part of a frame may be in the file: nothing may follow it.
      state = "failed";
      throw failure(path, systemCode(error) ?? String(error));
    }
  };
  append(Buffer.from(`${MAGIC}${formatHeader(header)}\n`, "utf8"));
  return {
    secret: keys.secret,
    put: (payload) => {
      const frame = sealFrame(keys, run, counter, payload);
      if (frame.length > LENGTH_BYTES + MAX_FRAME_BYTES) throw failure(path, "the payload is too large");
      append(frame);
      counter++;
    },
    close: () => {
      if (state === "closed") return;
      state = "closed";
      try {
        fdatasyncSync(fd);
      } catch (error) {
        throw failure(path, systemCode(error) ?? String(error));
      } finally {
        closeSync(fd);
      }
    },
  };
}

function failure(path: string, why: string): AgentkError {
  return new AgentkError("recorder-failed", `cannot write \`${path}\` (${why})`, { place: { file: path } });
}
