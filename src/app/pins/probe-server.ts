/**
 * Asks a server for its tools, as a client would, and lets it go. Attacker-controlled: everything it says; how much of
 * it is read, and for how long, is bounded. No tool is called.
 */
import { isJsonObject, type JsonObject } from "../../base/json.js";
import { AgentkError } from "../../base/errors.js";
import { visible } from "../../evidence/visible.js";
import { MAX_CHILD_FAULTS, MAX_LINE_BYTES, RESPONSE_TIMEOUT_MS } from "../../base/limits.js";
import { startChild, type Child, type ExitFacts } from "../../host/child-process.js";
import { listOf, optional, text, type Shape, type ShapeFault } from "../../base/shape.js";
import { openRecord } from "../../mcp/methods/shapes.js";
import { initialize } from "../../mcp/methods/initialize.js";
import { toolsList } from "../../mcp/methods/tools-list.js";
import { RPC } from "../../mcp/wire/codes.js";
import type { Message } from "../../mcp/wire/message.js";
import { readMessage } from "../../mcp/wire/read.js";
import { REVISIONS } from "../../mcp/wire/revisions.js";
import { errorLine, notificationLine, requestLine, resultLine } from "../../mcp/wire/write.js";
import { readTool, type ServerTool } from "../../mcp/server-tools.js";
import { packageVersion } from "../package-info.js";

/** An honest server lists a few pages at most, and its cursors are its own: one that never ends would hold us here. */
const MAX_PAGES = 100;
/** A policy file holds a few hundred tools. */
const MAX_TOOLS = 10_000;
/** Requests that a server may make of us before it is taken for broken. */
const MAX_ASKED = 1_000;

export interface ProbeOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** For the whole conversation; default RESPONSE_TIMEOUT_MS. */
  readonly timeoutMs?: number;
}

/**
 * The tools a server lists, in its order. The server has ended when this settles.
 * @throws AgentkError when it does not start, does not answer in time, or answers against the protocol.
 */
export async function probeServer(options: ProbeOptions): Promise<readonly ServerTool[]> {
  const { tools } = await probing(options, (probe) => probe.tools());
  return tools.flatMap((tool) => (typeof tool["name"] === "string" ? [readTool(tool["name"], tool)] : []));
}

/** What a server says that it has, whole. */
export interface ProbedDescriptors {
  /** The revision that it answered with. */
  readonly protocol: string;
  readonly tools: readonly JsonObject[];
  readonly prompts: readonly JsonObject[];
  readonly templates: readonly JsonObject[];
}

/**
 * Every descriptor that a server lists, in its order: tools, and, where it has them, prompts and resource templates.
 * @throws AgentkError as probeServer
 */
export function probeDescriptors(options: ProbeOptions): Promise<ProbedDescriptors> {
  return probing(options, (probe) => probe.all());
}

async function probing<T>(options: ProbeOptions, asked: (probe: Probe) => Promise<T>): Promise<T> {
  const probe = new Probe(options);
  const { timeoutMs = RESPONSE_TIMEOUT_MS } = options;
  const timer = setTimeout(() => {
    probe.fail("the server did not answer in time");
  }, timeoutMs);
  try {
    return await asked(probe);
  } finally {
    clearTimeout(timer);
    await probe.stop();
  }
}

/** Where and why, in characters that act on no terminal: a path can hold keys of the server's. */
function saysOf({ path, problem }: ShapeFault): string {
  return `\`${visible(path).slice(0, 200)}\` ${problem}`;
}

function answeredWith(method: string, code: number): AgentkError {
  return broken(`the server answered \`${method}\` with error ${String(code)}`);
}

function broken(detail: string): AgentkError {
  return new AgentkError("usage", detail, { hint: "run its command by itself to see whether it starts" });
}

interface ProbedList {
  readonly capability: string;
  readonly method: string;
  /** Of the result. */
  readonly member: string;
  readonly what: string;
  readonly shape: Shape<unknown>;
  /** Servers with the capability have been seen that do not know the method: then there is none of them. */
  readonly isOptional: boolean;
}

const cursor = optional(text());
const LISTS = {
  tools: {
    capability: "tools",
    method: "tools/list",
    member: "tools",
    what: "tool",
    shape: toolsList.result,
    isOptional: false,
  },
  prompts: {
    capability: "prompts",
    method: "prompts/list",
    member: "prompts",
    what: "prompt",
    shape: openRecord({ prompts: listOf(openRecord({ name: text() })), nextCursor: cursor }),
    isOptional: true,
  },
  templates: {
    capability: "resources",
    method: "resources/templates/list",
    member: "resourceTemplates",
    what: "template",
    shape: openRecord({ resourceTemplates: listOf(openRecord({ uriTemplate: text() })), nextCursor: cursor }),
    isOptional: true,
  },
} as const satisfies Readonly<Record<string, ProbedList>>;

class Probe {
  private readonly child: Child;
  private readonly failed: Promise<never>;
  private reject: (error: AgentkError) => void = () => undefined;
  private answer: ((message: Message) => void) | undefined;
  private nextId = 0;
  private faults = 0;
  private asked = 0;

