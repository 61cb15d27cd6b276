/** Receipts: their bytes, worked out here without the code, and that every field in them counts. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  groupPaths,
  groupRoot,
  intentOf,
  receiptOf,
  receiptsStatement,
  type Intent,
  type Terms,
} from "../../src/evidence/receipt.js";
import { leafHash, verifyInclusion } from "../../src/evidence/merkle.js";
import { callEvent, commit, digests, RUN } from "./fixture.js";
import { naiveLeaf, naiveRoot } from "./naive-tree.js";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const hex = (byte: string): string => byte.repeat(32);

const INTENT: Intent = {
  agent: "agent://desk",
  arguments: hex("a1"),
  call: "c3",
  intent: hex("b2"),
  kind: "tool.invoke",
  policy: hex("c3"),
  sent: hex("d4"),
  server: "files",
  session: "s1",
  subject: hex("e5"),
  target: "files/read_file",
};
const TERMS: Terms = { expires_ms: 1_700_000_060_000, expires_seq: 1030, nonce: "0f".repeat(16), run: RUN };
const HANDLE = { argument: "/password", host: "mail.example", tool: "send" };
const OPENS: Intent = { ...INTENT, kind: "secret.open", target: "mail", handle: HANDLE };

/** RFC 8785 of the body by hand: members in order, nothing between. */
function bodyOf(handle = ""): string {
  return [
    `{"agent":"agent://desk","arguments":"${hex("a1")}","call":"c3","expires_ms":1700000060000,"expires_seq":1030,`,
    handle,
    `"intent":"${hex("b2")}","kind":"${handle === "" ? "tool.invoke" : "secret.open"}","nonce":"${"0f".repeat(16)}",`,
    `"policy":"${hex("c3")}","run":"${RUN}","sent":"${hex("d4")}","server":"files","session":"s1",`,
    `"subject":"${hex("e5")}","target":"${handle === "" ? "files/read_file" : "mail"}"}`,
  ].join("");
}

describe("a receipt", () => {
  test("has the digest of these bytes, and its id from it", () => {
    const { digest, entry } = receiptOf(digests, INTENT, TERMS);
    expect(digest).toBe(sha256(`agentk/receipt/1\n${bodyOf()}`));
    expect(entry).toEqual({
      ...{ call: "c3", session: "s1", id: `cap_${digest.slice(0, 16)}` },
      ...{ expires_ms: 1_700_000_060_000, expires_seq: 1030, nonce: "0f".repeat(16) },
    });
  });

  const others: readonly (readonly [string, Partial<Intent> | Partial<Terms>])[] = [
    ...Object.keys(INTENT).map((name): readonly [string, Partial<Intent>] => [name, { [name]: "other" }]),
    ["expires_ms", { expires_ms: 1 }],
    ["expires_seq", { expires_seq: 1 }],
    ["nonce", { nonce: "00".repeat(16) }],
    ["run", { run: "other" }],
  ];
  test.each(others)("is another one for another %s", (name, more) => {
    const isTerm = Object.hasOwn(TERMS, name);
    const other = receiptOf(
      digests,
      isTerm ? INTENT : { ...INTENT, ...(more as Partial<Intent>) },
      isTerm ? { ...TERMS, ...(more as Partial<Terms>) } : TERMS,
    );
    const one = receiptOf(digests, INTENT, TERMS);
    expect(other.digest).not.toBe(one.digest);
    expect(other.entry.id).not.toBe(one.entry.id);
  });

  test("binds what the line of its decision says, and that line", () => {
    const { value } = callEvent(3, "allow");
    const intent = intentOf({ ...value, subject: commit(1), sent: commit(2), handle: HANDLE }, hex("b2"));
    expect(intent).toEqual({
      ...{ agent: value.agent, call: "c3", kind: "tool.invoke", policy: value.policy, server: "files", session: "s1" },
      ...{ target: "files/read_file", intent: hex("b2"), handle: HANDLE },
      arguments: value.arguments?.commitment,
      ...{ subject: commit(1).commitment, sent: commit(2).commitment },
    });
    expect(Object.keys(intentOf(value, hex("b2"))).sort()).not.toContain("sent");
  });

  test("binds nothing in place of what the line does not have", () => {
    const { value } = callEvent(3, "allow");
    const bare = Object.fromEntries(Object.entries(value).filter(([name]) => name !== "arguments")) as typeof value;
    const intent = intentOf(bare, hex("b2"));
    expect(Object.keys(intent).sort()).toEqual([
      "agent",
      "call",
      "intent",
      "kind",
      "policy",
      "server",
      "session",
      "target",
    ]);
    expect(receiptOf(digests, intent, TERMS).digest).not.toBe(receiptOf(digests, INTENT, TERMS).digest);
  });
});

