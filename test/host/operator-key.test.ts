import { chmodSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi, onTestFinished } from "vitest";
import { dataFolder } from "../../src/host/data-folder.js";
import { loadOperatorKey, loadOrCreateOperatorKey } from "../../src/host/operator-key.js";
import { codeOf, modeOf, runTogether, tempFolder, transpiledRooms, underUmask } from "./folder.js";

const KEY = "ab".repeat(32);

/** A data folder with a key in it. */
function withKey(content = `${KEY}\n`): { env: NodeJS.ProcessEnv; folder: string; path: string } {
  const folder = join(tempFolder(), "data");
  mkdirSync(folder, { mode: 0o700 });
  const path = join(folder, "payload.key");
  writeFileSync(path, content, { mode: 0o600 });
  return { env: { AGENTK_DATA_DIR: folder }, folder, path };
}

/** How both ways of loading refuse. */
function refusals(env: NodeJS.ProcessEnv): unknown[] {
  return [codeOf(() => loadOrCreateOperatorKey(env)), codeOf(() => loadOperatorKey(env))];
}
const REFUSED = ["unsafe-file", "unsafe-file"];

describe("the data folder", () => {
  it.each([
    [{ AGENTK_DATA_DIR: "/a", XDG_DATA_HOME: "/x", HOME: "/h" }, "linux", "/a"],
    [{ AGENTK_DATA_DIR: "", XDG_DATA_HOME: "/x", HOME: "/h" }, "linux", "/x/agentk"],
    [{ XDG_DATA_HOME: "relative", HOME: "/h" }, "linux", "/h/.local/share/agentk"],
    [{ HOME: "/h" }, "darwin", "/h/Library/Application Support/agentk"],
    [{ XDG_DATA_HOME: "/x", HOME: "/h" }, "darwin", "/x/agentk"],
  ] as const)("for %j on %s is %s", (env, platform, folder) => {
    expect(dataFolder(env, platform)).toBe(folder);
  });
});

describe("the operator's key", () => {
  it("is made once, ours alone whatever the umask, and found again", () => {
    const folder = join(tempFolder(), "new", "data");
    const env = { AGENTK_DATA_DIR: folder };
    const made = underUmask(() => loadOrCreateOperatorKey(env));
    expect(made).toMatchObject({ created: true, path: join(folder, "payload.key") });
    expect(made.key.length).toBe(32);
    expect([modeOf(join(folder, "..")), modeOf(folder), modeOf(made.path)]).toEqual(["700", "700", "600"]);
    expect(readFileSync(made.path, "utf8")).toBe(`${made.key.toString("hex")}\n`);
    expect(loadOrCreateOperatorKey(env)).toEqual({ ...made, created: false });
    expect(loadOperatorKey(env)).toEqual(made.key);
    expect(readdirSync(folder)).toEqual(["payload.key"]);
  });

  it("is not made by a reader", () => {
    const folder = tempFolder();
    expect(loadOperatorKey({ AGENTK_DATA_DIR: join(folder, "none") })).toBeUndefined();
    chmodSync(folder, 0o700);
    expect(loadOperatorKey({ AGENTK_DATA_DIR: folder })).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    "",
    KEY,
    `${KEY}\n\n`,
    `${KEY.toUpperCase()}\n`,
    `${KEY.slice(2)}\n`,
    `${"xy".repeat(32)}\n`,
    "x".repeat(5000),
  ])("is never replaced when it is no key: %j", (content) => {
    const { env, path } = withKey(content);
    expect(refusals(env)).toEqual(REFUSED);
    expect(readFileSync(path, "utf8")).toBe(content);
  });

  it.each([0o640, 0o604, 0o620, 0o602, 0o610])("is refused with mode %o", (mode) => {
    const { env, path } = withKey();
    chmodSync(path, mode);
    expect(refusals(env)).toEqual(REFUSED);
  });

  it.each([0o770, 0o707, 0o720, 0o1777])("is refused in a folder of mode %o", (mode) => {
    const { env, folder } = withKey();
    chmodSync(folder, mode);
    expect(refusals(env)).toEqual(REFUSED);
  });

  it("is refused behind a link, file or folder, and as anything but a file", () => {
    const { folder, path } = withKey();
    const other = tempFolder();
    symlinkSync(folder, join(other, "link"));
    expect(refusals({ AGENTK_DATA_DIR: join(other, "link") })).toEqual(REFUSED);
    mkdirSync(join(other, "a"));
    symlinkSync(path, join(other, "a", "payload.key"));
    expect(refusals({ AGENTK_DATA_DIR: join(other, "a") })).toEqual(REFUSED);
    mkdirSync(join(other, "b", "payload.key"), { recursive: true });
    expect(refusals({ AGENTK_DATA_DIR: join(other, "b") })).toEqual(REFUSED);
  });

  it("is not made through a link that leads nowhere", () => {
    const folder = tempFolder();
    symlinkSync(join(folder, "elsewhere"), join(folder, "payload.key"));
    expect(refusals({ AGENTK_DATA_DIR: folder })).toEqual(REFUSED);
    expect(readdirSync(folder)).toEqual(["payload.key"]);
  });

  it("is refused when it belongs to another user", () => {
    const { env } = withKey();
    const spy = vi.spyOn(process, "geteuid").mockReturnValue(54321);
    onTestFinished(() => {
      spy.mockRestore();
    });
    expect(refusals(env)).toEqual(REFUSED);
  });

  it("is one key for eight processes that start at once", async () => {
    const rooms = transpiledRooms();
    const folder = join(tempFolder(), "data");
    const program = `
      import { loadOrCreateOperatorKey } from ${JSON.stringify(join(rooms, "host/operator-key.js"))};
      function go() {
        const made = loadOrCreateOperatorKey({ AGENTK_DATA_DIR: ${JSON.stringify(folder)} });
        console.log(made.key.toString("hex") + (made.created ? " created" : ""));
      }`;
    const said = await runTogether(8, program, rooms);
    const key = loadOperatorKey({ AGENTK_DATA_DIR: folder })?.toString("hex") ?? "";
    expect(said.map((line) => line.slice(0, 64))).toEqual(Array.from({ length: 8 }, () => key));
    expect(said.filter((line) => line.endsWith("created")).length).toBe(1);
    expect(readdirSync(folder)).toEqual(["payload.key"]);
  });
});
