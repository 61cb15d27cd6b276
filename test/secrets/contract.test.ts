/** One contract for every provider of secrets: its shapes, and each state that it can tell, without reading a value. */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { secretWorld } from "../../src/app/secret-refs.js";
import type { SecretState } from "../../src/secrets/backend.js";
import { readReference, SECRET_BACKENDS } from "../../src/secrets/table.js";
import { testFolder } from "../boundary/proxy-process.js";
import { startStores, type Stores } from "./stores.js";

interface Contract {
  /** References and their shapes. */
  readonly shapes: Readonly<Record<string, string>>;
  readonly refused: readonly string[];
  /** References and what is found; `@` stands for the folder of local files. */
  readonly states: Readonly<Record<string, SecretState>>;
}

const folder = testFolder("secret-stores");
let stores: Stores;

beforeAll(async () => {
  stores = await startStores();
  writeFileSync(join(folder, "live"), "x", { mode: 0o600 });
  writeFileSync(join(folder, "empty"), "", { mode: 0o600 });
  writeFileSync(join(folder, "open"), "x");
  chmodSync(join(folder, "open"), 0o640);
  symlinkSync("live", join(folder, "link"));
  mkdirSync(join(folder, "folder"), { mode: 0o700 });
  script("prints", "echo secret; exit 0");
  script("silent", "exit 0");
  mkdirSync(join(folder, "nearby"));
  script("nearby/lurking", "echo secret; exit 0");
  script("fails", "echo secret; exit 3");
  writeFileSync(join(folder, "plain"), "#!/bin/sh\n", { mode: 0o644 });
});

afterAll(() => stores.close());

afterEach(() => {
  expect(stores.readValues).toEqual([]);
});

function script(name: string, body: string): void {
  writeFileSync(join(folder, name), `#!/bin/sh\n${body}\n`, { mode: 0o700 });
}

const ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:";
const VERSION = "0123456789abcdef0123456789abcdef";
const I26 = "i".repeat(26);

