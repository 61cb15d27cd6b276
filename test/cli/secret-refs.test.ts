/** The two commands for secret references as processes: numbers and exit statuses in both forms, and nothing else. */
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agentk } from "../boundary/watch.js";
import { testFolder } from "../boundary/proxy-process.js";
import { CANARY, startStores, type Stores } from "../secrets/stores.js";

const SHIPPED = join(import.meta.dirname, "../../examples/secret-refs.toml");
let folder: string;
let stores: Stores;

beforeAll(async () => {
  folder = testFolder("secret-refs");
  stores = await startStores();
});

afterAll(() => stores.close());

interface End {
  readonly code: number;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
}

/** Both forms: one status, nothing on stderr unless there was an error, and no canary anywhere. */
async function both(words: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<End> {
  const [text, json] = await Promise.all([agentk(folder, words, env), agentk(folder, [...words, "--json"], env)]);
  expect(json.code).toBe(text.code);
  expect(text.stderr === "").toBe(text.code !== 1);
  const all = [text.stdout, text.stderr, json.stdout, json.stderr].join("\n").toLowerCase();
  expect(all).not.toContain(CANARY);
  expect(all).not.toContain("secret://");
  return { code: text.code, text: text.stdout, json: JSON.parse(json.stdout) as Record<string, unknown> };
}

function manifest(entries: readonly (readonly [provider: string, reference: string])[]): string {
  const file = "m.toml";
  const secrets = entries.map(
    ([provider, reference], i) =>
      `[[secrets]]\ntarget = "secret://${CANARY}/${String(i)}"\nprovider = "${provider}"\nreference = "${reference}"\n`,
  );
  writeFileSync(join(folder, file), `version = 1\n${secrets.join("")}`);
  return file;
}

describe("secret-refs-check", () => {
  test("counts what the shipped manifest holds: every provider and every shape", async () => {
    const { code, text, json } = await both(["secret-refs-check", "--manifest", SHIPPED]);
    expect(code).toBe(0);
    expect(text).toContain("valid, 13 secrets, 10 in external stores\n");
    expect(json).toMatchObject({ format: "agentk-secret-refs/1", ok: true, version: 1, secrets: 13, external: 10 });
    expect(json["providers"]).toMatchObject({ env: 1, file: 1, command: 1, vault: 2, onepassword: 2 });
    expect(Object.keys(json["shapes"] as object).length).toBe(13);
    const references = [...readFileSync(SHIPPED, "utf8").matchAll(/^(?:target|reference) = "(.*)"$/gm)];
    expect(references.length).toBe(26);
    for (const [, reference = "?"] of references) expect(text + JSON.stringify(json)).not.toContain(reference);
  });

  test("names the place of a fault and not what stands there; status 2, and 1 without a file", async () => {
    const { code, text, json } = await both(["secret-refs-check", "--manifest", manifest([["env", `9-${CANARY}`]])]);
    expect(code).toBe(2);
    expect(text).toBe("m.toml:5:1: `reference` must be the name of an environment variable\n");
    expect(json).toMatchObject({ ok: false, faults: [{ line: 5, column: 1 }] });
    expect((await both(["secret-refs-check", "--manifest", "none.toml"])).code).toBe(1);
  });
});

describe("secret-refs-store-check", () => {
  test("finds what is there, in every kind of store at once, and reads no value", async () => {
    const live = join(folder, `live-${CANARY}`);
    writeFileSync(live, CANARY, { mode: 0o600 });
    const entries = [
      ["env", "CANARY_VARIABLE"],
      ["file", live],
      ["command", `sh -c ${CANARY}`],
      ["aws-secrets-manager", "demo/live"],
      ["gcp-secret-manager", "projects/demo-project/secrets/live"],
      ["azure-key-vault", "demo-vault/live"],
      ["vault", "kv2/live#token"],
      ["onepassword", "op://Private/Demo/token"],
    ] as const;
    const env = { ...stores.env, CANARY_VARIABLE: CANARY };
    const good = await both(["secret-refs-store-check", "--manifest", manifest(entries)], env);
    expect(good.code).toBe(0);
    expect(good.text).toBe(
      `m.toml: all 8 secrets available\n${[...entries]
        .map(([name]) => `  ${name}: 1 available\n`)
        .sort()
        .join("")}`,
    );
    expect(good.json).toMatchObject({ ok: true, secrets: 8, states: { available: 8, missing: 0, unsupported: 0 } });
    chmodSync(live, 0o644);
    const bad = await both(["secret-refs-store-check", "--manifest", "m.toml"], { ...env, VAULT_TOKEN: "" });
    expect(bad.code).toBe(2);
    expect(bad.json).toMatchObject({
      ok: false,
      states: { available: 6, unsafe: 1, unsupported: 1 },
      providers: { file: { unsafe: 1 }, vault: { unsupported: 1 } },
    });
    expect(stores.readValues).toEqual([]);
  });

  test("runs commands only when that is asked for", async () => {
    const mark = join(folder, "ran");
    writeFileSync(join(folder, "get"), `#!/bin/sh\necho ${CANARY} | tee -a ${mark}; echo ${CANARY} >&2\n`, {
      mode: 0o700,
    });
    const words = ["secret-refs-store-check", "--manifest", manifest([["command", join(folder, "get")]])];
    expect((await both(words)).code).toBe(0);
    expect(() => readFileSync(mark)).toThrow();
    expect((await both([...words, "--run-commands"])).code).toBe(0);
    expect(readFileSync(mark, "utf8")).toBe(`${CANARY}\n${CANARY}\n`);
    writeFileSync(join(folder, "get"), `#!/bin/sh\necho ${CANARY}; exit 1\n`);
    expect((await both([...words, "--run-commands"])).code).toBe(2);
  });

  test("fails for one that is missing, and for a manifest that is none", async () => {
    const shipped = await both(["secret-refs-store-check", "--manifest", SHIPPED], { AGENTK_DEMO_REF: "" });
    expect(shipped.code).toBe(2);
    const invalid = await both(["secret-refs-store-check", "--manifest", manifest([["keychain", CANARY]])]);
    expect(invalid.code).toBe(2);
    expect(invalid.text).toBe("m.toml:4:1: the provider is unknown\n");
  });
});
