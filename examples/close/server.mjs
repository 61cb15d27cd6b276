// A server that dies in the middle of a call.
import { serve, text } from "../serve.mjs";

serve({
  name: "brittle",
  tools: {
    build_index: { description: "Builds the index.", call: () => process.exit(3) },
    get_time: { description: "Gets the time.", call: () => text("noon") },
  },
});
