/** Messages of the client's that do not pass: each recorded as it is refused, and answered where an answer is due. */
import type { RequestContract } from "./methods/contract.js";
import { withResultType } from "./modern/answers.js";
import { isOfModern } from "./modern/relay.js";
import type { McpRequest } from "./observed.js";
import type { Refused } from "./refused.js";
import type { RelayParts } from "./relay-parts.js";
import type { Strays } from "./strays.js";
import type { WireFault } from "./wire/faults.js";
import type { Message } from "./wire/message.js";
import { denialError, faultError, ownError, toolDenial } from "./wire/write.js";

export class Refusals {
  private readonly parts: Pick<RelayParts, "session" | "upstream" | "toClient">;
  private readonly strays: Strays;

  constructor(parts: Refusals["parts"], strays: Strays) {
    this.parts = parts;
    this.strays = strays;
  }

  /** A line that is no message: counted, recorded, answered. */
  async line(fault: WireFault): Promise<void> {
    const isCounted = this.parts.session.count();
    const refusal = isCounted ? "malformed" : "message-limit";
    await this.strays.record({ name: `frame:${fault.code}`, refusal, from: "client" });
    if (isCounted) this.parts.toClient(faultError(fault));
  }

  async message(message: Message, refused: Refused): Promise<void> {
    const name = "method" in message ? message.method : `answer:${message.form}`;
    const judged = await this.strays.record({ name, refusal: refused.refusal, from: "client" });
    if (message.form !== "request") return;
    const decision = judged?.decision ?? { verdict: "deny", rule: refused.refusal, reason: refused.refusal };
    this.parts.toClient(denialError(message.id, decision, judged?.call, refused));
  }

  /** Refuses a request that has begun: one that was cancelled meanwhile gets no answer. */
  async begun(exchange: McpRequest["exchange"], contract: RequestContract, refused: Refused): Promise<void> {
    const { method, denial } = contract;
    const { refusal } = refused;
    const { session, upstream, toClient } = this.parts;
    const judged = await this.strays.record({ name: method, refusal, from: "client" });
    if (!session.release(exchange)) return;
    if (upstream.hasGone) {
      toClient(ownError(exchange.id, "server-gone", judged?.call));
      return;
    }
    const decision = judged?.decision ?? { verdict: "deny", rule: refusal, reason: refusal };
    const answer = denial === "tool-result" ? toolDenial : denialError;
    const line = answer(exchange.id, decision, judged?.call, refused);
    toClient(isOfModern(contract) ? withResultType(line) : line);
  }
}
