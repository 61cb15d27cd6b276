/** Reading a payload journal: every frame is checked once on opening, and decrypted again when it is asked for. */
import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import type { PayloadRecord, PayloadSlot } from "../abi/payload.js";
import { AgentkError } from "../base/errors.js";
import { err, ok, type Result } from "../base/result.js";
import {
  fingerprintOf,
  LENGTH_BYTES,
  MAGIC,
  MAX_FRAME_BYTES,
  MAX_HEADER_BYTES,
  openFrame,
  parseHeader,
  unwrapRunKeys,
  type RunKeys,
} from "./payload-frame.js";
import { systemCode } from "./private-folder.js";

export interface PayloadFault {
  readonly code: "unreadable" | "bad-magic" | "bad-header" | "other-run" | "other-key" | "bad-frame";
  readonly detail: string;
}

export interface OpenedPayloads {
  /** The secret that the log's commitments are keyed with: 32 bytes, hex. */
  readonly secret: string;
  /** Bytes of a last frame that was not written to its end; 0 for a journal that is whole. */
  readonly tornBytes: number;
  /**
   * The canonical text kept for a line and role, or undefined when the journal holds none.
   * @throws AgentkError `payloads-unavailable` when the file changed since it was opened.
   */
  readonly get: (seq: number, slot: PayloadSlot) => string | undefined;
  readonly close: () => void;
}

/** Where a frame's sealed bytes lie. */
interface FramePlace {
  readonly counter: number;
  readonly offset: number;
  readonly length: number;
}

/**
 * Opens the payload journal of a run. Attacker-controlled: the whole file. Frames that were changed, moved or
 * repeated are faults; that whole frames are missing at the end can only be seen from the log, which commits to each.
 */
export function openPayloadStore(path: string, run: string, operatorKey: Buffer): Result<OpenedPayloads, PayloadFault> {
  let fd: number;
  try {
    // O_NONBLOCK: a pipe put in its place must not hang us before fstat can refuse it.
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    return fault("unreadable", `cannot open \`${path}\` (${systemCode(error) ?? "unknown"})`);
  }
  try {
    const opened = openFile(path, fd, { run, operatorKey });
    if (!opened.ok) closeSync(fd);
    return opened;
  } catch (error) {
    closeSync(fd);
    const code = systemCode(error);
    if (code === undefined) throw error;
    return fault("unreadable", `cannot read \`${path}\` (${code})`);
  }
}

function openFile(
  path: string,
  fd: number,
  wanted: { run: string; operatorKey: Buffer },
): Result<OpenedPayloads, PayloadFault> {
  if (!fstatSync(fd).isFile()) return fault("unreadable", `\`${path}\` is not a file`);
  const head = readHead(fd, wanted);
  if (!head.ok) return head;
  const { keys, end } = head.value;
  const scan = scanFrames(fd, { keys, run: wanted.run, start: end });
  if (!scan.ok) return scan;
  const { index, tornBytes } = scan.value;
  return ok({
    secret: keys.secret,
    tornBytes,
    get: (seq, slot) => {
      const place = index.get(`${String(seq)} ${slot}`);
      if (place === undefined) return undefined;
      const found = openFrame(keys, wanted.run, place.counter, readAt(fd, place.offset, place.length));
      if (found === undefined) throw new AgentkError("payloads-unavailable", `\`${path}\` changed while it was read`);
      return found.canonical;
    },
    close: () => {
      closeSync(fd);
    },
  });
}

function readHead(
  fd: number,
  wanted: { run: string; operatorKey: Buffer },
): Result<{ keys: RunKeys; end: number }, PayloadFault> {
  const start = readAt(fd, 0, MAGIC.length + MAX_HEADER_BYTES);
  if (start.subarray(0, MAGIC.length).toString("latin1") !== MAGIC)
    return fault("bad-magic", "is not a payload journal of this version");
  const newline = start.indexOf("\n", MAGIC.length);
  const header = newline === -1 ? undefined : parseHeader(start.subarray(MAGIC.length, newline).toString("latin1"));
  if (header === undefined) return fault("bad-header", "its header line is not well-formed");
  if (header.run !== wanted.run) return fault("other-run", `belongs to the run \`${header.run}\``);
  if (header.kek !== fingerprintOf(wanted.operatorKey))
    return fault("other-key", `was sealed for the operator key \`${header.kek}\``);
  const keys = unwrapRunKeys(header, wanted.operatorKey);
  return keys === undefined ? fault("bad-header", "its wrapped key was changed") : ok({ keys, end: newline + 1 });
}

/** Decrypts every frame, one at a time, and keeps only where it lies. */
function scanFrames(
  fd: number,
  file: { keys: RunKeys; run: string; start: number },
): Result<{ index: Map<string, FramePlace>; tornBytes: number }, PayloadFault> {
  const { size } = fstatSync(fd);
  const index = new Map<string, FramePlace>();
  let offset = file.start;
  for (let counter = 0; offset < size; counter++) {
    const place = placeOf(fd, { offset, size, counter });
    if (!place.ok) return place;
    if (place.value === undefined) break;
    const sealed = readAt(fd, place.value.offset, place.value.length);
    const found = openFrame(file.keys, file.run, counter, sealed);
    if (found === undefined) return fault("bad-frame", `frame ${String(counter)} was changed or moved`);
    if (index.has(keyOf(found))) return fault("bad-frame", `frame ${String(counter)} repeats \`${keyOf(found)}\``);
    index.set(keyOf(found), place.value);
    offset = place.value.offset + place.value.length;
  }
  return ok({ index, tornBytes: size - offset });
}

/** The frame that begins at `offset`; undefined when the file ends within it. */
function placeOf(
  fd: number,
  at: { offset: number; size: number; counter: number },
): Result<FramePlace | undefined, PayloadFault> {
  const offset = at.offset + LENGTH_BYTES;
  if (offset > at.size) return ok(undefined);
  const length = readAt(fd, at.offset, LENGTH_BYTES).readUInt32BE();
  if (length > MAX_FRAME_BYTES) return fault("bad-frame", `frame ${String(at.counter)} states an impossible length`);
  return ok(offset + length > at.size ? undefined : { counter: at.counter, offset, length });
}

function keyOf(payload: PayloadRecord): string {
  return `${String(payload.seq)} ${payload.slot}`;
}

/** Up to `length` bytes: fewer only where the file ends. */
function readAt(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const read = readSync(fd, bytes, done, length - done, offset + done);
    if (read === 0) break;
    done += read;
  }
  return bytes.subarray(0, done);
}

function fault(code: PayloadFault["code"], detail: string): { readonly ok: false; readonly error: PayloadFault } {
  return err({ code, detail });
}
