/** Logs that no recovery takes up: what was forged is told with its place, and nothing of the file is changed. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { FlightEvent } from "../../../src/abi/event.js";
import { recoverLog } from "../../../src/app/log/recover.js";
import { nodeDigests } from "../../../src/host/digests.js";
import { chainOf, fileOf, openEvent } from "../../evidence/fixture.js";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "agentk-recover-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe("a line whose hash fits and that no kernel writes", () => {
  it.each([
    ["a policy that is none", "policy", "id = "],
    ["pins that are no JSON", "pins", "{"],
    ["pins of another form", "pins", '{"files":{"tools":1}}'],
  ])("%s", async (_, type, source) => {
    const value = { name: "n", source, sha256: nodeDigests.sha256Hex(`agentk/${type}/1\n${source}`) };
    const log = join(folder, "run.jsonl");
    const bytes = Buffer.concat([fileOf(chainOf([openEvent(), { type, value } as FlightEvent])), Buffer.from("torn")]);
    writeFileSync(log, bytes);
    const place = { file: log, line: 2 };
    await expect(recoverLog(log)).rejects.toMatchObject({ name: "AgentkError", code: "log-invalid", place });
    expect(readFileSync(log).equals(bytes)).toBe(true);
    expect(readdirSync(folder)).toEqual(["run.jsonl"]);
  });
});
