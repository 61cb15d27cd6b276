import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { pointLatest, prepareRunPath, runsFolder } from "../../src/host/run-folder.js";
import { codeOf, modeOf, runTogether, tempFolder, transpiledRooms, underUmask } from "./folder.js";

const RUN = "20261105T070809Z-0123456789ab";

describe("where a run writes", () => {
  it("is a private folder under the working one", () => {
    const cwd = tempFolder();
    const paths = underUmask(() => prepareRunPath(cwd, RUN));
    expect(paths).toEqual({
      log: join(cwd, ".agentk", "runs", `${RUN}.jsonl`),
      payloads: join(cwd, ".agentk", "runs", `${RUN}.payloads`),
      folder: runsFolder(cwd),
    });
    expect([modeOf(join(cwd, ".agentk")), modeOf(runsFolder(cwd))]).toEqual(["700", "700"]);
    expect(prepareRunPath(cwd, RUN)).toEqual(paths);
  });

  it("is where the operator says", () => {
    const cwd = tempFolder();
    expect(prepareRunPath(cwd, RUN, "out/x.jsonl")).toEqual({
      log: join(cwd, "out", "x.jsonl"),
      payloads: join(cwd, "out", "x.payloads"),
      folder: undefined,
    });
    expect(prepareRunPath(cwd, RUN, "/abs/x.log").payloads).toBe("/abs/x.log.payloads");
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("is a private folder elsewhere when the operator says so with a slash", () => {
    const cwd = tempFolder();
    const folder = join(cwd, "a", "runs");
    const paths = underUmask(() => prepareRunPath("/", RUN, `${folder}/`));
    expect(paths).toMatchObject({ log: join(folder, `${RUN}.jsonl`), folder });
    expect([modeOf(join(cwd, "a")), modeOf(folder)]).toEqual(["700", "700"]);
    chmodSync(folder, 0o770);
    expect(codeOf(() => prepareRunPath("/", RUN, `${folder}/`))).toBe("unsafe-file");
  });

  it.each([".agentk", ".agentk/runs"])("is not behind a link at %s that came with a project", (name) => {
    const cwd = tempFolder();
    const elsewhere = tempFolder();
    if (name !== ".agentk") mkdirSync(join(cwd, ".agentk"), { mode: 0o700 });
    symlinkSync(elsewhere, join(cwd, name));
    expect(codeOf(() => prepareRunPath(cwd, RUN))).toBe("unsafe-file");
    expect(readdirSync(elsewhere)).toEqual([]);
  });

  it("is not a folder that others may write, nor a file", () => {
    const cwd = tempFolder();
    prepareRunPath(cwd, RUN);
    chmodSync(runsFolder(cwd), 0o770);
    expect(codeOf(() => prepareRunPath(cwd, RUN))).toBe("unsafe-file");
    const other = tempFolder();
    writeFileSync(join(other, ".agentk"), "");
    expect(codeOf(() => prepareRunPath(other, RUN))).toBe("unsafe-file");
  });
});

describe("the pointer to the latest run", () => {
  it("is a relative link, moved from run to run", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "two.jsonl"), "two");
    expect(pointLatest(folder, "one.jsonl")).toBe(true);
    expect(pointLatest(folder, "two.jsonl")).toBe(true);
    expect(readlinkSync(join(folder, "latest.jsonl"))).toBe("two.jsonl");
    expect(readFileSync(join(folder, "latest.jsonl"), "utf8")).toBe("two");
    expect(readdirSync(folder).sort()).toEqual(["latest.jsonl", "two.jsonl"]);
  });

  it("leaves a file of that name alone and says so", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "latest.jsonl"), "precious");
    expect(pointLatest(folder, "one.jsonl")).toBe(false);
    expect(readFileSync(join(folder, "latest.jsonl"), "utf8")).toBe("precious");
    expect(readdirSync(folder)).toEqual(["latest.jsonl"]);
  });

  it("says when it cannot be made", () => {
    expect(codeOf(() => pointLatest(join(tempFolder(), "none"), "one.jsonl"))).toBe("unsafe-file");
  });

  it("is one of eight set at once, and nothing is left lying about", async () => {
    const rooms = transpiledRooms();
    const folder = tempFolder();
    const program = `
      import { pointLatest } from ${JSON.stringify(join(rooms, "host/run-folder.js"))};
      function go() {
        let all = true;
        for (let n = 0; n < 50; n++) all = pointLatest(${JSON.stringify(folder)}, process.pid + ".jsonl") && all;
        console.log(all + " " + process.pid);
      }`;
    const said = await runTogether(8, program, rooms);
    expect(said.every((line) => line.startsWith("true "))).toBe(true);
    expect(lstatSync(join(folder, "latest.jsonl")).isSymbolicLink()).toBe(true);
    expect(said.map((line) => `${line.slice(5)}.jsonl`)).toContain(readlinkSync(join(folder, "latest.jsonl")));
    expect(readdirSync(folder)).toEqual(["latest.jsonl"]);
  });
});
