/** What has come in cannot be asked about or put off: a rule that says so withholds it. */
import { expect, it } from "vitest";
import { policyOf, ruled, Run } from "./fixture.js";

it.each(["ask", "defer"] as const)("a page under a rule that says `%s` is withheld, by that rule", (effect) => {
  const run = new Run(
    policyOf(
      { id: "unsure", effect, syscalls: ["tool.response"] },
      { id: "all", effect: "allow", syscalls: ["tool.invoke"] },
    ),
  );
  const page = run.reads("read", { text: "a stranger's words" });
  expect(ruled(page)).toBe("deny:unsure");
  expect(page.event.value.delivery).toEqual({ verdict: "deny", rule: "unsure", reason: "approval-unavailable" });
});
