/** What of a line a later decision goes by. */
import { expect, it } from "vitest";
import { policyOf, requestOf, ruled, Run } from "./fixture.js";

it.each(["agentk-flight/1", "agentk-flight/4"] as const)(
  "in a log of %s, whose lines name the act or do not, calls that passed count by their act",
  (format) => {
    const run = new Run(
      policyOf(
        { id: "one-read", effect: "deny", syscalls: ["tool.invoke"], more: 'history = [{ act = ["read"] }]' },
        { id: "all", effect: "allow", syscalls: ["tool.invoke", "tool.response"] },
      ),
      { format },
    );
    const calls = ["send_mail", "read_file", "list_files"].map((tool) => {
      const made = run.step({ type: "syscall", request: requestOf("tool.invoke", { subject: { tool } }) });
      if (made.act !== undefined)
        run.step({ type: "outcome", outcome: { call: made.act, session: "s1", status: "ok" } });
      return ruled(made);
    });
    expect(calls).toEqual(["allow:all", "allow:all", "deny:one-read"]);
  },
);
