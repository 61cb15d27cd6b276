// Targets on what operators write: policies, their cases, gateways, scenarios, locks, lists of signers and of secrets.
import { file, filesIn, holds, same } from "./expect.mjs";

/** Every fault has a place in the text, and words for it. */
function placed(faults, source) {
  const lines = source.split(/\r\n|\n|\r/).length;
  holds(faults.length > 0, "refused without a fault");
  for (const { line, column, problem } of faults) {
    holds(
      line >= 1 && line <= lines && column >= 1,
      `a fault at ${String(line)}:${String(column)} of ${String(lines)} lines`,
    );
    holds(problem !== "" && !/[\u0000-\u001f\u007f]/.test(problem), "a fault that is no line of text");
  }
}

/** A text that is read gives the same a second time, and with a comment below it. */
function reads(parse) {
  return (bytes) => {
    const source = bytes.toString("utf8");
    const found = parse(source);
    if (!found.ok) return placed(found.error, source);
    same(parse(source), found, "another document the second time");
    same(parse(`${source}\n# end\n`), found, "another document with a comment below it");
    return found.value;
  };
}

const LABELS = new Set(["untrusted", "private"]);

/** No source throws; one that is read compiles, decides every question the same twice, and can be linted. */
export async function policy(load) {
  const { parsePolicy } = await load("policy/parse");
  const { compilePolicy, IndeterminateError } = await load("policy/compile");
  const { EMPTY_RECALL } = await load("policy/recall");
  const { lintPolicy } = await load("policy/check/lint");
  const { loadRegexFor } = await load("policy/match/regex");
  await loadRegexFor("matches");
  const common = {
    agent: "agent://a",
    server: "s",
    labels: LABELS,
    risk: "high",
    recall: EMPTY_RECALL,
    grantsUsed: new Map(),
  };
  const values = { leaves: () => [], descriptor: () => "known", sentences: () => [] };
  const questions = ["tool.invoke", "resource.read", "network.send"].flatMap((kind) =>
    [1, 2e12].map((wall_ms) => ({ ...common, kind, tool: "read", target: "s/read", act: "send", wall_ms, values })),
  );
  const read = reads(parsePolicy);
  const run = (bytes) => {
    const document = read(bytes);
    if (document === undefined) return;
    const compiled = compilePolicy(document);
    for (const question of questions) {
      const { decision } = compiled.decide(question);
      same(compiled.decide(question).decision, decision, "another decision the second time");
      same(compilePolicy(document).decide(question).decision, decision, "another decision when it is compiled again");
      fromFacts(compiled, question);
    }
    lintPolicy(document, bytes.toString("utf8"), 1);
  };
  /** Without values and without facts there is an answer, or it is said that there is none; never anything else. */
  function fromFacts(compiled, { values: _, ...question }) {
    try {
      compiled.decide({ ...question, facts: new Map() });
    } catch (fault) {
      if (!(fault instanceof IndeterminateError)) throw fault;
    }
  }
  const seeds = [
    ...filesIn("policies/", "guard.toml"),
    ...filesIn("policies/", "strict.toml"),
    ...filesIn("test/fixtures/policies/", ".toml"),
  ];
  return {
    run,
    seeds: [...seeds, ...["killer", "close", "interop"].map((story) => file(`examples/${story}/policy.toml`))],
    maxBytes: 16_384,
  };
}

/** The other texts of operators: nothing throws, and every fault has its place. */
export async function operatorTexts(load) {
  const readers = [
    (await load("policy/cases")).parseCases,
    (await load("policy/gateway")).parseGateway,
    (await load("policy/scenario")).parseScenario,
    (
      (parse) => (source) =>
        parse(source, (provider, reference) => (reference.length > 40 ? "is too long" : undefined))
    )((await load("policy/secret-refs")).parseSecretRefs),
  ].map(reads);
  const gateway = '[[servers]]\nid = "fs"\ncommand = "node"\nargs = ["server.mjs"]\n';
  const secrets = 'version = 1\n\n[[secrets]]\ntarget = "secret://a/b"\nprovider = "env"\nreference = "A_B"\n';
  const seeds = [
    Buffer.from(gateway),
    Buffer.from(secrets),
    file("examples/close/scenario.toml"),
    file("policies/strict.cases.toml"),
  ];
  return { run: (bytes) => readers.forEach((read) => read(bytes)), seeds, maxBytes: 8192 };
}

/** A lock that is read is written as a text that is read as the same lock. */
export async function lock(load) {
  const { parseLock, hashesOf } = await load("policy/lock");
  const { nodeDigests } = await load("host/digests");
  const { lockText } = await load("report/pins-lock");
  const { canonicalJson } = await load("base/canonical");
  const parse = (source) => parseLock(source, nodeDigests);
  const read = reads(parse);
  const run = (bytes) => {
    const found = read(bytes);
    if (found === undefined) return;
    const again = parse(lockText(found));
    holds(again.ok, "what is written is not read");
    same(again.value, found, "another lock once it is written");
  };
  const descriptor = { description: "reads", inputSchema: { type: "object" }, name: "read" };
  const { sha256, input_schema_sha256: inputSchemaSha256 } = hashesOf(descriptor, nodeDigests);
  const item = {
    name: "read",
    sha256,
    inputSchemaSha256,
    accepted: "2026-11-21T00:00:00Z",
    reason: "first seen",
    descriptor: canonicalJson(descriptor),
  };
  const server = {
    id: "fs",
    command: ["node", 'a "b" \\ c.mjs'],
    package: "fs@1.0.0",
    binarySha256: "0".repeat(64),
    protocol: "2025-11-25",
    tools: [item],
    prompts: [],
    templates: [],
  };
  const bare = { id: "b", command: ["x"], tools: [], prompts: [], templates: [] };
  return {
    run,
    seeds: [Buffer.from(lockText({ servers: [server, bare] })), Buffer.from("version = 1\n")],
    maxBytes: 8192,
  };
}

/** Signers in the operator's list: no key that is weak or published gets in. */
export async function trustedSigners(load) {
  const { parseTrustedSigners } = await load("policy/trusted-signers");
  const { keyFault } = await load("evidence/ed25519");
  const { TrustedKeys } = await load("evidence/trust");
  const read = reads((source) => parseTrustedSigners(source, keyFault));
  const run = (bytes) => {
    const signers = read(bytes);
    if (signers !== undefined) new TrustedKeys(signers);
  };
  const key = "4d6f6bd05caa8d2de84e5f8c3d83667eae79d2cf56052e4588dff8630a4cf40d";
  const text = `version = 2\n\n[[trusted_keys]]\npublic_key = "${key}"\nlabel = "ops"\nnot_before = 2026-01-01T00:00:00Z\nnot_after = 2027-01-01T00:00:00Z\n\n[[trusted_keys]]\npublic_key = "${key}"\nrevoked_at = 2026-06-01T00:00:00Z\nsuspect_from = 2026-05-01T00:00:00Z\n`;
  return { run, seeds: [Buffer.from(text)], maxBytes: 4096 };
}
