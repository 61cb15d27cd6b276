/** Roles of arguments by their names. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ARGUMENT_ROLES, argumentRoles } from "../../../src/policy/classify/roles.js";

const roleOf = (name: string, tool = "send_it"): string | undefined => argumentRoles(tool, [name])[0]?.role;

describe("argumentRoles", () => {
  it.each([
    ["to", "destination"],
    ["cc", "destination"],
    ["recipients", "destination"],
    ["channel_id", "destination"],
    ["userName", "destination"],
    ["target", "destination"],
    ["recipient_email", "address"],
    ["url", "address"],
    ["webhookUrl", "address"],
    ["iban", "address"],
    ["file_path", "path"],
    ["paths", "path"],
    ["command", "command"],
    ["sql", "command"],
    ["new_password", "credential"],
    ["api_token", "credential"],
    ["amount", "amount"],
    ["email_body", "text"],
    ["subject", "text"],
    ["query", "text"],
    ["frobnication", "text"],
    ["password_hint", "credential"],
    ["url_frob_token_x", "credential"],
    ["file_id", "path"],
    ["token_url(s)", "address"],
    ["", "text"],
  ])("%j is a %s", (name, role) => {
    expect(roleOf(name)).toBe(role);
  });

  it("takes an id for what is acted on, unless the tool only reads", () => {
    expect([roleOf("id", "delete_event"), roleOf("event_id", "cancel_event"), roleOf("id", "get_event")]).toEqual([
      "destination",
      "destination",
      "text",
    ]);
  });

  it("takes several for what one of them is, in the shortest words too", () => {
    expect(["ids", "event_ids", "eventIds", "ips", "urls"].map((name) => roleOf(name, "cancel_events"))).toEqual([
      ...["destination", "destination", "destination"],
      ...["address", "address"],
    ]);
    expect(["address", "access"].map((name) => roleOf(name))).toEqual(["destination", "text"]);
  });

  it("protects a name that is too long to read", () => {
    expect([roleOf("x".repeat(256)), roleOf("x".repeat(257))]).toEqual(["text", "destination"]);
  });

  it("gives every argument one role, in order", () => {
    fc.assert(
      fc.property(fc.string(), fc.array(fc.string({ unit: "binary" })), (tool, names) => {
        const found = argumentRoles(tool, names);
        expect(found.map(({ name }) => name)).toEqual(names);
        for (const { role } of found) expect(ARGUMENT_ROLES).toContain(role);
      }),
    );
  });
});
