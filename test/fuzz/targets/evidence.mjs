// Targets on what an auditor is given: log lines, logs, receipts, checkpoints, cosignatures, proofs, rotations, witnesses.
import { createPrivateKey, createPublicKey, sign } from "node:crypto";
import { isUtf8 } from "node:buffer";
import { fileURLToPath } from "node:url";
import { file, holds, linesOf, parsed, same } from "./expect.mjs";

const LOG = "test/vectors/flight-log-v3-run.jsonl";

async function depsOf(load) {
  const { nodeDigests: digests } = await load("host/digests");
  const { verifyEd25519: verifySignature } = await load("host/signer");
  return { digests, verifySignature };
}

/** What a forger can do to a line without any key: its hash is made to fit whatever stands in it. */
async function resealer(load) {
  const { canonicalJson } = await load("base/canonical");
  const { DOMAINS } = await load("base/digest");
  const { digests } = await depsOf(load);
  const reseal = (text, prev) => {
    const value = parsed(text);
    if (value === null || typeof value !== "object" || Array.isArray(value)) return { text, hash: prev };
    const { hash: _, ...rest } = value;
    let body;
    try {
      body = canonicalJson({ ...rest, ...(prev === undefined ? {} : { prev }) });
    } catch {
      return { text, hash: prev };
    }
    const hash = digests.sha256Hex(DOMAINS.line + body);
    return { text: `{"hash":"${hash}",${body.slice(1)}`, hash };
  };
  // A forger who cannot make any hash fit would prove nothing.
  const [line] = linesOf(LOG);
  holds(reseal(line.replace(/^\{"hash":"../, '{"hash":"zz')).text === line, "the forger cannot forge");
  return reseal;
}

/** A line that is read is written again as the very same bytes. */
export async function logLine(load) {
  const { decodeLine, encodeLine } = await load("evidence/codec");
  const { digests } = await depsOf(load);
  const reseal = await resealer(load);
  const check = (line) => {
    const found = decodeLine(digests, line);
    if (!found.ok) return holds(found.error.detail !== "", "refused without a word");
    const { seq, prev, time, type, value } = found.value;
    holds(
      encodeLine(digests, { type, value }, { seq, prev, time }).text === line,
      "written otherwise than it was read",
    );
  };
  const run = (bytes) => {
    const text = bytes.toString("utf8");
    check(text);
    check(reseal(text).text);
  };
  const versions = ["flight-log-v1-run", "flight-log-v2-run", "flight-log-v3-run"];
  return { run, seeds: versions.flatMap((name) => firstOfEach(linesOf(`test/vectors/${name}.jsonl`))), maxBytes: 4096 };
}

/** One line of each type. */
function firstOfEach(lines) {
  const byType = new Map(lines.map((line) => [JSON.parse(line).type, line]));
  return [...byType.values()].map((line) => Buffer.from(line));
}

/** Reads a log as the program does: bytes into lines, and what is no line is said. */
function verified(createVerifier, deps, bytes) {
  const verifier = createVerifier(deps);
  const lines = bytes.toString("latin1").split("\n");
  const torn = lines.pop();
  for (const line of lines) {
    const raw = Buffer.from(line, "latin1");
    if (isUtf8(raw)) verifier.line(raw.toString("utf8"));
    else verifier.fault("not-utf8", "is not UTF-8");
  }
  if (torn !== "") verifier.fault("torn-tail", "ends within a line");
  return verifier.end();
}

/** A log verifies only when it is, byte for byte, one that was written. */
export async function log(load) {
  const { createVerifier } = await load("evidence/verify");
  const { TrustedKeys } = await load("evidence/trust");
  const deps = await depsOf(load);
  const seeds = ["flight-log-v1", "flight-log-v2", "flight-log-v3-run"].map((name) =>
    file(`test/vectors/${name}.jsonl`),
  );
  const trusted = new TrustedKeys([{ publicKey: keyOf(linesOf(LOG)) }]);
  const run = (bytes) => {
    const isWritten = seeds.some((seed) => seed.equals(bytes));
    const report = verified(createVerifier, deps, bytes);
    holds(report.ok === isWritten, isWritten ? "a good log does not verify" : "a log that nobody wrote verifies");
    if (report.ok) verified(createVerifier, { ...deps, signatures: { trusted } }, bytes);
    const open = verified(createVerifier, { ...deps, mayBeOpen: true, mayBePruned: true }, bytes);
    holds(open.ok || open.findingCount > 0, "not good, and nothing said");
  };
  return { run, seeds, maxBytes: 40_000 };
}

const keyOf = (lines) => JSON.parse(lines[0]).value.public_key;

/** A log whose every hash a forger has made to fit still verifies only when it is the one that the key signed. */
export async function forgedLog(load) {
  const { createVerifier } = await load("evidence/verify");
  const { TrustedKeys } = await load("evidence/trust");
  const deps = await depsOf(load);
  const reseal = await resealer(load);
  const lines = linesOf(LOG);
  const written = file(LOG);
  const trusted = new TrustedKeys([{ publicKey: keyOf(lines) }]);
  const run = (bytes) => {
    let prev = "0".repeat(64);
    const forged = bytes
      .toString("utf8")
      .split("\n")
      .slice(0, 200)
      .map((line) => {
        const made = line === "" ? { text: line, hash: prev } : reseal(line, prev);
        prev = made.hash;
        return made.text;
      });
    const log = Buffer.from(forged.join("\n"));
    const { ok } = verified(createVerifier, { ...deps, signatures: { trusted } }, log);
    holds(ok === log.equals(written), ok ? "a forged log verifies" : "the good log does not verify");
  };
  return { run, seeds: [written], maxBytes: 40_000 };
}

/** The same for one line of receipts, in its place in an otherwise good log. */
export async function receipts(load) {
  const { createVerifier } = await load("evidence/verify");
  const { TrustedKeys } = await load("evidence/trust");
  const deps = await depsOf(load);
  const reseal = await resealer(load);
  const lines = linesOf(LOG);
  const at = lines.findIndex((line) => JSON.parse(line).type === "receipts");
  // What comes after is cut off, so that each try costs little; the log is then open, and that is allowed here.
  const before = lines.slice(0, at);
  const trusted = new TrustedKeys([{ publicKey: keyOf(lines) }]);
  const run = (bytes) => {
    const forged = reseal(bytes.toString("utf8"), JSON.parse(before.at(-1)).hash).text;
    if (forged.includes("\n")) return;
    const log = Buffer.from([...before, forged, ""].join("\n"));
    const report = verified(createVerifier, { ...deps, mayBeOpen: true, signatures: { trusted } }, log);
    const isReceipts = parsed(forged)?.type === "receipts";
    holds(!(report.ok && isReceipts) || forged === lines[at], "a forged receipt verifies");
    if (forged === lines[at]) holds(report.signed.receipts > 0, "the good receipts do not count");
  };
  const seeds = lines.filter((line) => JSON.parse(line).type === "receipts").map((line) => Buffer.from(line));
  return { run, seeds, maxBytes: 4096 };
}

/** Logs of the Rust AgentK: nothing throws, and what verifies is a log that was written. */
export async function legacyLog(load) {
  const { createLegacyVerifier } = await load("evidence/legacy/verify");
  const deps = await depsOf(load);
  const seeds = ["rust-agentk-v1", "rust-agentk-v2"].map((name) => file(`test/vectors/${name}.jsonl`));
  const all = seeds.map((seed) =>
    seed
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== ""),
  );
  const run = (bytes) => {
    const verifier = createLegacyVerifier(deps);
    const lines = bytes
      .toString("utf8")
      .split("\n")
      .filter((line) => line !== "");
    for (const line of lines) verifier.line(line);
    const { ok } = verifier.end();
    // These logs have no end, so that their beginnings are good as well.
    if (ok)
      holds(
        all.some((known) => lines.every((line, i) => line === known[i])),
        "a log that nobody wrote verifies",
      );
  };
  return { run, seeds, maxBytes: 8192 };
}

const notesOf = (lines) =>
  lines
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === "checkpoint")
    .map(({ value }) => value.note ?? value.checkpoint);
const COSIGNED = JSON.parse(file("test/vectors/cosignatures.json").toString("utf8"));

/** A note that is read is written as the same bytes; a checkpoint is good only with a text that the key has signed. */
export async function checkpoint(load) {
  const { parseNote, signatureLine } = await load("evidence/note");
  const { checkpointText, parseCheckpoint, verifyCheckpoint } = await load("evidence/checkpoint");
  const deps = await depsOf(load);
  const lines = linesOf(LOG);
  const publicKey = keyOf(lines);
  const notes = notesOf(lines);
  const texts = new Set(notes.map((note) => parseNote(note).value.text));
  const run = (bytes) => {
    const text = bytes.toString("utf8");
    const note = parseNote(text);
    if (note.ok)
      holds(
        `${note.value.text}\n${note.value.signatures.map((one) => `${signatureLine(one)}\n`).join("")}` === text,
        "a note is written otherwise than it was read",
      );
    for (const part of [text, note.ok ? note.value.text : ""]) {
      const head = parseCheckpoint(part);
      if (head.ok) holds(checkpointText(head.value) === part, "a checkpoint is written otherwise than it was read");
      parseCheckpoint(part, "tolerated");
    }
    const checked = verifyCheckpoint(deps, text, { publicKey });
    if (checked.ok) holds(texts.has(checked.value.note.text), "a checkpoint that nobody signed is good");
  };
  return { run, seeds: [...notes, COSIGNED.note].map((note) => Buffer.from(note)), maxBytes: 4096 };
}

/** Nobody has cosigned but who did, and what they cosigned is the text that they did. */
export async function cosignature(load) {
  const { parseNote } = await load("evidence/note");
  const { isQuorum, quorumOf } = await load("evidence/quorum");
  const deps = await depsOf(load);
  const witnesses = COSIGNED.witness_vkeys.map((vkey) => {
    const [name, , key] = vkey.split("+");
    return {
      name,
      publicKey: Buffer.from(vkey.slice(vkey.indexOf("+", name.length + 1) + 1), "base64")
        .subarray(1)
        .toString("hex"),
      key,
    };
  });
  const good = parseNote(COSIGNED.note).value;
  const run = (bytes) => {
    const note = parseNote(bytes.toString("utf8"));
    if (!note.ok) return;
    const quorum = quorumOf(deps, { note: note.value, witnesses, logKey: "0".repeat(64) });
    if (quorum.cosigned.length > 0) holds(note.value.text === good.text, "a text that nobody cosigned is cosigned");
    holds(quorum.cosigned.length <= 2, "more witnesses than there are");
    if (isQuorum(quorum, 2))
      holds(
        good.signatures.slice(1).every((each) => note.value.signatures.some((one) => one.signature === each.signature)),
        "a quorum of others",
      );
  };
  holds(
    quorumOf(deps, { note: good, witnesses, logKey: "0".repeat(64) }).cosigned.length === 2,
    "the good note is not cosigned",
  );
  return { run, seeds: [Buffer.from(COSIGNED.note)], maxBytes: 4096 };
}

/** Bundles that are good say of a line, or of two heads, what the log says. */
export async function proofBundle(load) {
  const { checkProof, parseProofBundle } = await load("evidence/proof-bundle");
  const { proveConsistency, proveInclusion } = await load("app/log/proof");
  const deps = await depsOf(load);
  const lines = linesOf(LOG);
  const path = fileURLToPath(new URL(`../../../${LOG}`, import.meta.url));
  const sizes = notesOf(lines).map((note) => Number(note.split("\n")[1]));
  const bundles = [
    proveInclusion({ file: path }, 3),
    proveInclusion({ file: path }, 0),
    proveConsistency({ file: path, size: Math.min(...sizes) }, { file: path }),
  ];
  const trust = { publicKey: keyOf(lines) };
  const roots = new Set(
    bundles.flatMap(({ head, old }) => [head, old].filter(Boolean).map(({ size, root }) => `${String(size)} ${root}`)),
  );
  const run = (bytes) => {
    const read = parseProofBundle(bytes.toString("utf8"));
    if (!read.ok) return holds(read.error !== "", "refused without a word");
    checkProof(deps, read.value);
    checkProof(deps, read.value, { mayBeUnsigned: true });
    if (!checkProof(deps, read.value, trust).ok) return;
    const { head, old, line, index } = read.value;
    for (const each of [head, old].filter(Boolean))
      holds(roots.has(`${String(each.size)} ${each.root}`), "a head that nobody signed is good");
    if (line !== undefined) holds(line === lines[index], "a line that is not there is proved");
  };
  for (const bundle of bundles) holds(checkProof(deps, bundle, trust).ok, "a good bundle is not");
  return { run, seeds: bundles.map((bundle) => Buffer.from(JSON.stringify(bundle))), maxBytes: 8192 };
}

/** A key from a seed byte: the same in each run. */
function keyFrom(seed) {
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from("302e020100300506032b657004220420", "hex"), Buffer.alloc(32, seed)]),
    format: "der",
    type: "pkcs8",
  });
  const publicKeyHex = createPublicKey(key).export({ format: "der", type: "spki" }).subarray(12).toString("hex");
  return { publicKeyHex, sign: (statement) => sign(null, Buffer.from(statement), key).toString("hex") };
}

