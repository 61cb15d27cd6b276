/** A live run: the kernel's six ports made of this machine's clock, entropy, files and signer. */
import { rmSync } from "node:fs";
import { basename } from "node:path";
import type { Ports } from "../../abi/ports.js";
import type { PayloadRecord } from "../../abi/payload.js";
import type { SyscallRequest } from "../../abi/request.js";
import { createClock } from "../../host/clock.js";
import { nodeDigests } from "../../host/digests.js";
import { newRunId, nonce } from "../../host/entropy.js";
import { createJournalFile, type JournalFile } from "../../host/journal-file.js";
import { loadOrCreateOperatorKey, type OperatorKey } from "../../host/operator-key.js";
import { createPayloadStore, type PayloadStore } from "../../host/payload-store.js";
import { pointLatest, prepareRunPath, type RunPaths } from "../../host/run-folder.js";
import { verifyEd25519 } from "../../host/signer.js";
import { loadSigningKey, type SigningKey } from "../../host/signing-key.js";
import { Dispatch } from "../../kernel/dispatch.js";
import { createKernel } from "../../kernel/step.js";
import { compileSource } from "../policy/file.js";

export interface LiveRunOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  readonly traceOut: string | undefined;
  readonly payloads: "sealed" | "none";
  /** Asks a human for the signing key's passphrase; undefined when there is none to ask. */
  readonly ask?: (question: string) => string | undefined;
  /** When work is done that nobody waits for; without it, at the next turn of the event loop. */
  readonly later?: Ports["later"];
}

export interface LiveRun<R extends SyscallRequest> {
  readonly id: string;
  readonly log: string;
  /** The folder of runs it lies in; none when the operator named the file itself. */
  readonly folder: string | undefined;
  readonly publicKey: string;
  /** Key of the commitments' salts, when a journal keeps it. */
  readonly secret: string | undefined;
  /** Where keys were made just now, on the first run of this user, and what for. */
  readonly newKeys: readonly NewKey[];
  readonly dispatch: Dispatch<R>;
  /** Points `latest.jsonl` at the log, once it has begun. */
  readonly publish: () => void;
  /** Flushes and closes the files. After this nothing can be recorded. */
  readonly finish: () => Promise<void>;
}

export interface NewKey {
  readonly what: "sealed payloads" | "signatures";
  readonly path: string;
}

/**
 * Creates the files of a new run and the kernel that writes them.
 * @throws AgentkError when a file cannot be created safely; then nothing has begun.
 */
export function startLiveRun<R extends SyscallRequest>(options: LiveRunOptions, act: Ports<R>["act"]): LiveRun<R> {
  const id = newRunId(new Date(), nonce(6));
  const signer = loadSigningKey(options.env, options.ask === undefined ? {} : { ask: options.ask });
  const paths = prepareRunPath(options.cwd, id, options.traceOut);
  const operator = options.payloads === "sealed" ? loadOrCreateOperatorKey(options.env) : undefined;
  const store = operator === undefined ? undefined : createPayloadStore(paths.payloads, id, operator.key);
  const journal = createLog(paths, store);
  const kernel = createKernel({ digests: nodeDigests, compile: compileSource });
  const ports: Ports<R> = {
    now: createClock(),
    nonce,
    append: journal.append,
    sign: signer.sign,
    verify: verifyEd25519,
    act,
    payload: keeper(store),
    // The check phase of the event loop comes after all input of this turn (Node, "The event loop").
    gather: () => new Promise((resolve) => setImmediate(resolve)),
    later: options.later ?? setImmediate,
  };
  return {
    id,
    log: paths.log,
    folder: paths.folder,
    publicKey: signer.publicKeyHex,
    secret: store?.secret,
    newKeys: newKeys(operator, signer),
    dispatch: new Dispatch(kernel, nodeDigests, ports),
    publish: () => {
      if (paths.folder !== undefined) pointLatest(paths.folder, basename(paths.log));
    },
    finish: () => finish(journal, store),
  };
}

function newKeys(operator: OperatorKey | undefined, signer: SigningKey): readonly NewKey[] {
  const made: NewKey[] = [];
  if (operator?.created === true) made.push({ what: "sealed payloads", path: operator.path });
  if (signer.created && signer.path !== undefined) made.push({ what: "signatures", path: signer.path });
  return made;
}

/** The log, after its payload journal: a start that is refused leaves neither behind. */
function createLog(paths: RunPaths, store: PayloadStore | undefined): JournalFile {
  try {
    return createJournalFile(paths.log);
  } catch (error) {
    store?.close();
    if (store !== undefined) rmSync(paths.payloads, { force: true });
    throw error;
  }
}

function keeper(store: PayloadStore | undefined): (record: PayloadRecord) => void {
  return (record) => {
    store?.put(record);
  };
}

async function finish(journal: JournalFile, store: PayloadStore | undefined): Promise<void> {
  try {
    store?.close();
  } finally {
    await journal.close();
  }
}
