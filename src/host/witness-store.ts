/** What a witness has cosigned, on the disk: one private file, replaced as a whole before a cosignature leaves. */
import { isUtf8 } from "node:buffer";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { AgentkError } from "../base/errors.js";
import type { TreeHead, WitnessState } from "../evidence/witness-state.js";
import { parseState, writeState } from "../evidence/witness-text.js";
import { nodeDigests } from "./digests.js";
import { lockFile, type FileLock } from "./file-lock.js";
import { readPrivateFile } from "./private-file.js";
import { assertPrivateFolder, unsafe } from "./private-folder.js";
import { replaceFile } from "./whole-file.js";

/** 65 536 logs with origins of twice the length of agentk's own. */
const MAX_STATE_BYTES = 16 * 1024 * 1024;

export interface WitnessStore {
  readonly state: WitnessState;
  /**
   * Keeps the head of a log, and returns when it is on the disk.
   * @throws AgentkError `recorder-failed`, and from then on always: nobody can tell what a failed sync has left.
   */
  readonly keep: (origin: string, head: TreeHead) => void;
  readonly close: () => void;
}

export interface WitnessStoreOptions {
  readonly path: string;
  /** The public key of the witness, hex: a state is of one key. */
  readonly publicKey: string;
  /** True for a witness that has cosigned nothing yet: then there must be no file, else there must be one. */
  readonly isNew: boolean;
  /** How a state gets to the disk; tests make it fail. */
  readonly replace?: (path: string, text: string) => void;
}

/**
 * Opens the state, alone. INVARIANT: a witness whose state is lost or damaged does not begin again with an empty one:
 * it would cosign a forked history, which is all that it is there to refuse.
 * @throws AgentkError `unsafe-file` when it is damaged, another witness's, or held by another process; `file-unreadable`
 * and `file-exists` when it is not there, or is, against `isNew`.
 */
export function openWitnessStore(options: WitnessStoreOptions): WitnessStore {
  const { path } = options;
  assertPrivateFolder(dirname(path));
  const lock = lockFile(path);
  try {
    return new Store(options, lock, options.isNew ? create(options) : load(options));
  } catch (error) {
    lock.release();
    throw error;
  }
}

function create({ path, publicKey, replace = replaceFile }: WitnessStoreOptions): Map<string, TreeHead> {
  if (existsSync(path)) {
    const more = { place: { file: path }, hint: "leave out --init: this witness has a state already" };
    throw new AgentkError("file-exists", `\`${path}\` exists`, more);
  }
  const state = new Map<string, TreeHead>();
  replace(path, writeState(nodeDigests, publicKey, state));
  return state;
}

function load({ path, publicKey }: WitnessStoreOptions): Map<string, TreeHead> {
  const bytes = readPrivateFile(path, MAX_STATE_BYTES);
  if (bytes === undefined) {
    throw new AgentkError("file-unreadable", `there is no state \`${path}\``, {
      place: { file: path },
      hint: "pass --init if this key has never cosigned anything; if its state is lost, retire the key",
    });
  }
  if (!isUtf8(bytes)) throw damaged(path, "is not text");
  const read = parseState(nodeDigests, publicKey, bytes.toString("utf8"));
  if (!read.ok) throw damaged(path, read.error);
  return read.value;
}

class Store implements WitnessStore {
  private readonly path: string;
  private readonly publicKey: string;
  private readonly replace: (path: string, text: string) => void;
  private readonly heads: Map<string, TreeHead>;
  private readonly lock: FileLock;
  private failed: AgentkError | undefined;

  constructor(options: WitnessStoreOptions, lock: FileLock, heads: Map<string, TreeHead>) {
    this.path = options.path;
    this.publicKey = options.publicKey;
    this.replace = options.replace ?? replaceFile;
    this.lock = lock;
    this.heads = heads;
  }

  get state(): WitnessState {
    return this.heads;
  }

  keep(origin: string, head: TreeHead): void {
    if (this.failed !== undefined) throw this.failed;
    const seen = this.heads.get(origin);
    if (seen?.size === head.size && seen.root === head.root) return;
    this.heads.set(origin, head);
    try {
      this.replace(this.path, writeState(nodeDigests, this.publicKey, this.heads));
    } catch (cause) {
      this.failed = new AgentkError("recorder-failed", `cannot keep \`${this.path}\``, { cause });
      throw this.failed;
    }
  }

  close(): void {
    this.lock.release();
  }
}

function damaged(path: string, problem: string): AgentkError {
  const hint = "retire this witness's key: an older copy has forgotten what was cosigned since";
  return unsafe(path, problem, { hint });
}