/** A chain that is good holds only entries that its keys signed, in their order. */
export async function rotation(load) {
  const { emptyRotation, withRevocation, withRotation } = await load("evidence/rotation-write");
  const { verifyRotation } = await load("evidence/rotation-chain");
  const { entriesInOrder, entryHash, parseRotation } = await load("evidence/rotation");
  const { TrustedKeys, keysOfChain } = await load("evidence/trust");
  const deps = await depsOf(load);
  const [a, b, c] = [21, 22, 23].map(keyFrom);
  const chainOf = (manifest) => verifyRotation(manifest, { root: a.publicKeyHex }, deps).value;
  const empty = emptyRotation(a.publicKeyHex);
  const first = withRotation(empty, chainOf(empty), { current: a, next: b, at: 1000 });
  const second = withRevocation(first, chainOf(first), {
    current: b,
    publicKey: a.publicKeyHex,
    at: 1500,
    suspectFrom: 900,
    reason: "lost",
  });
  const whole = withRotation(second, chainOf(second), { current: b, next: c, at: 2000, reason: "yearly" });
  const known = entriesInOrder(whole).map(({ entry }) => entryHash(deps.digests, entry));
  const run = (bytes) => {
    const text = bytes.toString("utf8");
    const read = parseRotation(text);
    if (!read.ok) return holds(read.error.problem !== "", "refused without a word");
    same(parseRotation(JSON.stringify(read.value)), read, "another manifest once it is written");
    const chain = verifyRotation(read.value, { root: a.publicKeyHex }, deps);
    if (!chain.ok) return;
    new TrustedKeys(keysOfChain(chain.value));
    const entries = entriesInOrder(read.value).map(({ entry }) => entryHash(deps.digests, entry));
    holds(
      entries.every((hash, i) => hash === known[i]),
      "an entry that nobody signed is good",
    );
  };
  return { run, seeds: [empty, first, whole].map((manifest) => Buffer.from(JSON.stringify(manifest))), maxBytes: 4096 };
}