describe("the handle of a secret", () => {
  test("is in the body with its scope, and only its id in the log", () => {
    const id = `secret_fd_${sha256(
      `agentk/handle/1\n{"argument":"/password","call":"c3","host":"mail.example","nonce":"${TERMS.nonce}","run":"${RUN}","target":"mail","tool":"send"}`,
    ).slice(0, 16)}`;
    const { digest, entry } = receiptOf(digests, OPENS, TERMS);
    const scope = `"handle":{"argument":"/password","host":"mail.example","id":"${id}","tool":"send"},`;
    expect(entry.handle).toBe(id);
    expect(digest).toBe(sha256(`agentk/receipt/1\n${bodyOf(scope)}`));
    expect(JSON.stringify(entry)).not.toContain("mail.example");
  });

  test.each<readonly [string, Intent, Partial<Terms>]>([
    ["tool", { ...OPENS, handle: { ...HANDLE, tool: "other" } }, {}],
    ["argument", { ...OPENS, handle: { ...HANDLE, argument: "/other" } }, {}],
    ["host", { ...OPENS, handle: { ...HANDLE, host: "evil.example" } }, {}],
    ["secret", { ...OPENS, target: "other" }, {}],
    ["call", { ...OPENS, call: "c4" }, {}],
    ["nonce", OPENS, { nonce: "00".repeat(16) }],
    ["run", OPENS, { run: "other" }],
  ])("is another one for another %s", (_what, intent, terms) => {
    const one = receiptOf(digests, OPENS, TERMS).entry.handle;
    const other = receiptOf(digests, intent, { ...TERMS, ...terms }).entry.handle;
    expect(other).toMatch(/^secret_fd_[0-9a-f]{16}$/);
    expect(other).not.toBe(one);
  });

  test("is none for a call that opens no secret", () => {
    expect(receiptOf(digests, INTENT, TERMS).entry).not.toHaveProperty("handle");
  });
});

describe("a group", () => {
  test("has the root of RFC 6962, and a path from each to it and from no other", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 70 }), fc.nat(), (size, pick) => {
        const receipts = Array.from({ length: size }, (_, i) => sha256(String(i)));
        const root = groupRoot(digests, receipts);
        expect(root).toBe(naiveRoot(receipts.map(naiveLeaf)));
        const paths = groupPaths(digests, receipts);
        expect(paths).toHaveLength(size);
        const index = pick % size;
        const path = paths[index] ?? [];
        const leaf = leafHash(digests, receipts[index] ?? "");
        expect(verifyInclusion(digests, { leaf, index, size, path, root })).toBe(true);
        if (size === 1) return;
        const next = (index + 1) % size;
        expect(verifyInclusion(digests, { leaf, index: next, size, path, root })).toBe(false);
        expect(verifyInclusion(digests, { leaf: naiveLeaf("x"), index, size, path, root })).toBe(false);
      }),
    );
  });

  test("is signed over these bytes", () => {
    expect(receiptsStatement(RUN, hex("aa"))).toBe(`agentk/receipts/1\n${RUN}\n${hex("aa")}\n`);
  });
});
