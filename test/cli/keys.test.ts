/** The commands for keys as processes: exit statuses with and without --json, modes, and what is never overwritten. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { agentk, type CommandEnd } from "../boundary/watch.js";
import { testFolder } from "../boundary/proxy-process.js";
import { modeOf, underUmask } from "../host/folder.js";

const HEX = /^[0-9a-f]{64}$/;
const SEED = "5e".repeat(32);
let folder: string;

beforeEach(() => {
  folder = testFolder("keys");
});

/** No key from outside reaches a command. */
const ENV = {
  AGENTK_SIGNING_KEY_HEX: undefined,
  AGENTK_SIGNING_KEY_FILE: undefined,
  AGENTK_REQUIRE_SIGNING_KEY: undefined,
  AGENTK_SIGNING_KEY_PASSPHRASE_FILE: undefined,
};

function run(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<CommandEnd> {
  return agentk(folder, words, { ...ENV, AGENTK_DATA_DIR: join(folder, "data"), ...env });
}

/** One command in both forms; their status must be one, and JSON one document. */
async function both(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: number; json: unknown }> {
  const [text, json] = [await run(words, env), await run([...words, "--json"], env)];
  expect(json.code).toBe(text.code);
  expect(text.stderr === "").toBe(text.code !== 1);
  expect(json.stderr === "").toBe(text.code !== 1);
  return { code: text.code, json: JSON.parse(json.stdout) as unknown };
}

async function keygen(out: string, ...more: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await run(["keygen", "--out", out, "--json", ...more]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const { public_key: key } = JSON.parse(stdout) as { public_key: string };
  expect(key).toMatch(HEX);
  return key;
}

describe("keygen", () => {
  test("makes a file of mode 0600 under umask 000, and shows no secret", async () => {
    const { code, stdout, stderr } = await underUmask(() => run(["keygen", "--out", "a.key"]));
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(modeOf(join(folder, "a.key"))).toBe("600");
    const seed = readFileSync(join(folder, "a.key"), "utf8");
    expect(seed).toMatch(/^[0-9a-f]{64}\n$/);
    expect(stdout).not.toContain(seed.trim());
    expect(stdout).toMatch(/public key {3}[0-9a-f]{64}\n {2}fingerprint {2}sha256:[0-9a-f]{64}\n/);
    expect(readdirSync(folder)).toEqual(["a.key"]);
  });

  test("the same key is shown by signing-key", async () => {
    const key = await keygen("a.key");
    const { code, json } = await both(["signing-key"], { AGENTK_SIGNING_KEY_FILE: join(folder, "a.key") });
    expect(code).toBe(0);
    expect(json).toMatchObject({ ready: true, algorithm: "ed25519", source: "file", public_key: key });
  });

  test("keeps a file that is there byte for byte, unless --force is said", async () => {
    writeFileSync(join(folder, "a.key"), "what was here\n", { mode: 0o644 });
    const { code, json } = await both(["keygen", "--out", "a.key"]);
    expect(code).toBe(1);
    expect(json).toMatchObject({ error: { code: "file-exists" } });
    expect(readFileSync(join(folder, "a.key"), "utf8")).toBe("what was here\n");
    await keygen("a.key", "--force");
    expect(readFileSync(join(folder, "a.key"), "utf8")).toMatch(/^[0-9a-f]{64}\n$/);
    expect(modeOf(join(folder, "a.key"))).toBe("600");
    expect(readdirSync(folder)).toEqual(["a.key"]);
  });

  test.each([[], ["--force"]])("follows no link and opens no pipe (%j)", async (...more: string[]) => {
    symlinkSync("target", join(folder, "link"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    mkdirSync(join(folder, "folder"));
    for (const out of ["link", "pipe", "folder"]) {
      const { code, json } = await both(["keygen", "--out", out, ...more]);
      expect(code).toBe(1);
      expect(json).toMatchObject({ error: { code: more.length === 0 ? "file-exists" : "unsafe-file" } });
    }
    expect(existsSync(join(folder, "target"))).toBe(false);
    expect(lstatSync(join(folder, "pipe")).isFIFO()).toBe(true);
    expect(readdirSync(folder).sort()).toEqual(["folder", "link", "pipe"]);
  });

  test("says of a name that no file can have that it is none", async () => {
    const { code, json } = await both(["keygen", "--out", `${"n".repeat(300)}.key`]);
    expect(code).toBe(1);
    expect(json).toMatchObject({ error: { code: "unsafe-file" } });
    const rotation = ["--next-out", "b.key", "--manifest", `${"n".repeat(300)}.json`];
    await keygen("a.key");
    const rotated = await both(["key-rotate", "--current", "a.key", ...rotation]);
    expect(rotated.json).toMatchObject({ error: { code: "unsafe-file" } });
    expect(readdirSync(folder)).toEqual(["a.key"]);
  });

  test.each([0o777, 0o770, 0o707, 0o1777])("writes nothing into a folder of mode %o", async (mode) => {
    mkdirSync(join(folder, "open"));
    chmodSync(join(folder, "open"), mode);
    const { code, json } = await both(["keygen", "--out", "open/a.key"]);
    expect(code).toBe(1);
    expect(json).toMatchObject({ error: { code: "unsafe-file" } });
    expect(readdirSync(join(folder, "open"))).toEqual([]);
  });

  test("locks the key with the passphrase of a file; without one there is an error and no key", async () => {
    writeFileSync(join(folder, "pass"), "correct horse\n", { mode: 0o600 });
    const env = { AGENTK_SIGNING_KEY_PASSPHRASE_FILE: join(folder, "pass") };
    expect((await run(["keygen", "--out", "a.key", "--passphrase"], env)).code).toBe(0);
    const use = { AGENTK_SIGNING_KEY_FILE: join(folder, "a.key") };
    expect((await run(["signing-key"], { ...use, ...env })).code).toBe(0);
    chmodSync(join(folder, "pass"), 0o644);
    expect((await run(["signing-key"], { ...use, ...env })).stderr).toContain("can be used by others");
    writeFileSync(join(folder, "short"), "seven77\n", { mode: 0o600 });
    const short = { AGENTK_SIGNING_KEY_PASSPHRASE_FILE: join(folder, "short") };
    expect((await run(["keygen", "--out", "b.key", "--passphrase"], short)).stderr).toContain("at least 8");
    expect(existsSync(join(folder, "b.key"))).toBe(false);
  });
});

describe("signing-key", () => {
  test.each<[NodeJS.ProcessEnv, string]>([
    [{}, "signing-key-missing"],
    [{ AGENTK_SIGNING_KEY_HEX: "" }, "signing-key-invalid"],
    [{ AGENTK_SIGNING_KEY_HEX: `${SEED}0` }, "signing-key-invalid"],
    [{ AGENTK_SIGNING_KEY_HEX: "41".repeat(32), AGENTK_REQUIRE_SIGNING_KEY: "1" }, "signing-key-invalid"],
    [{ AGENTK_SIGNING_KEY_FILE: "nothing" }, "signing-key-missing"],
  ])("is not ready, and makes nothing: %j", async (env, reason) => {
    const { code, json } = await both(["signing-key"], env);
    expect(code).toBe(1);
    expect(json).toMatchObject({ ready: false, error: { code: reason } });
    expect(JSON.stringify(json)).not.toContain(SEED);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("shows the public half alone", async () => {
    const { code, json } = await both(["signing-key"], { AGENTK_SIGNING_KEY_HEX: SEED });
    expect(code).toBe(0);
    expect(json).toMatchObject({ ready: true, source: "environment", path: null });
    expect(JSON.stringify(json)).not.toContain(SEED);
  });
});

describe("key-rotate, key-revoke and key-rotate-verify", () => {
  const rotate = (current: string, next: string, ...more: readonly string[]): Promise<CommandEnd> =>
    run(["key-rotate", "--current", current, "--next-out", next, "--manifest", "m.json", "--json", ...more]);
  const verify = (root: string, ...more: readonly string[]): ReturnType<typeof both> =>
    both(["key-rotate-verify", "--manifest", "m.json", "--root", root, ...more]);
  const read = (file: string): string => readFileSync(join(folder, file), "utf8");

  test("a chain of three keys verifies from its root, and from no other", async () => {
    const root = await keygen("1.key");
    expect((await rotate("1.key", "2.key", "--reason", "yearly")).code).toBe(0);
    const end = await rotate("2.key", "3.key");
    expect(end.code).toBe(0);
    const { current } = JSON.parse(end.stdout) as { current: string };
    expect([modeOf(join(folder, "3.key")), modeOf(join(folder, "m.json"))]).toEqual(["600", "644"]);
    const held = await verify(root);
    expect(held.code).toBe(0);
    expect(held.json).toMatchObject({ ok: true, root, current, sequence: 2, compromised: false, fault: null });
    const stranger = await verify(current);
    expect(stranger.code).toBe(2);
    expect(stranger.json).toMatchObject({ ok: false, fault: { code: "root-mismatch" } });
    expect((await verify(root, "--at-least", "3")).code).toBe(2);
    expect((await verify("00".repeat(32))).code).toBe(1);
    writeFileSync(join(folder, "m.json"), "{");
    expect((await verify(root)).code).toBe(2);
    renameSync(join(folder, "m.json"), join(folder, "gone"));
    expect((await verify(root)).code).toBe(1);
  });

  test("an old key carries nothing on, and then neither a key nor an entry is written", async () => {
    await keygen("1.key");
    await rotate("1.key", "2.key");
    const before = read("m.json");
    const again = await rotate("1.key", "3.key");
    expect(again.code).toBe(1);
    expect(JSON.parse(again.stdout)).toMatchObject({ error: { code: "rotation-invalid" } });
    writeFileSync(join(folder, "m.json"), before.replace('"sequence": 1', '"sequence": 2'));
    const damaged = read("m.json");
    expect((await rotate("2.key", "3.key")).code).toBe(1);
    expect(read("m.json")).toBe(damaged);
    expect(readdirSync(folder).sort()).toEqual(["1.key", "2.key", "m.json"]);
  });

  test("no file is taken for two purposes, or overwritten", async () => {
    await keygen("1.key");
    const seed = read("1.key");
    symlinkSync("1.key", join(folder, "m.json"));
    for (const more of [[], ["--force"]]) {
      expect((await rotate("1.key", "1.key", ...more)).code).toBe(1);
      expect((await rotate("1.key", "2.key", ...more)).code).toBe(1);
    }
    for (const target of ["nothing", "t.json"]) {
      rmSync(join(folder, "m.json"));
      symlinkSync(target, join(folder, "m.json"));
      expect((await rotate("1.key", "2.key")).code).toBe(1);
      writeFileSync(join(folder, "t.json"), "{}");
    }
    expect(read("1.key")).toBe(seed);
    expect(readdirSync(folder).sort()).toEqual(["1.key", "m.json", "t.json"]);
  });

  test("a key is revoked by the one that is current; one that revokes itself ends the chain", async () => {
    const root = await keygen("1.key");
    const next = JSON.parse((await rotate("1.key", "2.key")).stdout) as { current: string };
    const revoke = (key: string, ...more: readonly string[]): Promise<CommandEnd> =>
      run(["key-revoke", "--current", "2.key", "--manifest", "m.json", "--public-key", key, ...more]);
    expect((await revoke(root, "--suspect-from", "yesterday")).code).toBe(1);
    expect((await revoke(root, "--suspect-from", "2026-01-01T00:00:00Z", "--reason", "lost")).code).toBe(0);
    expect((await verify(root)).json).toMatchObject({ current: next.current, sequence: 2 });
    expect((await revoke(root)).code).toBe(1);
    const ended = await revoke(next.current);
    expect(ended.code).toBe(0);
    expect(ended.stdout).toContain("calls itself compromised");
    expect((await verify(root)).json).toMatchObject({ ok: true, current: null, compromised: true });
    expect((await rotate("2.key", "3.key")).code).toBe(1);
  });
});

describe("trusted-signers-check", () => {
  const KEY = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
  const check = (text: string | Buffer): ReturnType<typeof both> => {
    writeFileSync(join(folder, "t.toml"), text);
    return both(["trusted-signers-check", "--manifest", "t.toml"]);
  };

  test("0, with the keys", async () => {
    const { code, json } = await check(`version = 1\n[[trusted_keys]]\npublic_key = "${KEY}"\nlabel = "ops"\n`);
    expect(code).toBe(0);
    expect(json).toMatchObject({ ok: true, keys: [{ public_key: KEY, label: "ops", revoked_at: null }] });
  });

  test("2, with file, line and column", async () => {
    expect((await check("version = 1\ntrusted_keys = []\n")).code).toBe(2);
    const { stdout } = await run(["trusted-signers-check", "--manifest", "t.toml"]);
    expect(stdout).toBe("t.toml:2:1: `trusted_keys` must hold at least one key\n");
  });

  test("1, when it cannot be read", async () => {
    expect((await check(Buffer.from([0xff, 0xfe]))).code).toBe(1);
    expect((await both(["trusted-signers-check", "--manifest", "none.toml"])).code).toBe(1);
  });
});
