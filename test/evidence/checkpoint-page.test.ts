/** docs/formats/checkpoints.md says what the code does: its example is recomputed, its lists are the code's. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { verifyCheckpoint } from "../../src/evidence/checkpoint.js";
import { PROOF_FAULTS, PROOF_FORMAT } from "../../src/evidence/proof-bundle.js";
import { exampleNote, withCheckpointExample } from "./checkpoint-example.js";
import { digests, testKey, verifySignature } from "./fixture.js";

const PAGE = new URL("../../docs/formats/checkpoints.md", import.meta.url);
// After a change to the format: look at what else the page says, and take the example over with UPDATE_GOLDEN=1.
if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(PAGE, withCheckpointExample(readFileSync(PAGE, "utf8")));
const page = readFileSync(PAGE, "utf8");

test("the example is byte for byte what the rules give", () => {
  expect(withCheckpointExample(page)).toBe(page);
});

test("the checkpoint on the page verifies under the key on the page", () => {
  const note = page.split("```\n").at(-2) ?? "";
  expect(note).toBe(exampleNote());
  const publicKey = testKey(7).publicHex;
  expect(page).toContain(publicKey);
  expect(verifyCheckpoint({ digests, verifySignature }, note, { publicKey })).toMatchObject({
    ok: true,
    value: { size: 5, run: "20231114T221320Z-0123456789ab" },
  });
});

test("the faults of a bundle are on the page with their meaning", () => {
  expect(page).toContain(`\`${PROOF_FORMAT}\``);
  for (const [code, means] of Object.entries(PROOF_FAULTS)) expect(page).toContain(`| \`${code}\` | ${means} |`);
});
