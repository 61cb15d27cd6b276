/** The gate on what the log does not show: a receipt binds the whole of a hidden target, and the one use of a secret. */
import { describe, expect, it } from "vitest";
import type { SyscallRequest } from "../../src/abi/request.js";
import type { ReceiptFault } from "../../src/abi/decision.js";
import { FLIGHT_FORMAT } from "../../src/abi/event.js";
import { groupPaths, groupRoot, receiptOf, receiptsStatement, type Intent } from "../../src/evidence/receipt.js";
import { nodeDigests } from "../../src/host/digests.js";
import { Committer } from "../../src/kernel/commit.js";
import { Gate } from "../../src/kernel/gate.js";
import { subjectPayload } from "../../src/kernel/subject.js";
import { RUN_KEY, verifySignature } from "../evidence/fixture.js";
import { ALLOW_ALL, ask, at, opened, requestOf, RUN } from "./fixture.js";

const state = opened(ALLOW_ALL, { format: FLIGHT_FORMAT, public_key: RUN_KEY.publicHex });
const CALL = "c3";

/** Asks for this with a receipt that binds that. */
function redeem(
  asked: SyscallRequest,
  bound: Partial<Intent> & Pick<Intent, "kind" | "target">,
): ReceiptFault | undefined {
  const { agent, server, session } = asked;
  const line = { intent: "1".repeat(64), policy: "2".repeat(64) };
  const intent: Intent = { agent, server, session, call: CALL, ...line, ...bound };
  const terms = { expires_ms: at.wall_ms + 1000, expires_seq: 99, nonce: "0a".repeat(16) };
  const { digest, entry } = receiptOf(nodeDigests, intent, { ...terms, run: RUN });
  const root = groupRoot(nodeDigests, [digest]);
  const path = { index: 0, size: 1, hashes: groupPaths(nodeDigests, [digest])[0] ?? [] };
  const signature = RUN_KEY.sign(receiptsStatement(RUN, root));
  const receipt = { intent, entry, path, root, key: RUN_KEY.publicHex, signature };
  const gate = new Gate({ digests: nodeDigests, verify: verifySignature });
  return gate.redeem(receipt, { call: CALL, request: asked, sent: undefined }, state, at.wall_ms);
}

describe("a secret", () => {
  const handle = { argument: "/password", host: "mail.example", tool: "send" };
  const mail = requestOf("secret.open", { handle });
  const bound = { kind: "secret.open", target: "mail" } as const;

  it("is opened for the use that its receipt binds", () => {
    expect(redeem(mail, { ...bound, handle })).toBeUndefined();
  });

  it.each(["argument", "host", "tool"])("is not opened for another %s", (name) => {
    expect(redeem(mail, { ...bound, handle: { ...handle, [name]: "other" } })).toBe("receipt-altered");
  });

  it("is not opened for a use when the receipt binds none, nor for none when it binds one", () => {
    expect(redeem(mail, bound)).toBe("receipt-altered");
    expect(redeem(requestOf("secret.open"), { ...bound, handle })).toBe("receipt-altered");
    expect(redeem(requestOf("secret.open"), bound)).toBeUndefined();
  });

  it("is what a use is bound for: of a call that opens none, none is bound", () => {
    const target = "fs/read_file";
    expect(redeem(requestOf("tool.invoke", { handle }), { kind: "tool.invoke", target })).toBeUndefined();
    expect(redeem(requestOf("tool.invoke", { handle }), { kind: "tool.invoke", target, handle })).toBe(
      "receipt-altered",
    );
  });
});

describe("a target of which the log shows a part", () => {
  const subjectOf = (uri: string): string =>
    new Committer(nodeDigests, state, 3).commit("subject", subjectPayload({ uri })).commitment;
  const asked = requestOf("resource.read", { subject: { uri: "https://a.example/one" } });
  const { target } = ask(state, asked).event.value;
  const bound = { kind: "resource.read", target } as const;

  it("is bound whole: another of the same shown part needs another receipt", () => {
    expect(target).not.toContain("one");
    expect(redeem(asked, { ...bound, subject: subjectOf("https://a.example/one") })).toBeUndefined();
    expect(redeem(asked, { ...bound, subject: subjectOf("https://a.example/two") })).toBe("receipt-altered");
    expect(redeem(asked, bound)).toBe("receipt-altered");
  });
});
