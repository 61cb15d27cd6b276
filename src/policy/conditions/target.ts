/** `target`: globs over what is acted on, as the kernel names it (`server/tool`, a URI, ...). */
import { globCondition } from "./condition.js";

export const target = globCondition((question) => question.target);
