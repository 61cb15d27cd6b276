/** Messages that are refused: each recorded as a denied syscall, up to a bound; beyond it, in numbers only. */
import type { SyscallRequest } from "../abi/request.js";
import { UNKNOWN_SYSCALL } from "../abi/syscalls.js";
import { MAX_RECORDED_STRAYS } from "../base/limits.js";
import type { Judged } from "../kernel/dispatch.js";
import type { McpRequest } from "./observed.js";
import type { Refused } from "./refused.js";
import type { RelayParts } from "./relay-parts.js";

export interface Stray {
  readonly name: string;
  readonly refusal: Refused["refusal"];
  readonly from: "client" | "server";
}

export class Strays {
  private recorded = 0;
  private uncounted = 0;
  private readonly parts: Pick<RelayParts, "dispatch" | "identity">;

  constructor(parts: Pick<RelayParts, "dispatch" | "identity">) {
    this.parts = parts;
  }

  /** How many are not in the log one by one. */
  get count(): number {
    return this.uncounted;
  }

  /** One that is dropped without a line of its own. */
  drop(): void {
    this.uncounted++;
  }

  record({ name, refusal, from }: Stray): Promise<Judged> | undefined {
    const isBounded = from === "server" || refusal === "message-limit";
    if (isBounded && this.recorded >= MAX_RECORDED_STRAYS) {
      this.drop();
      return undefined;
    }
    if (isBounded) this.recorded++;
    const request: SyscallRequest = {
      ...this.parts.identity,
      from,
      kind: UNKNOWN_SYSCALL,
      subject: { name },
      refusal,
    };
    // A refused request is never performed, so it needs none of what `act` would use.
    return this.parts.dispatch.request(request as McpRequest);
  }
}
