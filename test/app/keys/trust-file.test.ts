/** Trust from several sources at once, as a verifier is given them. */
import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { extendRotation } from "../../../src/app/keys/rotation-file.js";
import { loadTrust } from "../../../src/app/keys/trust-file.js";
import { newSigningKey } from "../../../src/host/signing-key.js";
import { codeOf, tempFolder } from "../../host/folder.js";

describe("what a verifier believes", () => {
  const [one, two, three] = [newSigningKey().key, newSigningKey().key, newSigningKey().key];

  it("is nothing in particular when nothing is named", () => {
    expect(loadTrust({ pins: [] })).toBeUndefined();
  });

  it("is a pin, the signers of a manifest and the keys of a chain", () => {
    const folder = tempFolder();
    chmodSync(folder, 0o700);
    const [manifest, file] = [join(folder, "t.toml"), join(folder, "r.json")];
    writeFileSync(manifest, `version = 1\n[[trusted_keys]]\npublic_key = "${one.publicKeyHex}"\n`);
    extendRotation(file, two, { next: three, at: 1000 });
    const rotation = { file, root: two.publicKeyHex };
    const trust = loadTrust({ pins: [], manifest, rotation });
    const at = (ms: number): unknown => [one, two, three].map((key) => trust?.judge(key.publicKeyHex, ms));
    expect(at(999_999)).toEqual(["trusted", "trusted", "not-yet-valid"]);
    expect(at(1_000_000)).toEqual(["trusted", "expired", "trusted"]);
    const stranger = { file, root: three.publicKeyHex };
    expect(codeOf(() => loadTrust({ pins: [], rotation: stranger }))).toBe("rotation-invalid");
  });

  it("is never a key that anybody can sign for, nor a text that is none", () => {
    const weak = `01${"0".repeat(62)}`;
    for (const pin of [weak, "ab", "", one.publicKeyHex.toUpperCase()])
      expect(codeOf(() => loadTrust({ pins: [one.publicKeyHex, pin] }))).toBe("usage");
    expect(codeOf(() => loadTrust({ pins: [], rotation: { file: "none", root: weak } }))).toBe("usage");
    const manifest = join(tempFolder(), "t.toml");
    writeFileSync(manifest, `version = 1\n[[trusted_keys]]\npublic_key = "${weak}"\n`);
    expect(codeOf(() => loadTrust({ pins: [], manifest }))).toBe("trust-invalid");
  });
});
