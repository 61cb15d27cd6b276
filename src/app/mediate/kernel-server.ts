/** `mcp-server`: the kernel itself as an MCP server. Strict as the relay is; what it does not know it refuses and records. */
import type { Refusal } from "../../abi/request.js";
import type { JsonObject } from "../../base/json.js";
import { MAX_RECORDED_STRAYS } from "../../base/limits.js";
import { optional, record, text, type Shape } from "../../base/shape.js";
import { initialize } from "../../mcp/methods/initialize.js";
import { jsonObject, metaOnly, requestMeta } from "../../mcp/methods/shapes.js";
import { RPC } from "../../mcp/wire/codes.js";
import { wireFault, type WireFault } from "../../mcp/wire/faults.js";
import type { Message, NotificationMessage, RequestMessage } from "../../mcp/wire/message.js";
import { readMessage } from "../../mcp/wire/read.js";
import { forwardVersion } from "../../mcp/wire/revisions.js";
import { denialError, faultError, resultLine } from "../../mcp/wire/write.js";
import { KernelCalls, TOOLS, type ToolAnswer } from "./kernel-calls.js";
import { KERNEL_TOOLS } from "./kernel-server-tools.js";
import type { Mediation } from "./mediation.js";
import { packageVersion } from "../package-info.js";

export interface KernelServerOptions {
  readonly maxClientMessages: number;
  readonly send: (line: string) => void;
  /** The client is to wait, or may go on. */
  readonly pause: () => void;
  readonly resume: () => void;
}

/** Messages that wait for their turn before the client has to. */
const MAX_WAITING = 64;

/** Closed: an unknown member is refused. Absence is refusal. */
const SHAPES: ReadonlyMap<string, Shape<unknown>> = new Map<string, Shape<unknown>>([
  ["ping", metaOnly],
  ["tools/list", metaOnly],
  ["tools/call", record({ name: text({ max: 128 }), arguments: optional(jsonObject), _meta: optional(requestMeta) })],
]);

interface Why {
  readonly refusal: Refusal;
  readonly rpcCode: number;
  readonly detail: string;
}

export class KernelServer {
  private readonly mediation: Mediation;
  private readonly options: KernelServerOptions;
  private readonly calls: KernelCalls;
  private phase: "opening" | "initialized" | "ready" = "opening";
  private received = 0;
  private waiting = 0;
  private last: Promise<void> = Promise.resolve();

  constructor(mediation: Mediation, options: KernelServerOptions) {
    this.mediation = mediation;
    this.options = options;
    this.calls = new KernelCalls(mediation);
  }

  /** One line of the client's: dealt with after those before it. Attacker-controlled. */
  fromClient(bytes: Uint8Array): void {
    const read = readMessage(bytes, "client");
    const message = read.ok ? read.value : undefined;
    this.enqueue(() => {
      if (++this.received > this.options.maxClientMessages) return this.overLimit(message);
      if (!read.ok) return this.refuseLine(read.error);
      if (message?.form === "request") return this.handle(message);
      if (message?.form === "notification") return this.notified(message);
      return this.refuseName("answer", "no-contract");
    });
  }

  clientOversize(): void {
    this.enqueue(() => this.refuseLine(wireFault("line-too-long", null)));
  }

  /** Messages refused but too many to record one by one. */
  get strays(): number {
    return Math.max(0, this.received - this.options.maxClientMessages - MAX_RECORDED_STRAYS);
  }

  /** Settles when every message taken so far is answered. */
  async idle(): Promise<void> {
    while (this.waiting > 0) await this.last;
  }

  private enqueue(work: () => Promise<void>): void {
    if (++this.waiting > MAX_WAITING) this.options.pause();
    this.last = this.last.then(work).then(() => {
      if (--this.waiting === 0) this.options.resume();
    });
  }