/** What is asked of a witness, and what it keeps. */
export async function witness(load) {
  const { formatAddCheckpoint, parseAddCheckpoint } = await load("evidence/witness-request");
  const { admit } = await load("evidence/witness-state");
  const { parseState, writeState } = await load("evidence/witness-text");
  const { keyName, signatureLine } = await load("evidence/note");
  const deps = await depsOf(load);
  const lines = linesOf(LOG);
  const publicKey = keyOf(lines);
  const trusted = [{ name: keyName(deps.digests, publicKey), publicKey }];
  const notes = notesOf(lines);
  const heads = new Set(notes.map((note) => note.split("\n\n")[0]));
  const written = writeState(
    deps.digests,
    publicKey,
    new Map([
      ["a/b", { size: 3, root: "0".repeat(64) }],
      ["c", { size: 0, root: "1".repeat(64) }],
    ]),
  );
  const request = (body) => {
    const found = admit(deps, { state: new Map(), trusted }, body);
    if (found.verdict === "cosign") holds(heads.has(found.text.trimEnd()), "a head that nobody signed is cosigned");
    const read = parseAddCheckpoint(body);
    if (!read.ok) return;
    const { oldSize, path, note } = read.value;
    const text = `${note.text}\n${note.signatures.map((one) => `${signatureLine(one)}\n`).join("")}`;
    holds(
      formatAddCheckpoint({ oldSize, path, note: text }) === body,
      "a request is written otherwise than it was read",
    );
  };
  const state = (text) => {
    const found = parseState(deps.digests, publicKey, text);
    if (found.ok)
      holds(writeState(deps.digests, publicKey, found.value) === text, "a state is written otherwise than it was read");
  };
  /** The digest over the lines made to fit, which whoever can write the file can do. */
  const fitted = async (DOMAINS) => (text) => {
    const logs = text.slice(text.indexOf("\n") + 1);
    return `agentk-witness-state/1 ${publicKey} ${deps.digests.sha256Hex(`${DOMAINS.witness}${publicKey}\n${logs}`)}\n${logs}`;
  };
  const fit = await fitted((await load("base/digest")).DOMAINS);
  const run = (bytes) => {
    const text = bytes.toString("utf8");
    request(text);
    state(text);
    state(fit(text));
  };
  const requests = notes.map((note) => formatAddCheckpoint({ oldSize: 0, path: [], note }));
  return {
    run,
    seeds: [
      ...requests,
      formatAddCheckpoint({ oldSize: 1, path: ["ab".repeat(32)], note: COSIGNED.note }),
      written,
    ].map((text) => Buffer.from(text)),
    maxBytes: 4096,
  };
}

/** The header of a pruned log is written as it was read, and what follows it is held against it. */
export async function prunedHeader(load) {
  const { isPrunedHeader, parsePrunedHeader, readPrunedStart, writePrunedHeader } = await load("evidence/pruned");
  const deps = await depsOf(load);
  const lines = linesOf(LOG);
  const hash = "0".repeat(64);
  const kept = (index) => ({ index, line: lines[index], path: [hash] });
  const seed = {
    format: "agentk-pruned/1",
    keys: [],
    open: kept(0),
    peaks: [hash],
    policy: kept(1),
    prev: hash,
    size: 4,
  };
  const run = (bytes) => {
    const text = bytes.toString("utf8");
    isPrunedHeader(text);
    const read = parsePrunedHeader(text);
    if (read.ok) holds(writePrunedHeader(read.value) === text, "a header is written otherwise than it was read");
    const start = readPrunedStart(deps.digests, text);
    if (!start.ok) holds(start.error !== "", "refused without a word");
  };
  return { run, seeds: [Buffer.from(writePrunedHeader(seed))], maxBytes: 8192 };
}
