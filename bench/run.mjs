// `npm run bench`: every part, or those named. `--quick` for a look, `--json` for programs, `--rounds N`, `--cedar
// FOLDER|fetch` for the part policy, and `--gate` to end with status 2 when a ratio is worse than the part's own bound.
import { parseArgs } from "node:util";
import { machine, short, table } from "./lib/measure.mjs";

const PARTS = ["proxy", "log", "provenance", "detectors", "policy", "start", "growth"];
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "boolean" },
    quick: { type: "boolean" },
    gate: { type: "boolean" },
    rounds: { type: "string" },
    cedar: { type: "string" },
  },
});
const unknown = positionals.find((name) => !PARTS.includes(name));
if (unknown !== undefined) throw new Error(`no part is called ${unknown}; there are ${PARTS.join(", ")}`);

const options = {
  rounds: Number(values.rounds ?? (values.quick ? 3 : 5)),
  scale: values.quick ? 0.2 : 1,
  cedar: values.cedar,
  say: (text) => process.stderr.isTTY && process.stderr.write(`\r\x1b[K${text}`),
};
const report = { machine: machine(), parts: {} };
if (!values.json)
  console.log(
    Object.entries(report.machine)
      .map(([name, value]) => `${name} ${value}`)
      .join(", "),
  );
for (const name of positionals.length > 0 ? positionals : PARTS) {
  const part = await import(`./parts/${name}.mjs`);
  const results = await part.run(options);
  options.say("");
  report.parts[name] = results;
  if (!values.json) console.log(`\n== ${part.title}\n\n${part.text(results)}`);
  const gates = values.gate === true ? (part.gates?.(results) ?? []) : [];
  if (gates.length > 0) (report.gates ??= {})[name] = gates;
  if (gates.some(({ holds }) => !holds)) process.exitCode = 2;
  if (values.json || gates.length === 0) continue;
  const columns = {
    gate: ({ what }) => what,
    is: ({ value }) => short(value),
    "must be": ({ sign, bound }) => `${sign} ${short(bound)}`,
    reach: ({ sign, reach }) => `${sign} ${short(reach)}`,
    "": ({ holds }) => (holds ? "holds" : "FAILS"),
  };
  console.log(`\n${table(gates, columns)}`);
}
if (values.json) console.log(JSON.stringify(report, null, 2));
