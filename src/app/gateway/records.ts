/** What a gateway records in its own name, beside its relays: what none of them was given, and what was kept back. */
import { UNKNOWN_SYSCALL } from "../../abi/syscalls.js";
import { MAX_RECORDED_STRAYS } from "../../base/limits.js";
import type { Judged } from "../../kernel/dispatch.js";
import type { MuxRefusal } from "../../mcp/gateway/effects.js";
import type { McpRequest } from "../../mcp/upstream.js";
import type { MediatedRun } from "../run/mediated-run.js";

/** Faults of one server's listings that are recorded one by one: every listing would repeat them. */
const MAX_GATEWAY_FAULTS = 64;

export interface GatewayIdentity {
  readonly session: string;
  readonly agent: string;
  /** The gateway's own id, which no server has. */
  readonly server: string;
}

export class GatewayRecords {
  private readonly run: MediatedRun;
  private readonly identity: GatewayIdentity;
  private readonly faults = new Map<string, number>();
  private readonly working = new Set<Promise<unknown>>();
  private overLimit = 0;

  constructor(run: MediatedRun, identity: GatewayIdentity) {
    this.run = run;
    this.identity = identity;
  }

  /** Messages refused but too many to record one by one. */
  get strays(): number {
    return Math.max(0, this.overLimit - MAX_RECORDED_STRAYS);
  }

  /** Work that must be over before the run is. */
  track(work: Promise<unknown>): void {
    this.working.add(work);
    void work.finally(() => this.working.delete(work));
  }

  /** Settles when all is recorded. */
  async idle(): Promise<void> {
    while (this.working.size > 0) await Promise.all(this.working);
  }

  /** Records a denied syscall of the gateway's own. Undefined when it is only counted. */
  async refuse({ name, refusal }: Pick<MuxRefusal, "name" | "refusal">): Promise<Judged | undefined> {
    if (refusal === "message-limit" && ++this.overLimit > MAX_RECORDED_STRAYS) return undefined;
    const request = { ...this.identity, from: "client", kind: UNKNOWN_SYSCALL, subject: { name }, refusal } as const;
    // A refused request is never performed, so it needs none of what `act` would use.
    return this.run.dispatch.request(request as unknown as McpRequest);
  }

  /** Something that a server listed was kept back. */
  fault(server: string, fault: string): void {
    const known = this.faults.get(server) ?? 0;
    this.faults.set(server, known + 1);
    if (known >= MAX_GATEWAY_FAULTS) return;
    const { session } = this.identity;
    this.track(this.run.dispatch.note({ session, server, fact: "child-fault", fault }));
  }

  /** Records that the client asked whether we are there. False when it could not be. */
  async ping(): Promise<boolean> {
    const { session, server } = this.identity;
    await this.run.dispatch.note({ session, server, fact: "ping" });
    return this.run.dispatch.fault === undefined;
  }
}
