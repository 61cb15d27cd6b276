/** `tool`: globs over the tool's own name; a call of a kind without tools never meets it. */
import { globCondition } from "./condition.js";

export const tool = globCondition((question) => question.tool);
