/**
 * What a fork knows of descriptors that were withheld. That a tool was withheld is decided above every policy, from the
 * values of the listings; a log without them says so only of calls that its own policy would have let pass.
 */
import { mayPass, type Verdict } from "../abi/decision.js";
import type { PageValue, SyscallValue } from "../abi/event.js";
import type { State } from "../kernel/state.js";
import type { Missing, Ruled } from "./drift.js";

const UNASKED: readonly Missing[] = [{ why: "value", at: "kernel.quarantined" }];

/** The policy's word by which a call goes on to the kernel's own question. */
export function isMeant(verdict: Verdict): boolean {
  return mayPass(verdict) || verdict === "ask";
}

export class ForkDescriptors {
  /** Of which something was withheld. */
  private readonly servers = new Set<string>();

  page({ server, delivery, changes }: PageValue): void {
    const isCut = changes?.some(({ kind }) => kind === "withhold") === true;
    if (isCut || delivery.rule === "quarantined") this.servers.add(server);
  }

  /**
   * Whether it is not known that the call's descriptor was withheld: the fork's policy lets the call go on, the run's
   * did not, so nobody asked, and something of the server was withheld or everything that is not pinned is.
   */
  missing({ pins }: State, { kind, server, decision }: SyscallValue, answer: Ruled): readonly Missing[] {
    if (kind !== "tool.invoke" && kind !== "prompt.get") return [];
    const wasAsked = isMeant(decision.verdict) || decision.rule === "quarantined";
    if (wasAsked || !isMeant(answer.decision.verdict)) return [];
    return pins !== undefined || this.servers.has(server) ? UNASKED : [];
  }
}
