/**
 * A plain MCP client over a child's pipes: it greets, asks, and remembers every text that it was handed. It judges nothing,
 * which is the point. Attacker-controlled: everything that it reads.
 */
import { isJsonObject, type JsonObject, type JsonValue } from "../../base/json.js";
import { MAX_LINE_BYTES } from "../../base/limits.js";
import { startChild, type Child, type ExitFacts } from "../../host/child-process.js";
import { RPC } from "../../mcp/wire/codes.js";
import { errorLine, notificationLine, requestLine, resultLine } from "../../mcp/wire/write.js";

/** Long enough for a busy machine: a proxy seals its log after its input has ended. */
const END_GRACE_MS = 15_000;
const PROTOCOL = "2025-11-25";

export interface StoryClientOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** How long one answer may take, in milliseconds. */
  readonly patienceMs: number;
}

/** The whole message that answered; undefined: none came in time, or the other side went. */
export type Answer = JsonObject | undefined;

export class StoryClient {
  private readonly child: Child;
  private readonly patienceMs: number;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  /** Every text that the client was handed, whatever it stood in. */
  readonly heard: string[] = [];
  private hasEnded = false;
  private nextId = 0;

  constructor({ command, args, env, patienceMs }: StoryClientOptions) {
    this.patienceMs = patienceMs;
    this.child = startChild({
      ...{ command, args, env, maxLineBytes: MAX_LINE_BYTES },
      onLine: (bytes) => {
        this.receive(bytes.toString("utf8"));
      },
      onOversize: () => undefined,
      onExit: () => {
        this.hasEnded = true;
        for (const settle of this.waiting.values()) settle(undefined);
      },
    });
  }

  /** The handshake. False when the other side did not answer it with a result. */
  async greet(): Promise<boolean> {
    const clientInfo = { name: "story", version: "1.0.0" };
    const answer = await this.ask("initialize", { protocolVersion: PROTOCOL, capabilities: {}, clientInfo });
    if (answer === undefined || !("result" in answer)) return false;
    this.tell("notifications/initialized");
    return true;
  }

  ask(method: string, params: JsonObject): Promise<Answer> {
    if (this.hasEnded) return Promise.resolve(undefined);
    const id = ++this.nextId;
    return new Promise((resolve) => {
      const settle = (answer: Answer): void => {
        clearTimeout(timer);
        this.waiting.delete(id);
        resolve(answer);
      };
      const timer = setTimeout(settle, this.patienceMs, undefined);
      this.waiting.set(id, settle);
      this.child.send(requestLine(id, method, params));
    });
  }

  tell(method: string, params?: JsonObject): void {
    this.child.send(notificationLine(method, params));
  }

  /** Ends the input and waits for the child to finish what it has to. */
  end(): Promise<ExitFacts> {
    return this.child.stop(END_GRACE_MS);
  }

  /** The child has to go, and soon. */
  async abandon(): Promise<void> {
    await this.child.stop();
  }

  /** The last that the child wrote on stderr. */
  said(): string {
    return this.child.stderrTail().toString("utf8");
  }

  private receive(line: string): void {
    const message = parsed(line);
    if (message === undefined) return;
    this.heard.push(...textsIn(message));
    const { id, method } = message;
    if (typeof id === "number" && method === undefined) this.waiting.get(id)?.(message);
    else if (typeof method === "string" && (typeof id === "number" || typeof id === "string")) this.serve(id, method);
  }

  /** No capability was offered, so only `ping` may be asked of a client. */
  private serve(id: number | string, method: string): void {
    if (method === "ping") this.child.send(resultLine(id, {}));
    else this.child.send(errorLine(id, { code: RPC.methodNotFound, message: "not offered" }));
  }
}

function parsed(line: string): JsonObject | undefined {
  try {
    const value = JSON.parse(line) as JsonValue;
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Every text in a value, in the order in which it stands there. */
export function textsIn(value: JsonValue): readonly string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return (Array.isArray(value) ? value : Object.values(value)).flatMap(textsIn);
}
