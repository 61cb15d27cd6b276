/**
 * zod as this room uses it. A policy is read once or twice in a run, so schemas are not compiled to code first, as zod
 * does unless told otherwise before the first schema is made: that cost each start some 40 ms.
 */
import { z } from "zod";

z.config({ jitless: true });

export { z };
