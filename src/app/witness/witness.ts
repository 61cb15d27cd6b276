/** A witness as a whole: its key, its state, its door, and what it says of each request. */
import { AgentkError } from "../../base/errors.js";
import {
  cosignatureStatement,
  writeCosignature,
  writeWitnessKey,
  type WitnessKey,
} from "../../evidence/cosignature.js";
import { ED25519, isKeyName, keyName, parseVerifierKey } from "../../evidence/note.js";
import { admit, type Admission, type LogKey, type RefusalCode } from "../../evidence/witness-state.js";
import { isHex } from "../../base/bytes.js";
import { nodeDigests } from "../../host/digests.js";
import { verifyEd25519 } from "../../host/signer.js";
import type { SigningKey } from "../../host/signing-key.js";
import { openWitnessServer, plain, type WitnessAnswer, type WitnessTimes } from "../../host/witness-server.js";
import { openWitnessStore, type WitnessStore } from "../../host/witness-store.js";
import { trustedKey } from "../keys/trusted-key.js";

const MS_PER_SECOND = 1000;

export interface WitnessOptions {
  readonly signer: Pick<SigningKey, "publicKeyHex" | "sign">;
  /** How the witness is called in its signature lines; made of its key when absent. */
  readonly name?: string;
  readonly trusted: readonly LogKey[];
  readonly statePath: string;
  readonly isNew: boolean;
  readonly host: string;
  readonly port: number;
  /** Told of every decision. */
  readonly onDecision: (decision: WitnessDecision) => void;
  readonly times?: WitnessTimes;
}

/** One request and what came of it. Texts are as they came: whoever shows them makes them fit to be shown. */
export interface WitnessDecision {
  readonly verdict: Admission["verdict"] | "failed";
  readonly status: number;
  readonly origin?: string;
  /** Of the checkpoint that was handed in. */
  readonly size?: number;
  readonly root?: string;
  /** What had been cosigned before. */
  readonly seen?: number;
  /** Two roots for one size: the log has two histories. */
  readonly isForked?: true;
  readonly code?: RefusalCode;
  readonly detail?: string;
}

export interface Witness {
  readonly key: WitnessKey;
  /** As those who trust it take it: `NAME+KEYID+BASE64`. */
  readonly vkey: string;
  readonly url: string;
  /** Ends what is being answered, and gives the state free. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a witness.
 * @throws AgentkError `usage` for a name or an address that cannot be, or when its own key is among the logs';
 * those of openWitnessStore.
 */
export async function openWitness(options: WitnessOptions): Promise<Witness> {
  const key = witnessKeyOf(options);
  const store = openWitnessStore({ path: options.statePath, publicKey: key.publicKey, isNew: options.isNew });
  try {
    const server = await openWitnessServer({
      host: options.host,
      port: options.port,
      answer: (body) => answer({ ...options, key, store }, body),
      ...(options.times === undefined ? {} : { times: options.times }),
    });
    const close = async (): Promise<void> => {
      await server.close();
      store.close();
    };
    return { key, vkey: writeWitnessKey(nodeDigests, key), url: server.url, close };
  } catch (error) {
    store.close();
    throw error;
  }
}

/**
 * A log that is trusted: a verifier key, or the hex of an operator's key, whose name is then agentk's own for it.
 * @throws AgentkError `usage`
 */
export function parseLogKey(text: string): LogKey {
  if (isHex(text, 32)) return { name: keyName(nodeDigests, text), publicKey: trustedKey(text) };
  const read = parseVerifierKey(nodeDigests, text);
  const problem = read.ok ? "is a witness's key, not a log's" : read.error.detail;
  if (read.ok && read.value.algorithm === ED25519)
    return { name: read.value.name, publicKey: trustedKey(read.value.publicKey) };
  throw new AgentkError("usage", `a key to trust ${problem}`, {
    hint: "give a log's public key as 64 hex digits, as `agentk signing-key` prints it, or as NAME+KEYID+BASE64",
  });
}

function witnessKeyOf({ signer, name, trusted }: WitnessOptions): WitnessKey {
  const publicKey = signer.publicKeyHex;
  if (trusted.some((log) => log.publicKey === publicKey))
    throw new AgentkError("usage", "a witness of a log has another key than the log");
  const own = name ?? keyName(nodeDigests, publicKey).replace("agentk/", "agentk-witness/");
  if (!isKeyName(own))
    throw new AgentkError("usage", "a witness's name has no spaces and no `+`, such as witness.example/w1");
  return { name: own, publicKey };
}

interface Answering extends WitnessOptions {
  readonly key: WitnessKey;
  readonly store: WitnessStore;
}

/** Judges, keeps and signs in one turn: no other request comes in between (c2sp.org/tlog-witness, its race). */
function answer(witness: Answering, body: string): WitnessAnswer {
  const deps = { digests: nodeDigests, verifySignature: verifyEd25519 };
  const admission = admit(deps, { state: witness.store.state, trusted: witness.trusted }, body);
  switch (admission.verdict) {
    case "cosign":
      return cosign(witness, admission);
    case "conflict": {
      const { verdict, origin, head, seen, isForked } = admission;
      witness.onDecision({
        ...{ verdict, status: 409, origin, ...head, seen: seen.size },
        ...(isForked ? { isForked: true as const } : {}),
      });
      return { status: 409, type: "text/x.tlog.size", body: `${String(seen.size)}\n` };
    }
    case "refused": {
      const status = STATUSES[admission.code];
      witness.onDecision({ ...admission, status });
      return plain(status, admission.detail);
    }
  }
}

const STATUSES: Readonly<Record<RefusalCode, number>> = {
  malformed: 400,
  "old-size": 400,
  "not-signed": 403,
  "unknown-origin": 404,
  inconsistent: 422,
  full: 503,
};

/** INVARIANT: the head is on the disk before anything is signed. */
function cosign(witness: Answering, { origin, head, text }: Extract<Admission, { verdict: "cosign" }>): WitnessAnswer {
  const seen = witness.store.state.get(origin)?.size ?? 0;
  const told = { origin, ...head, seen };
  try {
    witness.store.keep(origin, head);
  } catch (error) {
    const detail = error instanceof AgentkError ? error.message : "the state cannot be kept";
    witness.onDecision({ verdict: "failed", status: 500, ...told, detail });
    return plain(500, "the witness cannot keep its state");
  }
  const time = Math.floor(Date.now() / MS_PER_SECOND);
  const signature = witness.signer.sign(cosignatureStatement(text, time));
  const line = writeCosignature(nodeDigests, witness.key, { time, signature });
  witness.onDecision({ verdict: "cosign", status: 200, ...told });
  return { status: 200, type: "text/plain; charset=utf-8", body: `${line}\n` };
}
