/** Checks of the demos, which must play out as they say, and of secret references, of which nothing is printed. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CheckResult } from "../../../abi/audit.js";
import { isJsonObject, type JsonObject } from "../../../base/json.js";
import type { AuditCheck } from "../check.js";
import type { AuditWorld } from "../world.js";
import { demand } from "./observe.js";
import { runAgentk } from "./session.js";

/** The objects in a list of a report. */
function objectsIn(report: JsonObject, name: string): readonly JsonObject[] {
  const list = report[name];
  return Array.isArray(list) ? list.filter(isJsonObject) : [];
}

function objectIn(report: JsonObject | undefined, name: string): JsonObject {
  const value = report?.[name];
  return isJsonObject(value) ? value : {};
}

/** What happened on one side of a story, by what was found on the disk and at the attacker's address. */
function harms(side: JsonObject): { readonly looked: boolean; readonly happened: number; readonly all: number } {
  const found = objectsIn(side, "harms");
  const happened = found.filter((harm) => harm["happened"] === true).length;
  return {
    looked: found.length > 0 && found.every((harm) => harm["could_look"] === true),
    happened,
    all: found.length,
  };
}

async function reportOf(
  world: AuditWorld,
  words: readonly string[],
): Promise<{ report: JsonObject; code: number | null }> {
  const { code, stdout, stderr } = await runAgentk(world, [...words, "--json"], { cwd: world.folder("story") });
  if (stdout === "") throw new Error(stderr.split("\n", 1)[0] ?? "nothing was printed");
  const report: unknown = JSON.parse(stdout);
  if (!isJsonObject(report)) throw new Error("no JSON object was printed");
  return { report, code };
}

/** A story with one kind of client: every harm without agentk, none with it, and a log of the second run. */
function story(...words: readonly string[]): (world: AuditWorld) => Promise<CheckResult> {
  return async (world) => {
    const { report, code } = await reportOf(world, words);
    const [client] = objectsIn(report, "clients");
    const [without, within] = [harms(objectIn(client, "without")), harms(objectIn(client, "with"))];
    const log = objectIn(client, "log");
    return demand(
      `without agentk ${String(without.happened)} of ${String(without.all)} harms were found, with it none`,
      [code === 0 && report["ok"] === true, `it did not play out as told (status ${String(code)})`],
      [without.looked && within.looked, "it was not looked for what happened"],
      [without.happened === without.all, "the baseline did no harm, so nothing was shown"],
      [within.happened === 0, "harm was done with agentk in between"],
      [log["verified"] === true && log["replayed"] === true, "its log does not verify and replay"],
    );
  };
}

async function scorecard(world: AuditWorld): Promise<CheckResult> {
  const { report, code } = await reportOf(world, ["mcp-shim-eval"]);
  const rows = objectsIn(report, "rows");
  const ids = rows
    .filter((row) => row["improved"] !== true)
    .map((row) => (typeof row["id"] === "string" ? row["id"] : "?"));
  return demand(
    `each of the ${String(rows.length)} rows improved`,
    [rows.length >= 5, `the scorecard has ${String(rows.length)} rows`],
    [ids.length === 0, `did not improve: ${ids.join(", ")}`],
    [code === 0 && report["ok"] === true, `it ended with status ${String(code)}`],
  );
}

const SET = "AGENTK_AUDIT_SECRET_SET";
const NOT_SET = "AGENTK_AUDIT_SECRET_NOT_SET";

async function secretRefs(world: AuditWorld): Promise<CheckResult> {
  const cwd = world.folder("secrets");
  const entry = (name: string): string =>
    `\n[[secrets]]\ntarget = "secret://audit/${name.toLowerCase()}"\nprovider = "env"\nreference = "${name}"\n`;
  writeFileSync(join(cwd, "there.toml"), `version = 1\n${entry(SET)}`);
  writeFileSync(join(cwd, "missing.toml"), `version = 1\n${entry(SET)}${entry(NOT_SET)}`);
  writeFileSync(
    join(cwd, "broken.toml"),
    'version = 1\n\n[[secrets]]\ntarget = "secret://audit/a"\nprovider = "pocket"\n',
  );
  const ask = (command: string, manifest: string): ReturnType<typeof runAgentk> =>
    runAgentk(world, [command, "--manifest", manifest, "--json"], { cwd, env: { [SET]: "a-value-of-the-audit" } });
  const checked = await ask("secret-refs-check", "missing.toml");
  const broken = await ask("secret-refs-check", "broken.toml");
  const there = await ask("secret-refs-store-check", "there.toml");
  const missing = await ask("secret-refs-store-check", "missing.toml");
  const printed = [checked, broken, there, missing].map(({ stdout, stderr }) => `${stdout}${stderr}`).join("");
  return demand(
    "what is there was found, what is not was missed, and neither a name nor a value was printed",
    [checked.code === 0, "a manifest that is valid was refused"],
    [broken.code === 2, "a manifest that is not valid was taken"],
    [there.code === 0, "a secret that is there was not found"],
    [missing.code === 2, "a secret that is not there was not missed"],
    [
      !/AGENTK_AUDIT_SECRET|a-value-of-the-audit|agentk_audit_secret/.test(printed),
      "a reference or a value was printed",
    ],
  );
}

const group = "runtime";

export const STORY_CHECKS: readonly AuditCheck[] = [
  {
    id: "run.demo",
    group,
    title: "the demo shows what happens",
    fails: "`demo` does no harm without agentk, does some with it, or has a log that does not verify",
    run: story("demo", "--client", "self-granting"),
  },
  {
    id: "run.killer-demo",
    group,
    title: "so does the poisoned server",
    fails: "`mcp-killer-demo` does no harm without agentk, does some with it, or has a log that does not verify",
    run: story("mcp-killer-demo", "--client", "lying"),
  },
  {
    id: "run.shim-eval",
    group,
    title: "every row of the scorecard improves",
    fails: "a row of `mcp-shim-eval` does not improve, or there are fewer than five",
    run: scorecard,
  },
  {
    id: "run.secret-refs",
    group,
    title: "secrets are looked for and not shown",
    fails: "a secret that is missing is not missed, or a reference or value is printed",
    run: secretRefs,
  },
];
