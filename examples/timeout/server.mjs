// A server that never answers one of its tools.
import { serve, text } from "../serve.mjs";

serve({
  name: "slow",
  tools: {
    get_report: { description: "Gets a report.", call: () => undefined },
    get_time: { description: "Gets the time.", call: () => text("noon") },
  },
});
