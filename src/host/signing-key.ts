/** The operator's Ed25519 signing key: where it comes from, and the one way to sign with it. */
import { createPrivateKey, createPublicKey, randomBytes, sign, type KeyObject } from "node:crypto";
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { AgentkError } from "../base/errors.js";
import { keyFault } from "../evidence/ed25519.js";
import { DATA_FOLDER_HINT, dataFolder } from "./data-folder.js";
import { assertKeyFolder, readKeyFile } from "./key-file.js";
import { createFile } from "./whole-file.js";
import { missing, passphraseFromFile } from "./passphrase.js";
import { assertPrivateFolder, makePrivateFolder, unsafe } from "./private-folder.js";
import { openSealedKey, parseSealedKey, sealSeed, type SealedKey } from "./sealed-key.js";
import { SPKI_PREFIX } from "./signer.js";

export const KEY_HEX_VARIABLE = "AGENTK_SIGNING_KEY_HEX";
export const KEY_FILE_VARIABLE = "AGENTK_SIGNING_KEY_FILE";
export const REQUIRE_VARIABLE = "AGENTK_REQUIRE_SIGNING_KEY";

const FILE = "signing.key";
const SEED_BYTES = 32;
const SEED_FORM = /^[0-9a-f]{64}$/;
/** DER of PrivateKeyInfo for Ed25519 (RFC 8410 section 7), up to the 32 bytes of the seed. */
const PKCS8_PREFIX = Buffer.from("302e020100300506032b657004220420", "hex");

/** Where a key came from: AGENTK_SIGNING_KEY_HEX, AGENTK_SIGNING_KEY_FILE or the like, or the data folder. */
export type KeySource = "environment" | "file" | "data-folder";

export interface SigningKey {
  /** The raw 32-byte public key. */
  readonly publicKeyHex: string;
  /** The 64-byte signature over the UTF-8 of a statement, in hex. */
  readonly sign: (statement: string) => string;
  readonly source: KeySource;
  /** True when this call made it: tell the operator. */
  readonly created: boolean;
  /** The file it was read from. */
  readonly path?: string;
}

export interface LoadOptions {
  /** Asks a human for the passphrase of a key; undefined when there is none to ask. Without it nobody is asked. */
  readonly ask?: (question: string) => string | undefined;
  /** False for commands that only look: an absent key is an error. */
  readonly mayCreate?: boolean;
}

/**
 * The operator's signing key: AGENTK_SIGNING_KEY_HEX, else AGENTK_SIGNING_KEY_FILE, else `signing.key` in the data
 * folder, which is made when it is not there and neither AGENTK_REQUIRE_SIGNING_KEY nor `mayCreate` forbids it.
 * INVARIANT: a source that is set and cannot be used is an error. There is no other key to fall back to, ever.
 * @throws AgentkError `signing-key-missing`, `signing-key-invalid`, `passphrase-missing`, `unsafe-file`.
 */
export function loadSigningKey(env: NodeJS.ProcessEnv, options: LoadOptions = {}): SigningKey {
  const isRequired = readRequired(env);
  const hex = env[KEY_HEX_VARIABLE];
  if (hex !== undefined) return fromHex(hex);
  const file = env[KEY_FILE_VARIABLE];
  if (file === "") throw invalid(`\`${KEY_FILE_VARIABLE}\` is empty`, "name a file, or unset it");
  if (file !== undefined) return loadKeyFile(resolve(file), env, options);
  return fromDataFolder(env, { ...options, mayCreate: !isRequired && options.mayCreate !== false });
}

/**
 * The signing key in one file, for `key-rotate`.
 * @throws AgentkError as above.
 */
export function loadKeyFile(path: string, env: NodeJS.ProcessEnv, options: LoadOptions = {}): SigningKey {
  if (existsSync(dirname(path))) assertKeyFolder(dirname(path));
  const text = readKeyFile(path);
  if (text === undefined) throw absent(`there is no key file \`${path}\``);
  return { ...signerOf(seedIn(path, text, { env, ...options }), path), source: "file", created: false, path };
}

/** A new key in the form of its file: plain, or sealed when there is a passphrase. */
export function newSigningKey(passphrase?: string): { readonly key: SigningKey; readonly text: string } {
  const seed = randomBytes(SEED_BYTES);
  const key: SigningKey = { ...signerOf(seed, "the new key"), source: "file", created: true };
  const text = passphrase === undefined ? `${seed.toString("hex")}\n` : sealSeed(seed, key.publicKeyHex, passphrase);
  return { key, text };
}

