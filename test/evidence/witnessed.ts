/** A witness in memory, and two histories of one log for it to judge. */
import { keyName } from "../../src/evidence/note.js";
import { formatAddCheckpoint } from "../../src/evidence/witness-request.js";
import { admit, type Admission, type LogKey, type TreeHead } from "../../src/evidence/witness-state.js";
import { growth, noteAt, testLog, type TestLog } from "../app/checkpointed-log.js";
import { digests, RUN_KEY, verifySignature } from "./fixture.js";

export const SIZES = [1, 2, 3, 4, 7, 8, 9, 16, 20] as const;
export const LOG = testLog({ lines: 24, at: SIZES });
export const FORK = testLog({ lines: 24, at: SIZES, fork: 6 });
export const TRUSTED: readonly LogKey[] = [{ name: keyName(digests, RUN_KEY.publicHex), publicKey: RUN_KEY.publicHex }];

export class Memory {
  readonly state = new Map<string, TreeHead>();

  ask(body: string, trusted = TRUSTED): Admission {
    const admission = admit({ digests, verifySignature }, { state: this.state, trusted }, body);
    if (admission.verdict === "cosign") this.state.set(admission.origin, admission.head);
    return admission;
  }

  grow(log: TestLog, oldSize: number, size: number): string {
    const path = oldSize === 0 || oldSize >= size ? [] : growth(log, oldSize, size);
    return brief(this.ask(formatAddCheckpoint({ oldSize, path, note: noteAt(log, size) })));
  }
}

export function brief(admission: Admission): string {
  if (admission.verdict === "refused") return admission.code;
  if (admission.verdict === "cosign") return `cosign ${String(admission.head.size)}`;
  return `${admission.isForked ? "forked" : "conflict"} ${String(admission.seen.size)}`;
}
