/** Bearer tokens: read from private files, made when there is none, and compared without telling how far they agree. */
import { createHash, timingSafeEqual } from "node:crypto";
import { closeSync, constants, fsyncSync, openSync, writeSync } from "node:fs";
import { AgentkError } from "../base/errors.js";
import { MAX_TOKEN_BYTES } from "../base/limits.js";
import { nonce } from "./entropy.js";
import { PRIVATE_FILE_MODE, systemCode, unsafe } from "./private-folder.js";
import { readPrivateFile } from "./private-file.js";

/** RFC 6750 section 2.1, `b64token`: nothing that could end a header or begin another. */
const TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;
/** What is shorter can be guessed by who may try as often as they like. */
const MIN_TOKEN_CHARS = 16;
const FRESH_BYTES = 32;

export interface ReadyToken {
  readonly token: string;
  /** The file was not there, and was made. */
  readonly isNew: boolean;
}

/** @throws AgentkError `unsafe-file` for a file that others can use; `usage` for one that holds no token or is not there. */
export function readToken(path: string): string {
  const bytes = readPrivateFile(path, MAX_TOKEN_BYTES);
  if (bytes === undefined) throw new AgentkError("usage", `there is no token file \`${path}\``);
  const token = bytes.toString("latin1").replace(/\r?\n$/, "");
  if (TOKEN.test(token) && token.length >= MIN_TOKEN_CHARS) return token;
  // INVARIANT: the text of the file stands in no message.
  throw new AgentkError("usage", `\`${path}\` holds no token`, {
    hint: `a token is one line of at least ${String(MIN_TOKEN_CHARS)} letters, digits and - . _ ~ + /`,
  });
}

/** A token of 256 random bits. */
export function freshToken(): string {
  return nonce(FRESH_BYTES);
}

/** Reads the token of a file, which is made, for its owner only, when it is not there. @throws AgentkError as readToken. */
export function readOrMakeToken(path: string): ReadyToken {
  const made = makeTokenFile(path);
  return made === undefined ? { token: readToken(path), isNew: false } : { token: made, isNew: true };
}

function makeTokenFile(path: string): string | undefined {
  let fd: number;
  try {
    // O_EXCL follows no link: whatever is there is read, and held against the rules for private files.
    fd = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, PRIVATE_FILE_MODE);
  } catch (error) {
    if (systemCode(error) === "EEXIST") return undefined;
    throw unsafe(path, `cannot be made (${systemCode(error) ?? "unknown"})`, { cause: error });
  }
  try {
    const token = freshToken();
    writeSync(fd, `${token}\n`);
    fsyncSync(fd);
    return token;
  } finally {
    closeSync(fd);
  }
}

/** Tells whether a text is the token, in a time that does not depend on where they differ. */
export function tokenCheck(token: string): (given: string) => boolean {
  const expected = digest(token);
  return (given) => timingSafeEqual(digest(given), expected);
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text, "utf8").digest();
}
