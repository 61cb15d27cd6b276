/** `server`: globs over the name of the server that is asked. */
import { globCondition } from "./condition.js";

export const server = globCondition((question) => question.server);