  constructor({ command, args, env }: ProbeOptions) {
    this.failed = new Promise<never>((_resolve, reject) => {
      this.reject = reject;
    });
    // It may fail between two questions, when nobody waits for it.
    this.failed.catch(() => undefined);
    this.child = startChild({
      command,
      args,
      env,
      maxLineBytes: MAX_LINE_BYTES,
      onLine: (bytes) => {
        this.receive(bytes);
      },
      onOversize: () => {
        this.fault();
      },
      onExit: (facts) => {
        this.fail(endOf(facts));
      },
    });
  }

  /** The first failure wins. */
  fail(detail: string): void {
    this.reject(broken(detail));
  }

  async stop(): Promise<void> {
    await this.child.stop();
  }

  async tools(): Promise<Pick<ProbedDescriptors, "tools">> {
    const { capabilities } = await this.begin();
    return { tools: await this.listed(capabilities, LISTS.tools) };
  }

  async all(): Promise<ProbedDescriptors> {
    const { capabilities, protocol } = await this.begin();
    const tools = await this.listed(capabilities, LISTS.tools);
    const prompts = await this.listed(capabilities, LISTS.prompts);
    return { protocol, tools, prompts, templates: await this.listed(capabilities, LISTS.templates) };
  }

  private async begin(): Promise<{ readonly capabilities: JsonObject; readonly protocol: string }> {
    const clientInfo = { name: "agentk", version: packageVersion() };
    const params = { protocolVersion: REVISIONS.at(-1) ?? "", capabilities: {}, clientInfo };
    const begun = await this.ask("initialize", params);
    if (begun === undefined || initialize.result.check(begun, "") !== undefined)
      throw broken("the server's `initialize` broke its contract");
    this.child.send(notificationLine("notifications/initialized"));
    const { capabilities, protocolVersion } = begun;
    const protocol = typeof protocolVersion === "string" ? protocolVersion : "";
    return { capabilities: isJsonObject(capabilities) ? capabilities : {}, protocol };
  }

  /** A server without the capability has none, and need not know the method (MCP lifecycle). */
  private async listed(capabilities: JsonObject, list: ProbedList): Promise<readonly JsonObject[]> {
    return Object.hasOwn(capabilities, list.capability) ? this.pages(list) : [];
  }

  private async pages({ method, member, what, shape, isOptional }: ProbedList): Promise<readonly JsonObject[]> {
    const listed: JsonObject[] = [];
    let params: JsonObject = {};
    for (let page = 0; page < MAX_PAGES; page++) {
      const answer = await this.ask(method, params);
      if (answer === undefined && isOptional) return [];
      if (answer === undefined) throw answeredWith(method, RPC.methodNotFound);
      const fault = shape.check(answer, "");
      if (fault !== undefined) throw broken(`the server's ${what} list broke its contract: ${saysOf(fault)}`);
      const items = answer[member];
      listed.push(...(Array.isArray(items) ? items.filter(isJsonObject) : []));
      if (listed.length > MAX_TOOLS) throw broken(`the server lists more than ${String(MAX_TOOLS)} ${what}s`);
      const cursor = answer["nextCursor"];
      if (cursor === undefined) return listed;
      params = { cursor };
    }
    throw broken(`the server's ${what} list has more than ${String(MAX_PAGES)} pages`);
  }

  /** Undefined when the server does not know the method. */
  private ask(method: string, params: JsonObject): Promise<JsonObject | undefined> {
    const id = ++this.nextId;
    const answered = new Promise<JsonObject | undefined>((resolve, reject) => {
      this.answer = (message) => {
        if (message.form !== "result" && message.form !== "error") return;
        if (message.id !== id) return;
        this.answer = undefined;
        if (message.form === "result") resolve(message.result);
        else if (message.error.code === RPC.methodNotFound) resolve(undefined);
        else reject(answeredWith(method, message.error.code));
      };
    });
    this.child.send(requestLine(id, method, params));
    return Promise.race([answered, this.failed]);
  }

  private receive(bytes: Buffer): void {
    const read = readMessage(bytes, "server");
    if (!read.ok) this.fault();
    else if (read.value.form === "request") this.refuse(read.value.id, read.value.method);
    else this.answer?.(read.value);
  }

  /** No capability was offered, so only `ping` may be asked of us. */
  private refuse(id: string | number, method: string): void {
    if (++this.asked > MAX_ASKED) this.fail("the server asks and does not answer");
    else if (method === "ping") this.child.send(resultLine(id, {}));
    else this.child.send(errorLine(id, { code: RPC.methodNotFound, message: "not offered" }));
  }

  private fault(): void {
    if (++this.faults > MAX_CHILD_FAULTS) this.fail("the server writes what is no message of the protocol");
  }
}

function endOf({ code, signal, spawnError }: ExitFacts): string {
  if (spawnError !== undefined) return `the server could not be started (${spawnError})`;
  return `the server ended by itself (${signal ?? `exit status ${String(code)}`})`;
}