function readRequired(env: NodeJS.ProcessEnv): boolean {
  const text = env[REQUIRE_VARIABLE] ?? "";
  if (text === "1" || text === "true") return true;
  if (text === "" || text === "0" || text === "false") return false;
  throw invalid(
    `\`${REQUIRE_VARIABLE}\` is neither 1, true, 0 nor false`,
    "a slip of the pen must not unlock anything",
  );
}

function fromHex(hex: string): SigningKey {
  // The value is not shown: it may be a key with one character too many.
  if (!SEED_FORM.test(hex))
    throw invalid(`\`${KEY_HEX_VARIABLE}\` is not 64 lower-case hexadecimal digits`, "correct it, or unset it");
  return { ...signerOf(Buffer.from(hex, "hex"), `\`${KEY_HEX_VARIABLE}\``), source: "environment", created: false };
}

function fromDataFolder(env: NodeJS.ProcessEnv, options: LoadOptions): SigningKey {
  const path = join(dataFolder(env), FILE);
  const mayCreate = options.mayCreate === true;
  if (!mayCreate && !existsSync(dirname(path))) throw absent("there is no signing key");
  if (mayCreate) makePrivateFolder(dirname(path), DATA_FOLDER_HINT);
  assertPrivateFolder(dirname(path));
  let text = readKeyFile(path);
  if (text === undefined && !mayCreate) throw absent("there is no signing key");
  const created = text === undefined && createFile(path, newSigningKey().text);
  // Read back in either case: what counts is what the next process will find.
  text ??= readKeyFile(path);
  if (text === undefined) throw unsafe(path, "vanished while it was made");
  return { ...signerOf(seedIn(path, text, { env, ...options }), path), source: "data-folder", created, path };
}

/** The seed in a key file's text: 64 digits, or one `agentk-key/1` line. */
function seedIn(path: string, text: string, options: LoadOptions & { env: NodeJS.ProcessEnv }): Buffer {
  const plain = text.replace(/\n$/, "");
  if (SEED_FORM.test(plain)) return Buffer.from(plain, "hex");
  const sealed = parseSealedKey(text);
  if (sealed === undefined) throw invalid(`\`${path}\` does not hold a signing key`, "make one with `agentk keygen`");
  const seed = openSealedKey(sealed, passphraseFor(path, options));
  if (seed === undefined || !isSeedOf(seed, sealed))
    throw invalid(`the passphrase does not open \`${path}\``, "or the file was changed");
  return seed;
}

function passphraseFor(path: string, { env, ask }: LoadOptions & { env: NodeJS.ProcessEnv }): string {
  const passphrase = passphraseFromFile(env) ?? ask?.(`Passphrase of ${path}: `);
  if (passphrase === undefined) throw missing(`\`${path}\` is locked with a passphrase, and there is nobody to ask`);
  return passphrase;
}

function isSeedOf(seed: Buffer, sealed: SealedKey): boolean {
  return publicHex(privateKeyOf(seed)) === sealed.public_key;
}

function signerOf(seed: Buffer, origin: string): Pick<SigningKey, "publicKeyHex" | "sign"> {
  // Imported once: importing costs more than signing.
  const privateKey = privateKeyOf(seed);
  const publicKeyHex = publicHex(privateKey);
  const fault = keyFault(publicKeyHex);
  if (fault !== undefined) throw invalid(`the key in ${origin} ${fault}`, "make one with `agentk keygen`");
  return {
    publicKeyHex,
    sign: (statement) => sign(null, Buffer.from(statement, "utf8"), privateKey).toString("hex"),
  };
}

function privateKeyOf(seed: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: "der", type: "pkcs8" });
}

function publicHex(privateKey: KeyObject): string {
  const der = createPublicKey(privateKey).export({ type: "spki", format: "der" });
  return der.subarray(SPKI_PREFIX.length).toString("hex");
}

function absent(problem: string): AgentkError {
  const hint = `make one with \`agentk keygen --out FILE\` and set \`${KEY_FILE_VARIABLE}\``;
  return new AgentkError("signing-key-missing", problem, { hint });
}

function invalid(problem: string, hint: string): AgentkError {
  return new AgentkError("signing-key-invalid", problem, { hint });
}
