// Every target by its name. One is made with what loads a module of agentk: built with counters, or the source in the suite.
import * as evidence from "./evidence.mjs";
import { behavior, payloads } from "./host.mjs";
import * as policy from "./policy.mjs";
import { addresses, text } from "./text.mjs";
import * as wire from "./wire.mjs";

export const TARGETS = {
  "strict-json": wire.strictJson,
  "json-rpc": wire.jsonRpc,
  sse: wire.sse,
  "http-headers": wire.httpHeaders,
  policy: policy.policy,
  "operator-texts": policy.operatorTexts,
  lock: policy.lock,
  "trusted-signers": policy.trustedSigners,
  "log-line": evidence.logLine,
  log: evidence.log,
  "forged-log": evidence.forgedLog,
  receipts: evidence.receipts,
  "legacy-log": evidence.legacyLog,
  checkpoint: evidence.checkpoint,
  cosignature: evidence.cosignature,
  "proof-bundle": evidence.proofBundle,
  rotation: evidence.rotation,
  witness: evidence.witness,
  "pruned-header": evidence.prunedHeader,
  payloads,
  behavior,
  text,
  addresses,
};
