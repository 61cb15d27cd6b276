/** The operator's signing key: where it may come from, how it is refused, and that there is never another one. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { getPublicKeyAsync, signAsync } from "@noble/ed25519";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { sealSeed } from "../../src/host/sealed-key.js";
import { verifyEd25519 } from "../../src/host/signer.js";
import { loadKeyFile, loadSigningKey, newSigningKey } from "../../src/host/signing-key.js";
import { codeOf, modeOf, runTogether, tempFolder, transpiledRooms, underUmask } from "./folder.js";

const SEED = "5e".repeat(32);
const OTHER = "7c".repeat(32);
const DEVELOPMENT = "41".repeat(32);

async function publicOf(seed: string): Promise<string> {
  return Buffer.from(await getPublicKeyAsync(Buffer.from(seed, "hex"))).toString("hex");
}

/** A private folder with a key file in it. */
function withFile(content: string, mode = 0o600): { folder: string; path: string } {
  const folder = join(tempFolder(), "keys");
  mkdirSync(folder, { mode: 0o700 });
  const path = join(folder, "signing.key");
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
  return { folder, path };
}

/** An environment whose data folder is not there yet, and the folder. */
function fresh(more: NodeJS.ProcessEnv = {}): { env: NodeJS.ProcessEnv; data: string } {
  const data = join(tempFolder(), "data");
  return { env: { AGENTK_DATA_DIR: data, ...more }, data };
}