  private async handle(message: RequestMessage): Promise<void> {
    const { id, method, params = {} } = message;
    if (method === "initialize") return this.opened(message);
    const shape = SHAPES.get(method);
    if (shape === undefined) return this.refuse(message, noContract());
    if (method !== "ping" && this.phase !== "ready") return this.refuse(message, lifecycle("the session is not open"));
    const fault = shape.check(params, "");
    if (fault !== undefined) return this.refuse(message, malformed(`params${fault.path} ${fault.problem}`));
    if (method === "ping") this.options.send(resultLine(id, {}));
    else if (method === "tools/list") this.options.send(resultLine(id, { tools: KERNEL_TOOLS }));
    else await this.call(message, params["name"] as string, (params["arguments"] ?? {}) as JsonObject);
  }

  private async opened(message: RequestMessage): Promise<void> {
    const { id, params = {} } = message;
    if (this.phase !== "opening") return this.refuse(message, lifecycle("the session has been opened"));
    const fault = initialize.params.check(params, "");
    if (fault !== undefined) return this.refuse(message, malformed(`params${fault.path} ${fault.problem}`));
    this.phase = "initialized";
    const protocolVersion = forwardVersion(params["protocolVersion"] as string);
    const serverInfo = { name: "agentk", version: packageVersion() };
    this.options.send(resultLine(id, { capabilities: { tools: {} }, protocolVersion, serverInfo }));
  }

  private async notified({ method }: NotificationMessage): Promise<void> {
    if (method === "notifications/initialized" && this.phase === "initialized") this.phase = "ready";
    else await this.refuseName(method, method === "notifications/initialized" ? "lifecycle" : "no-contract");
  }

  private async call(message: RequestMessage, name: string, args: JsonObject): Promise<void> {
    const tool = TOOLS.get(name);
    if (tool === undefined) return this.refuse(message, malformed("params/name is no tool of this server"));
    const fault = tool.shape.check(args, "");
    if (fault !== undefined) return this.refuse(message, malformed(`params/arguments${fault.path} ${fault.problem}`));
    const answer = await tool.run(this.calls, args);
    if ("refusal" in answer) return this.refuse(message, { ...answer, rpcCode: RPC.invalidRequest });
    this.options.send(resultLine(message.id, toolResult(answer)));
  }

  /** Recorded up to a bound; a request is told in any case. */
  private async overLimit(message: Message | undefined): Promise<void> {
    const why = {
      refusal: "message-limit",
      rpcCode: RPC.invalidRequest,
      detail: "the run's message limit is reached",
    } as const;
    const name = message !== undefined && "method" in message ? message.method : "line";
    const judged = this.strays > 0 ? undefined : await this.mediation.refuse(name, why.refusal);
    if (message?.form !== "request") return;
    const decision = judged?.decision ?? { verdict: "deny", rule: why.refusal, reason: why.refusal };
    this.options.send(denialError(message.id, decision, judged?.call, why));
  }

  private async refuse(message: RequestMessage, why: Why): Promise<void> {
    const { decision, call } = await this.mediation.refuse(message.method, why.refusal);
    this.options.send(denialError(message.id, decision, call, why));
  }

  private async refuseLine(fault: WireFault): Promise<void> {
    await this.refuseName(`frame:${fault.code}`, "malformed");
    this.options.send(faultError(fault));
  }

  private async refuseName(name: string, refusal: Refusal): Promise<void> {
    await this.mediation.refuse(name, refusal);
  }
}

function toolResult({ report, isError }: ToolAnswer): JsonObject {
  const content = [{ text: JSON.stringify(report), type: "text" }];
  return { content, isError, structuredContent: report };
}

function malformed(detail: string): Why {
  return { refusal: "malformed", rpcCode: RPC.invalidParams, detail };
}

function lifecycle(detail: string): Why {
  return { refusal: "lifecycle", rpcCode: RPC.invalidRequest, detail };
}

function noContract(): Why {
  return { refusal: "no-contract", rpcCode: RPC.methodNotFound, detail: "this server has no such method" };
}
