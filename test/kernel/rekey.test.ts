/** A change of the signing key during a run: both keys say so, the next one signs from then on, and nothing else changes it. */
import { expect, it } from "vitest";
import { FLIGHT_FORMAT } from "../../src/abi/event.js";
import type { SyscallRequest } from "../../src/abi/request.js";
import { keyStatement } from "../../src/evidence/run-key.js";
import { nodeDigests } from "../../src/host/digests.js";
import { Dispatch } from "../../src/kernel/dispatch.js";
import type { Signer } from "../../src/kernel/signing.js";
import { RUN_KEY, testKey, verifySignature, type TestKey } from "../evidence/fixture.js";
import { replay } from "../replay/tape-deck.js";
import { ALLOW_ALL, kernel, linesOf, pageOf, RUN, runFacts, SECRET, typesOf } from "./fixture.js";
import { scriptedPorts, type Script, type ScriptedPorts } from "./ports.js";
import { CLOSE, request } from "./running.js";

const NEXT = testKey(9);
const signerOf = ({ publicHex, sign }: TestKey): Signer => ({ publicKeyHex: publicHex, sign });

async function signing(script: Script = {}): Promise<ScriptedPorts & { readonly dispatch: Dispatch<SyscallRequest> }> {
  const ports = scriptedPorts({ sign: RUN_KEY.sign, verify: verifySignature, ...script });
  const dispatch = new Dispatch<SyscallRequest>(kernel, nodeDigests, ports);
  const facts = runFacts({ format: FLIGHT_FORMAT, public_key: RUN_KEY.publicHex });
  await dispatch.open(facts, SECRET, { name: "test", source: ALLOW_ALL });
  return { ...ports, dispatch };
}

it("is signed by both keys over the place where it stands, and on the disk", async () => {
  const { dispatch, lines, happened } = await signing();
  const { seq, head } = dispatch.current;
  await dispatch.rekey(signerOf(NEXT));
  const line = linesOf(lines).at(-1);
  if (line?.type !== "key") throw new Error("no line of a key");
  const { public_key, signature_next, signature_previous } = line.value;
  const statement = keyStatement({ run: RUN, seq, prev: head, previous: RUN_KEY.publicHex, next: public_key });
  expect(public_key).toBe(NEXT.publicHex);
  expect(verifySignature(NEXT.publicHex, statement, signature_next)).toBe(true);
  expect(verifySignature(RUN_KEY.publicHex, statement, signature_previous)).toBe(true);
  expect(happened.at(-1)).toMatchObject({ what: "append", durable: true });
});

it("has the next key sign what follows, and calls go on", async () => {
  const { dispatch, acts, lines, signed } = await signing();
  await dispatch.rekey(signerOf(NEXT));
  const before = signed.length;
  expect((await dispatch.request(request)).decision.verdict).toBe("allow");
  expect(acts()).toEqual(["c4"]);
  await dispatch.close(CLOSE);
  expect(dispatch.fault).toBeUndefined();
  expect(signed.length).toBe(before);
  expect(replay(lines)).toMatchObject({ ok: true, divergence: undefined, broken: undefined, lines: lines.length });
});

it("to the key that signs already is none, and so is one after the end", async () => {
  const { dispatch, lines } = await signing();
  await dispatch.rekey(signerOf(RUN_KEY));
  expect(typesOf(lines)).not.toContain("key");
  await dispatch.close(CLOSE);
  await dispatch.rekey(signerOf(NEXT));
  expect(typesOf(lines)).not.toContain("key");
  expect(dispatch.fault).toBeUndefined();
});

it("by a key that cannot sign ends the run, and nothing is performed after it", async () => {
  const { dispatch, lines, acts } = await signing();
  const broken = (): string => {
    throw new Error("no such key");
  };
  await dispatch.rekey({ publicKeyHex: NEXT.publicHex, sign: broken });
  expect(dispatch.fault?.message).toBe("no such key");
  expect((await dispatch.request(request)).decision.verdict).toBe("deny");
  expect([typesOf(lines).includes("key"), acts()]).toEqual([false, []]);
});

it("before a run is open does nothing", async () => {
  const ports = scriptedPorts({ sign: RUN_KEY.sign });
  const dispatch = new Dispatch<SyscallRequest>(kernel, nodeDigests, ports);
  await dispatch.rekey(signerOf(NEXT));
  expect([ports.lines, dispatch.fault]).toEqual([[], undefined]);
});

it("a release is recorded or refused, and the lock of a run stands after its policy", async () => {
  const { dispatch, lines } = await signing();
  await dispatch.page(pageOf("a stranger's words"));
  expect(await dispatch.release({ session: "s1", axis: "integrity", by: "socket" })).toBe(true);
  expect(linesOf(lines).at(-1)).toMatchObject({ type: "release", value: { axis: "integrity", session: "s1" } });
  await dispatch.close(CLOSE);
  expect(await dispatch.release({ session: "s1", axis: "integrity", by: "socket" })).toBe(false);
  expect(typesOf(lines).at(-1)).toBe("close");

  const ports = scriptedPorts();
  const pinned = new Dispatch<SyscallRequest>(kernel, nodeDigests, ports);
  const pins = { name: "agentk.lock", source: "{}" };
  await pinned.open(runFacts({ format: FLIGHT_FORMAT }), SECRET, { name: "test", source: ALLOW_ALL, pins });
  expect(typesOf(ports.lines)).toEqual(["open", "policy", "pins", "checkpoint"]);
});

it("a release that cannot be recorded has not happened", async () => {
  const { dispatch } = await signing({
    append: (line) => {
      if (line.includes('"type":"release"')) throw new Error("disk full");
      return undefined;
    },
  });
  await dispatch.page(pageOf("a stranger's words"));
  const before = dispatch.current.sessions.get("s1")?.labels;
  expect(await dispatch.release({ session: "s1", axis: "integrity", by: "socket" })).toBe(false);
  expect(dispatch.current.sessions.get("s1")?.labels).toBe(before);
});
