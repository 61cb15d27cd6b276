/** What the end of a request tells beyond its answer: of the era, and of what the server has. */
import type { JsonObject } from "../../base/json.js";
import type { McpRequest } from "../observed.js";
import type { ProbeEnd } from "./era.js";
import { hasTasks } from "./grants.js";

/** Whether what a server says of itself has the extension of tasks. */
export function offersTasks({ answer }: McpRequest): boolean {
  return answer?.kind === "result" && hasTasks(answer.message.result["capabilities"] as JsonObject);
}

export function endOf({ answer }: McpRequest): ProbeEnd {
  if (answer?.kind === "error") return { kind: "error", code: answer.message.error.code };
  return { kind: answer?.kind === "result" || answer?.kind === "broken" ? "result" : "nothing" };
}
