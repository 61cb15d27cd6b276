/** The closed list of what can be wrong with one line of JSON-RPC, with the answer each gets. */
import type { JsonFaultCode } from "../../base/strict-reader.js";
import { RPC } from "./codes.js";
import type { RequestId } from "./message.js";

interface FaultRow {
  readonly rpcCode: typeof RPC.parseError | typeof RPC.invalidRequest;
  readonly says: string;
}

/** No text here quotes the line: a fault message must not carry what the line held. */
export const WIRE_FAULTS = {
  "line-too-long": { rpcCode: RPC.invalidRequest, says: "the line is too long" },
  "not-utf8": { rpcCode: RPC.parseError, says: "the line is not UTF-8" },
  "json-syntax": { rpcCode: RPC.parseError, says: "the line is not JSON" },
  "json-duplicate-key": { rpcCode: RPC.parseError, says: "an object names a member twice" },
  "json-prototype-key": { rpcCode: RPC.parseError, says: "an object has a member that reaches its prototype" },
  // JSON, but not a message that two readers read alike; an id beyond 2^53 ends here too.
  "json-unsafe-number": { rpcCode: RPC.invalidRequest, says: "a number does not survive reading" },
  "json-lone-surrogate": { rpcCode: RPC.parseError, says: "a string holds a lone surrogate" },
  "json-too-deep": { rpcCode: RPC.parseError, says: "the message is nested too deep" },
  batch: { rpcCode: RPC.invalidRequest, says: "batches are not accepted" },
  "not-an-object": { rpcCode: RPC.invalidRequest, says: "a message is an object" },
  "bad-version": { rpcCode: RPC.invalidRequest, says: "`jsonrpc` is not `2.0`" },
  "unknown-envelope-member": { rpcCode: RPC.invalidRequest, says: "the message has an unknown member" },
  "ambiguous-envelope": { rpcCode: RPC.invalidRequest, says: "the message is not one of call, result and error" },
  "bad-id": { rpcCode: RPC.invalidRequest, says: "`id` is not a string or a safe integer" },
  "bad-method": { rpcCode: RPC.invalidRequest, says: "`method` is not a name" },
  "bad-params": { rpcCode: RPC.invalidRequest, says: "`params` is not an object" },
  "bad-result": { rpcCode: RPC.invalidRequest, says: "`result` is not an object" },
  "bad-error": { rpcCode: RPC.invalidRequest, says: "`error` is not of the form code, message, data" },
} as const satisfies Record<string, FaultRow> & Record<JsonFaultCode, FaultRow>;

export type WireFaultCode = keyof typeof WIRE_FAULTS;

export interface WireFault {
  readonly code: WireFaultCode;
  readonly rpcCode: FaultRow["rpcCode"];
  /** The id to answer under: null when there is none, or none that is valid. */
  readonly id: RequestId | null;
}

export function wireFault(code: WireFaultCode, id: RequestId | null): WireFault {
  return { code, rpcCode: WIRE_FAULTS[code].rpcCode, id };
}
