// Targets on files beside the log: the payload journal, and the file of changed outputs that a fork is given.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { file, holds, linesOf, same } from "./expect.mjs";

/** What a journal gives out is what was put into it, whatever was done to the file. */
export async function payloads(load) {
  const { openPayloadStore } = await load("host/payload-reader");
  const { PAYLOAD_SLOTS } = await load("abi/payload");
  const good = file("test/vectors/flight-log-v3-deep.payloads");
  const key = Buffer.from(file("test/vectors/flight-log-v3-deep.key").toString("utf8").trim(), "hex");
  const { run: name } = JSON.parse(linesOf("test/vectors/flight-log-v3-deep.jsonl")[0]).value;
  const folder = mkdtempSync(join(tmpdir(), "agentk-fuzz-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "run.payloads");
  const slots = Array.from({ length: 60 }, (_, seq) => PAYLOAD_SLOTS.map((slot) => [seq, slot])).flat();
  const read = (bytes) => {
    writeFileSync(path, bytes);
    const opened = openPayloadStore(path, name, key);
    if (!opened.ok) return opened.error.code;
    const texts = slots.map(([seq, slot]) => opened.value.get(seq, slot));
    opened.value.close();
    return texts;
  };
  const known = read(good);
  holds(Array.isArray(known) && known.some((text) => text !== undefined), "the good journal cannot be read");
  const run = (bytes) => {
    const texts = read(bytes);
    if (Array.isArray(texts))
      holds(
        texts.every((text, i) => text === undefined || text === known[i]),
        "a text that nobody put in comes out",
      );
  };
  return { run, seeds: [good], maxBytes: 8192 };
}

/** Entries of a behaviour file: read the same once they are written, refused with a place. */
export async function behavior(load) {
  const { parseBehavior } = await load("replay/behavior-file");
  const { parseStrictJson } = await load("base/strict-json");
  const digest = "0".repeat(64);
  const run = (bytes) => {
    const text = bytes.toString("utf8");
    const found = parseBehavior(text);
    if (!found.ok) return holds(found.error.problem !== "", "refused without a word");
    same(parseBehavior(parseStrictJson(text).value.canonical), found, "another file in its canonical form");
  };
  const modern = {
    format: "agentk-behavior/1",
    outputs: [
      { page: 1, content_sha256: digest, labels: ["untrusted"] },
      { call: "c1", signs: ["override"] },
    ],
  };
  const old = [
    {
      step: 1,
      syscall: "tool.invoke",
      target: "a",
      output_ref: `sha256:${digest}`,
      labels: { integrity: "untrusted" },
    },
  ];
  return { run, seeds: [modern, old].map((value) => Buffer.from(JSON.stringify(value))), maxBytes: 4096 };
}