const CONTRACTS: Readonly<Record<string, Contract>> = {
  env: {
    shapes: { A: "name", _b9: "name" },
    refused: ["", "9A", "A-B", "$A", "A B"],
    states: { THERE: "available", EMPTY: "missing", NOT_THERE: "missing", ["constructor" as string]: "missing" },
  },
  file: {
    shapes: { "/a/b": "path", "/a b/.c": "path" },
    refused: ["a", "~/a", "/", "/a/", "/a//b", "/a/../b", "/./a", "/a/.."],
    states: {
      "@/live": "available",
      "@/empty": "missing",
      "@/none": "missing",
      "@/link": "unsafe",
      "@/open": "unsafe",
      "@/folder": "unsafe",
    },
  },
  command: {
    shapes: { "pass show a/b": "name", "/usr/bin/pass": "path" },
    refused: ["./pass", "a  b", "pass $(id)", "a | b", "a; b", "pass 'a b'", "../pass", "/a/../b", "a\\b"],
    states: {
      prints: "available",
      silent: "available",
      "@/fails --now": "available",
      plain: "missing",
      "@/plain": "missing",
      none: "missing",
      folder: "missing",
      // Found only by a folder that is relative to the working folder.
      lurking: "missing",
    },
  },
  "aws-secrets-manager": {
    shapes: { [`${ARN}demo/live-AbCdEf`]: "arn", "demo/live": "name" },
    refused: [`${ARN.replace("123456789012", "12")}a`, "a b", "x".repeat(513), "arn:aws:s3:::bucket", "ä"],
    states: {
      "demo/live": "available",
      [`${ARN}demo/live-AbCdEf`]: "available",
      "demo/none": "missing",
      "demo/deleted": "missing",
      "demo/expired": "denied",
    },
  },
  "gcp-secret-manager": {
    shapes: {
      "projects/p1/secrets/S_-": "secret",
      "projects/p/secrets/s/versions/latest": "version",
      "projects/p/secrets/s/versions/12": "version",
    },
    refused: [
      "projects/p/secrets/s/versions/0",
      "projects/P/secrets/s",
      "projects/p/secrets/s/",
      "projects/p/secrets/../s",
      "secrets/s",
    ],
    states: {
      "projects/demo-project/secrets/live": "available",
      "projects/demo-project/secrets/live/versions/3": "available",
      "projects/demo-project/secrets/live/versions/4": "missing",
      "projects/demo-project/secrets/none": "missing",
    },
  },
  "azure-key-vault": {
    shapes: {
      "demo-vault/s-1": "name",
      [`https://demo.vault.azure.net/secrets/s/${VERSION}`]: "url",
      "https://demo.vault.azure.net/secrets/s": "url",
    },
    refused: [
      "ab/s",
      "-abc/s",
      "abc-/s",
      "a--b/s",
      `${"a".repeat(25)}/s`,
      "abc/s_1",
      "http://abc.vault.azure.net/secrets/s",
      "https://abc.vault.azure.net.example.com/secrets/s",
      "https://abc.vault.azure.net/secrets/s/xyz",
    ],
    states: {
      "demo-vault/live": "available",
      "demo-vault/paged": "available",
      [`https://demo.vault.azure.net/secrets/live/${VERSION}`]: "available",
      [`https://demo.vault.azure.net/secrets/live/${"f".repeat(32)}`]: "missing",
      [`https://demo.vault.azure.net/secrets/disabled/${VERSION}`]: "missing",
      "demo-vault/disabled": "missing",
      "demo-vault/expired": "missing",
      "demo-vault/empty": "missing",
      "demo-vault/luring": "missing",
      "demo-vault/none": "missing",
    },
  },
  vault: {
    shapes: { "secret/a": "path", "secret/a/b#f": "field" },
    refused: ["secret", "secret/", "/secret/a", "secret//a", "secret/../a", "secret/a#", "secret/a#b#c", "secret/a b"],
    states: {
      "kv2/live": "available",
      "kv2/live#token": "available",
      "kv2/live#other": "missing",
      "kv2/destroyed": "missing",
      "kv2/destroyed#token": "missing",
      "kv2/deleted": "missing",
      "kv2/none": "missing",
      "kv1/live": "available",
      "kv1/none": "missing",
      // Version 1 shows its fields only with their values.
      "kv1/live#token": "unsupported",
      "database/creds": "unsupported",
      "other/live": "denied",
    },
  },
  onepassword: {
    shapes: { "op://Private/My Demo/token": "field", "op://v/i/s/f": "section" },
    refused: ["op://v/i", "v/i/f", "op://v/i/s/f/g", "op:///i/f", 'op://v/i" or "/f', "op://v\\/i/f"],
    states: {
      "op://Private/Demo/token": "available",
      [`op://${"v".repeat(26)}/${I26}/token`]: "available",
      "op://Private/Other/token": "missing",
      "op://Other/Demo/token": "missing",
      [`op://Private/${"j".repeat(26)}/token`]: "missing",
    },
  },
};

/** A name that makes the stand-in misbehave, in a reference of each store. */
const TROUBLED: Readonly<Record<string, (word: string) => string>> = {
  "aws-secrets-manager": (word) => `demo/${word}`,
  "gcp-secret-manager": (word) => `projects/demo-project/secrets/${word}`,
  "azure-key-vault": (word) => `demo-vault/${word}`,
  vault: (word) => `kv2/${word}`,
  onepassword: (word) => `op://Private/${word}/token`,
};

const EXTERNAL = SECRET_BACKENDS.filter(({ isLocal }) => !isLocal).map(({ name }) => name);

function env(): NodeJS.ProcessEnv {
  return {
    ...stores.env,
    PATH: `${folder}::${relative(process.cwd(), join(folder, "nearby"))}`,
    THERE: "x",
    EMPTY: "",
  };
}

