/** A secret typed on the controlling terminal, without an echo. */
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { ReadStream } from "node:tty";
import { systemCode } from "./private-folder.js";

const TERMINAL = "/dev/tty";
/** Nobody types more. */
const MAX_TYPED_BYTES = 1024;

/** Ctrl-C, Ctrl-D. */
const GIVES_UP: ReadonlySet<number> = new Set([0x03, 0x04]);
/** Carriage return, line feed. */
const ENTER: ReadonlySet<number> = new Set([0x0d, 0x0a]);
/** Backspace, delete. */
const ERASE: ReadonlySet<number> = new Set([0x08, 0x7f]);
/** Ctrl-U: all of it. */
const KILL = 0x15;

/**
 * What a human types up to Enter, whatever stdin and stdout are. Undefined when there is no terminal, or when the
 * human gives up (Ctrl-C, Ctrl-D).
 */
export function askHidden(question: string): string | undefined {
  const terminal = openTerminal();
  if (terminal === undefined) return undefined;
  // A handle of its own switches the echo off: the mode is the terminal's, not the handle's (termios(3)).
  const echo = new ReadStream(openSync(TERMINAL, "r+"));
  try {
    echo.setRawMode(true);
    writeSync(terminal, question);
    return readTyped(terminal);
  } finally {
    echo.setRawMode(false);
    echo.destroy();
    writeSync(terminal, "\n");
    closeSync(terminal);
  }
}

function openTerminal(): number | undefined {
  try {
    return openSync(TERMINAL, "r+");
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

/** Bytes up to Enter, read one by one: what follows is not ours to take. */
function readTyped(terminal: number): string | undefined {
  let typed: Buffer = Buffer.alloc(0);
  while (typed.length <= MAX_TYPED_BYTES) {
    const byte = Buffer.alloc(1);
    const [key = 0] = byte.subarray(0, readSync(terminal, byte, 0, 1, null));
    // Nothing read is the terminal's end.
    if (GIVES_UP.has(key) || key === 0) return undefined;
    if (ENTER.has(key)) return typed.toString("utf8");
    typed = key === KILL ? Buffer.alloc(0) : ERASE.has(key) ? withoutLast(typed) : Buffer.concat([typed, byte]);
  }
  return undefined;
}

/** Without the last character, which in UTF-8 may be several bytes. */
function withoutLast(typed: Buffer): Buffer {
  return Buffer.from(typed.toString("utf8").replace(/.$/su, ""), "utf8");
}
