/** The key of a witness: an Ed25519 seed in a private file. */
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { AgentkError } from "../base/errors.js";
import { readPrivateFile } from "./private-file.js";
import { unsafe } from "./private-folder.js";

/** DER of PKCS #8 and of SubjectPublicKeyInfo for Ed25519 (RFC 8410), up to the 32 raw bytes. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI_PREFIX_BYTES = 12;

const KEY_FORM = /^[0-9a-f]{64}\n$/;
const MAX_KEY_BYTES = 256;

export interface WitnessSigner {
  /** The raw 32-byte public key, hex. */
  readonly publicKeyHex: string;
  /** The 64-byte signature over the UTF-8 of a statement, in hex. */
  readonly sign: (statement: string) => string;
}

/**
 * Reads a key file: 64 hex digits and a newline.
 * @throws AgentkError `file-unreadable` when there is none; `unsafe-file` when others could use it or it holds no key.
 */
export function loadWitnessKey(path: string): WitnessSigner {
  const text = readPrivateFile(path, MAX_KEY_BYTES)?.toString("latin1");
  if (text === undefined) {
    throw new AgentkError("file-unreadable", `there is no key \`${path}\``, {
      place: { file: path },
      hint: "`agentk keygen --out FILE` makes one; a witness's key signs nothing else",
    });
  }
  if (!KEY_FORM.test(text)) throw unsafe(path, "does not hold a key: 64 hex digits and a newline");
  const seed = Buffer.from(text.slice(0, -1), "hex");
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ type: "spki", format: "der" });
  return {
    publicKeyHex: spki.subarray(SPKI_PREFIX_BYTES).toString("hex"),
    sign: (statement) => sign(null, Buffer.from(statement, "utf8"), key).toString("hex"),
  };
}