async function stateOf(provider: string, reference: string, world = secretWorld(env(), false)): Promise<SecretState> {
  const read = readReference(provider, reference.replace("@", folder));
  if (!read.ok) throw new Error(`${provider} refuses ${reference}: ${read.error}`);
  return read.value.look(world);
}

test("every provider is under contract", () => {
  expect(SECRET_BACKENDS.map(({ name }) => name).sort()).toEqual(Object.keys(CONTRACTS).sort());
  expect([...EXTERNAL].sort()).toEqual(Object.keys(TROUBLED).sort());
  expect(readReference("keychain", "a")).toEqual({ ok: false, error: "the provider is unknown" });
});

describe.each(Object.entries(CONTRACTS))("%s", (provider, { shapes, refused, states }) => {
  test("knows its shapes, and refuses what has none without quoting it", () => {
    for (const [reference, shape] of Object.entries(shapes)) {
      const read = readReference(provider, reference);
      expect([reference, read.ok ? read.value.shape : read.error]).toEqual([reference, shape]);
      for (const foreign of [
        ` ${reference}`,
        `${reference}\n`,
        `${reference}?a`,
        `${reference}&b`,
        `${reference}\u202e`,
      ])
        expect(readReference(provider, foreign).ok, foreign).toBe(false);
    }
    for (const reference of refused) {
      const read = readReference(provider, reference);
      expect([reference, read.ok]).toEqual([reference, false]);
      if (!read.ok && reference.length > 8) expect(read.error).not.toContain(reference);
    }
  });

  test("tells what is there from what is not, and reads no value", async () => {
    const found = await Promise.all(
      Object.keys(states).map(async (reference) => [reference, await stateOf(provider, reference)] as const),
    );
    expect(Object.fromEntries(found)).toEqual(states);
  });
});

describe.each(EXTERNAL)("the store %s", (provider) => {
  const reference = (word: string): string => TROUBLED[provider]?.(word) ?? "";

  test("that refuses us, breaks, talks nonsense or sends us elsewhere is never taken for one that has it", async () => {
    const states = await Promise.all(
      ["locked", "broken", "garbage", "strange", "moved"].map((word) => stateOf(provider, reference(word))),
    );
    expect(states[0]).toBe("denied");
    expect(states.slice(1, 3)).toEqual(["unreachable", "unreachable"]);
    expect(states[3]).not.toBe("available");
    expect(states[4]).toBe("unreachable");
  });

  test("without credentials, or with an address that is not safe, is not asked", async () => {
    const before = stores.requests.length;
    expect(await stateOf(provider, reference("live"), secretWorld({}, false))).toBe("unsupported");
    const unsafe = Object.entries(env()).map(([name, value = ""]) => [
      name,
      value.replace("http://127.0.0.1", "http://192.0.2.1"),
    ]);
    expect(
      await stateOf(provider, reference("live"), secretWorld(Object.fromEntries(unsafe) as NodeJS.ProcessEnv, false)),
    ).toBe("unsupported");
    expect(stores.requests.length).toBe(before);
  });

  test("with credentials that are wrong lets nobody in", async () => {
    const wrong = Object.entries(env()).map(([name, value = ""]) => [
      name,
      /TOKEN$|SECRET_ACCESS/.test(name) ? "wrong" : value,
    ]);
    expect(
      await stateOf(provider, reference("live"), secretWorld(Object.fromEntries(wrong) as NodeJS.ProcessEnv, false)),
    ).toBe("denied");
  });

  test("that has gone is asked once", async () => {
    const gone = await startStores();
    await gone.close();
    const world = secretWorld({ ...gone.env }, false);
    for (const word of ["live", "other"]) expect(await stateOf(provider, reference(word), world)).toBe("unreachable");
  });
});

test("a command that is to be run must print something and end well", async () => {
  const world = secretWorld(env(), true);
  const run = (line: string): Promise<SecretState> => stateOf("command", line, world);
  expect(await Promise.all(["prints", "silent", "@/fails", "none"].map(run))).toEqual([
    "available",
    "missing",
    "missing",
    "missing",
  ]);
});
