// The plain way to check the chain of a log: a line reader, JSON.parse, the canonical text written anew, and its hash.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

const DOMAIN = "agentk/flight-line/1\n";

function canonical(value) {
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const members = Object.keys(value).sort();
  return `{${members.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(",")}}`;
}

let prev = "0".repeat(64);
let seq = 0;
for await (const line of createInterface({ input: createReadStream(process.argv[2]), crlfDelay: Infinity })) {
  const { hash, ...body } = JSON.parse(line);
  const due = createHash("sha256")
    .update(DOMAIN + canonical(body))
    .digest("hex");
  if (hash !== due || body.prev !== prev || body.seq !== seq) throw new Error(`line ${seq + 1} is not what it states`);
  prev = hash;
  seq++;
}
