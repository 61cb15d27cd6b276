/** `agent`: globs over the id of the agent that asks. */
import { globCondition } from "./condition.js";

export const agent = globCondition((question) => question.agent);
