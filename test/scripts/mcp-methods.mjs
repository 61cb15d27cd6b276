// Writes test/vectors/mcp-methods.json: which methods and notifications each revision of MCP has, by who sends them.
// By hand, when a revision is published:
//   AGENTK_MCP_SCHEMA=FOLDER node test/scripts/mcp-methods.mjs > test/vectors/mcp-methods.json
// FOLDER holds the official schemas as <revision>/schema.json (the specification repository's `schema` folder).
import { readFileSync } from "node:fs";
import { join } from "node:path";

const folder = process.env.AGENTK_MCP_SCHEMA;
if (folder === undefined) throw new Error("AGENTK_MCP_SCHEMA names no folder");
const REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"];
const UNIONS = {
  client: { request: "ClientRequest", notification: "ClientNotification" },
  server: { request: "ServerRequest", notification: "ServerNotification" },
};

function methodsOf(definitions, union) {
  const members = definitions[union]?.anyOf ?? (definitions[union] === undefined ? [] : [definitions[union]]);
  const named = members.map(({ $ref, ...inline }) =>
    $ref === undefined ? inline : definitions[$ref.split("/").at(-1)],
  );
  return named.map(({ properties }) => properties.method.const).sort();
}

const found = {};
for (const revision of REVISIONS) {
  const schema = JSON.parse(readFileSync(join(folder, revision, "schema.json"), "utf8"));
  const definitions = schema.$defs ?? schema.definitions;
  found[revision] = Object.fromEntries(
    Object.entries(UNIONS).map(([sender, unions]) => [
      sender,
      Object.fromEntries(Object.entries(unions).map(([form, union]) => [form, methodsOf(definitions, union)])),
    ]),
  );
}
process.stdout.write(`${JSON.stringify(found, undefined, 2)}\n`);
