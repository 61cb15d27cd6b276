/** `reveal`: opens one committed value of a log out of its payload journal, and checks such openings. */
import { existsSync } from "node:fs";
import { AgentkError } from "../../base/errors.js";
import type { FlightLine } from "../../abi/event.js";
import { decodeLine } from "../../evidence/codec.js";
import { wantedAt, type Wanted } from "../../evidence/committed-place.js";
import { openingOf } from "../../evidence/opening.js";
import type { InclusionBundle, ProofTrust } from "../../evidence/proof-bundle.js";
import {
  checkReveal,
  parseReveal,
  REVEAL_FORMAT,
  type Opening,
  type Reveal,
  type RevealReport,
} from "../../evidence/reveal.js";
import { nodeDigests } from "../../host/digests.js";
import { settledLog } from "../../host/log-file.js";
import { loadOperatorKey } from "../../host/operator-key.js";
import { openPayloadStore, type OpenedPayloads } from "../../host/payload-reader.js";
import { payloadPathOf } from "../../host/payload-store.js";
import { verifyEd25519 } from "../../host/signer.js";
import { trustedKey } from "../keys/trusted-key.js";
import { findHead, type OnProgress } from "./heads.js";
import { BrokenLog, type LineRef } from "./prefix.js";
import { proveInclusion } from "./proof.js";
import { refusePruned } from "./pruned-log.js";

export interface RevealRequest {
  /** The log, or a link to it. */
  readonly file: string;
  readonly at: LineRef;
  /** JSON pointer into the line's value. */
  readonly pointer: string;
  readonly env: NodeJS.ProcessEnv;
  readonly onProgress?: OnProgress;
}

/**
 * Opens one value. The file that is made of it holds nothing else of the journal.
 * @throws AgentkError `usage` for a pointer to nothing that can be opened; `payloads-unavailable`; `file-unreadable`;
 * `unsafe-file`; BrokenLog when the log or the journal is not what was recorded.
 */
export function revealValue(request: RevealRequest): Reveal {
  const { at, pointer, env, onProgress } = request;
  // `latest.jsonl` is a link: the journal lies beside the log it points to.
  const file = settledLog(request.file);
  refusePruned(file);
  const { run } = findHead({ file }, { kind: "of", number: 0 });
  const proof = proveInclusion({ file, ...(onProgress === undefined ? {} : { onProgress }) }, at.seq);
  const line = lineOf(file, proof, at);
  const wanted = wantedAt(line, pointer);
  if (!wanted.ok) throw new AgentkError("usage", wanted.error.detail, { hint: wanted.error.hint });
  const journal = openJournal(file, run, env);
  try {
    const opened = openWanted(journal, { file, seq: at.seq }, wanted.value);
    return { format: REVEAL_FORMAT, run, seq: at.seq, slot: wanted.value.slot, ...opened, proof };
  } finally {
    journal.close();
  }
}

/** Reads and checks a reveal. @throws AgentkError `log-invalid` when it is none; `usage` for a key that nobody may trust. */
export function verifyReveal(file: string, source: string, trust: ProofTrust): RevealReport {
  const read = parseReveal(source);
  if (!read.ok)
    throw new AgentkError("log-invalid", `\`${file}\` ${read.error}`, {
      place: { file },
      hint: "`agentk reveal LOG SEQ POINTER` makes such files",
    });
  if (trust.publicKey !== undefined) trustedKey(trust.publicKey);
  return checkReveal({ digests: nodeDigests, verifySignature: verifyEd25519 }, read.value, trust);
}

function lineOf(file: string, proof: InclusionBundle, { seq, id }: LineRef): FlightLine {
  const read = decodeLine(nodeDigests, proof.line);
  if (!read.ok) throw new BrokenLog(file, seq + 1, `line ${String(seq + 1)} ${read.error.detail}`);
  const line = read.value;
  if (line.seq !== seq) throw new BrokenLog(file, seq + 1, `line ${String(seq + 1)} states another sequence number`);
  const own = line.type === "syscall" ? line.value.call : line.type === "page" ? line.value.page : undefined;
  if (id !== undefined && id !== own)
    throw new AgentkError("usage", `line ${String(seq)} is not \`${id}\``, {
      hint: own === undefined ? `it is of type \`${line.type}\`` : `it is \`${own}\``,
    });
  return line;
}

function openWanted(journal: OpenedPayloads, at: { file: string; seq: number }, wanted: Wanted): Opening {
  const { file, seq } = at;
  const { slot, commit, pointer, member } = wanted;
  const canonical = journal.get(seq, slot);
  if (canonical === undefined)
    throw unavailable(`the payload journal holds no value for \`${pointer}\` of line ${String(seq)}`, {
      hint: "it was cut, or its run died while it wrote: `agentk replay` says which",
    });
  const value = { secret: journal.secret, seq, slot, canonical, commitment: commit.commitment };
  const opened = openingOf(nodeDigests, value, member);
  if (opened.ok) return opened.value;
  if (opened.error === "other-value")
    throw new BrokenLog(file, seq + 1, `line ${String(seq + 1)} commits to another value than the journal holds`);
  const nearest = { hint: `\`${pointer}\` can be opened` };
  if (opened.error === "whole")
    throw new AgentkError("usage", `\`${pointer}\` of line ${String(seq)} is committed to whole`, nearest);
  throw new AgentkError("usage", `\`${pointer}\` of line ${String(seq)} has no such member`, nearest);
}

function openJournal(log: string, run: string, env: NodeJS.ProcessEnv): OpenedPayloads {
  const path = payloadPathOf(log);
  if (!existsSync(path))
    throw unavailable("there is no payload journal beside the log", {
      hint: `the values are in \`${path}\`, unless the run kept none (\`payloads\` of the log's first line)`,
    });
  const key = loadOperatorKey(env);
  if (key === undefined)
    throw unavailable("the operator's payload key is not on this machine", {
      hint: "values can be opened where they were recorded, or with its `payload.key` in the data folder",
    });
  const opened = openPayloadStore(path, run, key);
  if (opened.ok) return opened.value;
  throw unavailable(`the payload journal cannot be opened: ${opened.error.detail}`, {
    hint: "`agentk replay` says more about it",
  });
}

function unavailable(detail: string, more: { hint: string }): AgentkError {
  return new AgentkError("payloads-unavailable", detail, more);
}
