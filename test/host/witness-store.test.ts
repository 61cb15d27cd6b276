/** What a witness keeps: on the disk before anything is signed, and never less than before. */
import { chmodSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { loadKeyFile } from "../../src/host/signing-key.js";
import { openWitnessStore } from "../../src/host/witness-store.js";
import { testKey } from "../evidence/fixture.js";
import { codeOf, modeOf, tempFolder, underUmask } from "./folder.js";

const KEY = testKey(1).publicHex;
const HEAD = { size: 3, root: "ab".repeat(32) };

describe("the store", () => {
  it("has on the disk what was kept, private whatever the umask, and nothing beside it", () => {
    const folder = tempFolder();
    const path = join(folder, "state");
    const store = underUmask(() => openWitnessStore({ path, publicKey: KEY, isNew: true }));
    underUmask(() => {
      store.keep("log.example/a", HEAD);
    });
    // Read by another, while the store is open: nothing is left for the end.
    expect(readFileSync(path, "utf8")).toContain(`3 ${HEAD.root} log.example/a\n`);
    expect(modeOf(path)).toBe("600");
    store.close();
    expect(readdirSync(folder)).toEqual(["state"]);
    const again = openWitnessStore({ path, publicKey: KEY, isNew: false });
    expect(again.state.get("log.example/a")).toEqual(HEAD);
    again.close();
  });

  it("is one process's at a time", () => {
    const path = join(tempFolder(), "state");
    const store = openWitnessStore({ path, publicKey: KEY, isNew: true });
    expect(codeOf(() => openWitnessStore({ path, publicKey: KEY, isNew: false }))).toBe("unsafe-file");
    store.close();
    openWitnessStore({ path, publicKey: KEY, isNew: false }).close();
  });

  it("after one failure keeps nothing more, and the old state stays", () => {
    const path = join(tempFolder(), "state");
    openWitnessStore({ path, publicKey: KEY, isNew: true }).close();
    const before = readFileSync(path, "utf8");
    let isFull = true;
    const replace = (): void => {
      if (isFull) throw new Error("no space");
    };
    const store = openWitnessStore({ path, publicKey: KEY, isNew: false, replace });
    expect(
      codeOf(() => {
        store.keep("a", HEAD);
      }),
    ).toBe("recorder-failed");
    isFull = false;
    // Not even what it seems to hold already: the disk may not.
    expect(
      codeOf(() => {
        store.keep("a", HEAD);
      }),
    ).toBe("recorder-failed");
    expect(readFileSync(path, "utf8")).toBe(before);
    store.close();
  });

  it("refuses a state that others could change, or that is elsewhere", () => {
    const folder = tempFolder();
    const path = join(folder, "state");
    openWitnessStore({ path, publicKey: KEY, isNew: true }).close();
    const open = (at: string) => codeOf(() => openWitnessStore({ path: at, publicKey: KEY, isNew: false }));
    symlinkSync(path, join(folder, "link"));
    expect(open(join(folder, "link"))).toBe("unsafe-file");
    mkdirSync(join(folder, "folder"));
    expect(open(join(folder, "folder"))).toBe("unsafe-file");
    chmodSync(path, 0o644);
    expect(open(path)).toBe("unsafe-file");
    chmodSync(path, 0o600);
    chmodSync(folder, 0o777);
    expect(open(path)).toBe("unsafe-file");
  });
});

describe("the key of a witness", () => {
  it("is 64 hex digits in a private file, and nothing else is", () => {
    const path = join(tempFolder(), "key");
    const seed = Buffer.alloc(32, 1).toString("hex");
    expect(codeOf(() => loadKeyFile(path, {}))).toBe("signing-key-missing");
    writeFileSync(path, `${seed}\n`, { mode: 0o600 });
    const key = loadKeyFile(path, {});
    expect(key.publicKeyHex).toBe(KEY);
    expect(key.sign("statement")).toBe(testKey(1).sign("statement"));
    for (const text of ["", `${seed}\n\n`, `${seed.slice(2)}\n`, `${"AB".repeat(32)}\n`, "x".repeat(1000)]) {
      writeFileSync(path, text);
      expect(codeOf(() => loadKeyFile(path, {}))).toBe("signing-key-invalid");
    }
    writeFileSync(path, `${seed}\n`);
    chmodSync(path, 0o640);
    expect(codeOf(() => loadKeyFile(path, {}))).toBe("unsafe-file");
  });
});