describe("the signing key", () => {
  it("is made once, ours alone whatever the umask, and found again", () => {
    const { env, data } = fresh();
    const made = underUmask(() => loadSigningKey(env));
    expect(made).toMatchObject({ created: true, source: "data-folder", path: join(data, "signing.key") });
    expect([modeOf(data), modeOf(join(data, "signing.key"))]).toEqual(["700", "600"]);
    expect(readFileSync(join(data, "signing.key"), "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
    expect(readdirSync(data)).toEqual(["signing.key"]);
    const again = loadSigningKey(env);
    expect(again).toMatchObject({ created: false, publicKeyHex: made.publicKeyHex });
    expect(verifyEd25519(made.publicKeyHex, "a statement\n", again.sign("a statement\n"))).toBe(true);
  });

  it("is the key that an independent implementation derives, and signs the same bytes (RFC 8032 is deterministic)", async () => {
    const key = loadSigningKey(fresh({ AGENTK_SIGNING_KEY_HEX: SEED }).env);
    expect(key.publicKeyHex).toBe(await publicOf(SEED));
    const expected = Buffer.from(await signAsync(Buffer.from("päper\n"), Buffer.from(SEED, "hex"))).toString("hex");
    expect(key.sign("päper\n")).toBe(expected);
  });

  it("comes from the variable, then the named file, then the data folder", async () => {
    const { path } = withFile(`${OTHER}\n`);
    const { env, data } = fresh({ AGENTK_SIGNING_KEY_FILE: path });
    expect(loadSigningKey({ ...env, AGENTK_SIGNING_KEY_HEX: SEED })).toMatchObject({
      publicKeyHex: await publicOf(SEED),
      source: "environment",
    });
    expect(loadSigningKey(env)).toMatchObject({ publicKeyHex: await publicOf(OTHER), source: "file", path });
    expect(existsSync(data)).toBe(false);
  });

  it("is one key for eight processes that start at once", async () => {
    const rooms = transpiledRooms();
    const folder = join(tempFolder(), "data");
    const said = await runTogether(
      8,
      `import { loadSigningKey } from ${JSON.stringify(join(rooms, "host/signing-key.js"))};
      function go() {
        const made = loadSigningKey({ AGENTK_DATA_DIR: ${JSON.stringify(folder)} });
        console.log(made.publicKeyHex + (made.created ? " created" : ""));
      }`,
      rooms,
    );
    const { publicKeyHex } = loadSigningKey({ AGENTK_DATA_DIR: folder });
    expect(said.map((line) => line.slice(0, 64))).toEqual(Array.from({ length: 8 }, () => publicKeyHex));
    expect(said.filter((line) => line.endsWith("created")).length).toBe(1);
  });
});

// Claim: K1
describe("a key that cannot be used is an error, and no other one is used or made", () => {
  /** A good key waits at every later source; an error must come all the same, and nothing be written. */
  function refused(more: NodeJS.ProcessEnv): unknown {
    const { env, data } = fresh(more);
    const code = codeOf(() => loadSigningKey(env));
    expect(existsSync(data)).toBe(false);
    mkdirSync(data, { mode: 0o700 });
    writeFileSync(join(data, "signing.key"), `${OTHER}\n`, { mode: 0o600 });
    expect(codeOf(() => loadSigningKey(env))).toBe(code);
    expect(readdirSync(data)).toEqual(["signing.key"]);
    return code;
  }

  it.each(["", " ", "ab", SEED.slice(2), `${SEED}00`, SEED.toUpperCase(), `${SEED}\n`, ` ${SEED}`, "x".repeat(64)])(
    "in the variable: %j",
    (hex) => {
      const { path } = withFile(`${SEED}\n`);
      expect(refused({ AGENTK_SIGNING_KEY_HEX: hex, AGENTK_SIGNING_KEY_FILE: path })).toBe("signing-key-invalid");
      expect(refused({ AGENTK_SIGNING_KEY_HEX: hex, AGENTK_REQUIRE_SIGNING_KEY: "1" })).toBe("signing-key-invalid");
    },
  );

  it.each(["", "\n", SEED.slice(2), `${SEED}\n\n`, `${SEED}\r\n`, `${SEED} `, "{}", `{"format":"agentk-key/1"}\n`])(
    "in the file: %j",
    (content) => {
      const { path } = withFile(content);
      expect(refused({ AGENTK_SIGNING_KEY_FILE: path })).toBe("signing-key-invalid");
      expect(readFileSync(path, "utf8")).toBe(content);
    },
  );

  it("does not show the value that is refused", () => {
    expect(() => loadSigningKey({ AGENTK_SIGNING_KEY_HEX: `${SEED}0` })).toThrow(/^(?!.*5e5e).*64 lower-case/s);
  });

  it("in the data folder", () => {
    const { folder, path } = withFile("half a k");
    expect(codeOf(() => loadSigningKey({ AGENTK_DATA_DIR: folder }))).toBe("signing-key-invalid");
    expect(readFileSync(path, "utf8")).toBe("half a k");
  });

  it("when it is a file that is not there, or has an empty name", () => {
    expect(refused({ AGENTK_SIGNING_KEY_FILE: join(tempFolder(), "none", "k") })).toBe("signing-key-missing");
    expect(refused({ AGENTK_SIGNING_KEY_FILE: join(withFile("").folder, "k") })).toBe("signing-key-missing");
    expect(refused({ AGENTK_SIGNING_KEY_FILE: "" })).toBe("signing-key-invalid");
  });

  it("when it is the published development key of the Rust AgentK, by name", () => {
    expect(refused({ AGENTK_SIGNING_KEY_HEX: DEVELOPMENT })).toBe("signing-key-invalid");
    expect(refused({ AGENTK_SIGNING_KEY_FILE: withFile(`${DEVELOPMENT}\n`).path })).toBe("signing-key-invalid");
    expect(() => loadSigningKey({ AGENTK_SIGNING_KEY_HEX: DEVELOPMENT })).toThrow("development key of the Rust AgentK");
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o610])("when its file has mode %o", (mode) => {
    expect(refused({ AGENTK_SIGNING_KEY_FILE: withFile(`${SEED}\n`, mode).path })).toBe("unsafe-file");
  });

  it.each([0o777, 0o770, 0o720, 0o1777])("when its folder has mode %o", (mode) => {
    const { folder, path } = withFile(`${SEED}\n`);
    chmodSync(folder, mode);
    expect(refused({ AGENTK_SIGNING_KEY_FILE: path })).toBe("unsafe-file");
    expect(codeOf(() => loadSigningKey({ AGENTK_DATA_DIR: folder }))).toBe("unsafe-file");
  });

  it("behind a link, file or folder, and as anything but a file", () => {
    const { folder, path } = withFile(`${SEED}\n`);
    symlinkSync(path, join(folder, "link"));
    symlinkSync(folder, join(folder, "folder"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    for (const name of ["link", "folder/signing.key", "pipe", "."])
      expect(refused({ AGENTK_SIGNING_KEY_FILE: join(folder, name) })).toBe("unsafe-file");
  });

  it("when it belongs to another user", () => {
    const { path } = withFile(`${SEED}\n`);
    const spy = vi.spyOn(process, "geteuid").mockReturnValue(54321);
    onTestFinished(() => {
      spy.mockRestore();
    });
    expect(codeOf(() => loadSigningKey({ AGENTK_SIGNING_KEY_FILE: path }))).toBe("unsafe-file");
  });
});

describe("where a key is required", () => {
  it.each(["1", "true"])("none is made (%j)", (value) => {
    const { env, data } = fresh({ AGENTK_REQUIRE_SIGNING_KEY: value });
    expect(codeOf(() => loadSigningKey(env))).toBe("signing-key-missing");
    expect(existsSync(data)).toBe(false);
    loadSigningKey({ AGENTK_DATA_DIR: data });
    expect(loadSigningKey(env).created).toBe(false);
  });

  it.each(["yes", "TRUE", "2", " "])("an unclear word is an error (%j)", (value) => {
    const { env, data } = fresh({ AGENTK_REQUIRE_SIGNING_KEY: value, AGENTK_SIGNING_KEY_HEX: SEED });
    expect(codeOf(() => loadSigningKey(env))).toBe("signing-key-invalid");
    expect(existsSync(data)).toBe(false);
  });

  it.each(["", "0", "false"])("%j requires none", (value) => {
    expect(loadSigningKey(fresh({ AGENTK_REQUIRE_SIGNING_KEY: value }).env).created).toBe(true);
  });

  it("a command that only looks makes none either", () => {
    const { env, data } = fresh();
    expect(codeOf(() => loadSigningKey(env, { mayCreate: false }))).toBe("signing-key-missing");
    expect(existsSync(data)).toBe(false);
    mkdirSync(data, { mode: 0o700 });
    expect(codeOf(() => loadSigningKey(env, { mayCreate: false }))).toBe("signing-key-missing");
    expect(readdirSync(data)).toEqual([]);
  });
});

describe("a key under a passphrase", () => {
  const PASSPHRASE = "correct höher staple";

  function locked(): { publicKeyHex: string; text: string; path: string; env: NodeJS.ProcessEnv } {
    const { key, text } = newSigningKey(PASSPHRASE);
    const { path } = withFile(text);
    return { publicKeyHex: key.publicKeyHex, text, path, env: { AGENTK_SIGNING_KEY_FILE: path } };
  }

  const inFile = (text: string, mode = 0o600): NodeJS.ProcessEnv => ({
    AGENTK_SIGNING_KEY_PASSPHRASE_FILE: withFile(text, mode).path,
  });

  it("opens with the one in a private file, and with the one a human types", () => {
    const { publicKeyHex, env } = locked();
    const key = loadSigningKey({ ...env, ...inFile(`${PASSPHRASE}\n`) });
    expect(key.publicKeyHex).toBe(publicKeyHex);
    expect(verifyEd25519(publicKeyHex, "s", key.sign("s"))).toBe(true);
    expect(loadSigningKey(env, { ask: () => PASSPHRASE }).publicKeyHex).toBe(publicKeyHex);
  });

  it("holds the seed in no readable form, and no two files are alike", () => {
    const seed = randomBytes(32);
    const [one, two] = [sealSeed(seed, "ab".repeat(32), PASSPHRASE), sealSeed(seed, "ab".repeat(32), PASSPHRASE)];
    expect(one).not.toContain(seed.toString("hex"));
    expect(one).not.toBe(two);
    expect(JSON.parse(one)).toMatchObject({ format: "agentk-key/1", kdf: { name: "scrypt", n: 131072, r: 8, p: 1 } });
  });

  it("is an error without a passphrase, with another, and with an unsafe or empty file of it", () => {
    const { env } = locked();
    expect(codeOf(() => loadSigningKey(env))).toBe("passphrase-missing");
    expect(codeOf(() => loadSigningKey(env, { ask: () => undefined }))).toBe("passphrase-missing");
    expect(codeOf(() => loadSigningKey(env, { ask: () => `${PASSPHRASE} ` }))).toBe("signing-key-invalid");
    expect(codeOf(() => loadSigningKey({ ...env, ...inFile(PASSPHRASE, 0o644) }))).toBe("unsafe-file");
    expect(codeOf(() => loadSigningKey({ ...env, ...inFile("\n") }))).toBe("unsafe-file");
    const nowhere = { ...env, AGENTK_SIGNING_KEY_PASSPHRASE_FILE: "" };
    // A file that is named wrongly is not made up for by asking.
    expect(codeOf(() => loadSigningKey(nowhere, { ask: () => PASSPHRASE }))).toBe("passphrase-missing");
  });

  it("does not open when any member was changed, and asks nobody for a cost that is not ours", () => {
    const { text, path, env } = locked();
    const asked = vi.fn(() => PASSPHRASE);
    const edits: readonly [RegExp, string][] = [
      [/"n":131072/, '"n":1048576'],
      [/"n":131072/, '"n":1024'],
      [/"n":131072/, '"n":131073'],
      [/"r":8/, '"r":64'],
      [/"p":1/, '"p":9'],
      [/agentk-key\/1/, "agentk-key/2"],
      [/\{"format"/, '{"extra":1,"format"'],
      [/:/, ": "],
      [/\n$/, ""],
    ];
    for (const [form, to] of edits) {
      writeFileSync(path, text.replace(form, to));
      expect(codeOf(() => loadSigningKey(env, { ask: asked }))).toBe("signing-key-invalid");
    }
    expect(asked).not.toHaveBeenCalled();
    for (const name of ["salt", "nonce", "public_key", "sealed"]) {
      const flip = (_: string, start: string, digit: string): string => `${start}${digit === "0" ? "1" : "0"}`;
      writeFileSync(path, text.replace(new RegExp(`("${name}":")(.)`), flip));
      expect(codeOf(() => loadSigningKey(env, { ask: asked }))).toBe("signing-key-invalid");
    }
    expect(asked).toHaveBeenCalledTimes(4);
  });

  it("can be loaded by its name alone", () => {
    const { path, publicKeyHex } = locked();
    expect(loadKeyFile(path, {}, { ask: () => PASSPHRASE }).publicKeyHex).toBe(publicKeyHex);
  });
});
