/**
 * What a call must pass before the kernel is asked, and its result before it counts: that the server's list has been
 * looked at, and that arguments and results are what the tool's own schemas say.
 */
import { mayPass } from "../abi/decision.js";
import type { JsonObject } from "../base/json.js";
import { MAX_IN_FLIGHT, MAX_LINE_BYTES } from "../base/limits.js";
import type { Judged } from "../kernel/dispatch.js";
import type { GateAnswer } from "./gate-answer.js";
import type { RequestContract } from "./methods/contract.js";
import { isLooked, OwnListing } from "./own-listing.js";
import type { ListKind, RelayParts } from "./relay-parts.js";
import { refused, type Refused } from "./refused.js";
import { SchemaCheck, type Mismatch, type ToolSchemas } from "./schema-check.js";
import type { McpRequest } from "./upstream.js";
import { RPC } from "./wire/codes.js";

const PASS: GateAnswer = { ok: true, checks: {} };
const CROWDED = refused("lifecycle", RPC.invalidRequest, "too many calls wait for the server's list");

export class DescriptorGate {
  private readonly listing: OwnListing;
  private readonly schemas: SchemaCheck;
  /** The answer to the last question. */
  private turn: Promise<unknown> = Promise.resolve();
  /** Calls that wait for a look, or for one that does, and the characters of their messages. */
  private waiting = 0;
  private waitingChars = 0;

  constructor(parts: Pick<RelayParts, "dispatch" | "session" | "upstream" | "identity" | "nowMs">) {
    const { dispatch, identity } = parts;
    this.schemas = new SchemaCheck((fault) => {
      const { session, server } = identity;
      void dispatch.note({ session, server, fact: "schema-unusable", fault });
    });
    this.listing = new OwnListing(parts, (method, result) => {
      this.learn(method, result);
    });
  }

  /** A server has said that this list of its has changed. */
  heard(list: ListKind): void {
    this.listing.heard(list);
  }

  /** The server has gone: what another lists in its place is not known. */
  lost(): void {
    this.listing.lost();
  }

  /**
   * Before a request is decided. `params` have passed their contract. Never rejects.
   * INVARIANT: answers in the order of the questions. What is looked at for one call takes longer than for another, and
   * a client that writes before it reads must not find the two decided the other way round. Only what there is no room
   * for is refused at once; `chars` is the length of its message.
   */
  before(contract: RequestContract, params: JsonObject, chars: number): Promise<GateAnswer> {
    if (!isLooked(contract)) return this.look(contract, params);
    if (!this.mayWait(contract, chars)) return Promise.resolve(CROWDED);
    this.waiting++;
    this.waitingChars += chars;
    const looked = this.look(contract, params);
    const answer = this.turn.then(() => looked);
    this.turn = answer.then(() => {
      this.waiting--;
      this.waitingChars -= chars;
    });
    return answer;
  }

  /** A server that does not list would else have us keep all that its client asks meanwhile. */
  private mayWait(contract: RequestContract, chars: number): boolean {
    if (this.listing.isSettledFor(contract)) return true;
    return this.waiting < MAX_IN_FLIGHT && this.waitingChars + chars <= MAX_LINE_BYTES;
  }

  private async look(contract: RequestContract, params: JsonObject): Promise<GateAnswer> {
    const { method } = contract;
    if (!(await this.listing.before(contract))) {
      const detail = "the server's list could not be read";
      return { ok: false, refusal: "lifecycle", rpcCode: RPC.invalidRequest, detail };
    }
    const { name } = params;
    if (method !== "tools/call" || typeof name !== "string") return PASS;
    const schemas = await this.schemas.of(name);
    const mismatch = schemas.input?.check(params["arguments"] ?? {});
    if (mismatch !== undefined) return mismatched(mismatch);
    return { ok: true, checks: { resultFault: (result) => isMismatch(schemas, result) } };
  }

  /** What a client's own listing has told, once the kernel has let it pass. */
  taken({ contract, answer }: McpRequest, { delivery }: Judged): void {
    const isTaken = answer?.kind === "result" && delivery !== undefined && mayPass(delivery.verdict);
    if (isTaken) this.learn(contract.method, answer.message.result);
  }

  private learn(method: string, result: JsonObject): void {
    if (method === "tools/list") this.schemas.learn(result);
  }
}

/** Without any value of the arguments: the place in them, and the schema's keyword. */
function mismatched({ path, keyword }: Mismatch): Refused {
  const detail = `the arguments do not match the tool's input schema at \`${path === "" ? "/" : path}\` (${keyword})`;
  return { ok: false, refusal: "malformed", rpcCode: RPC.invalidParams, detail };
}

/** A tool with an output schema must give structured content that conforms, but in an error (MCP 2025-06-18, tools). */
function isMismatch({ output }: ToolSchemas, result: JsonObject): boolean {
  if (output === undefined || result["isError"] === true) return false;
  const structured = result["structuredContent"];
  return structured === undefined || output.check(structured) !== undefined;
}
