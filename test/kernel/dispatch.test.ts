/** The shell: nothing acts before it is recorded, nothing is handed on before it is recorded, and no fault opens a way. */
import { describe, expect, it } from "vitest";
import { decisionName } from "../../src/abi/decision.js";
import type { Observation } from "../../src/abi/ports.js";
import type { SyscallRequest } from "../../src/abi/request.js";
import { sealStatement, unsealedHash } from "../../src/evidence/seal.js";
import { nodeDigests } from "../../src/host/digests.js";
import { Dispatch } from "../../src/kernel/dispatch.js";
import { createKernel } from "../../src/kernel/step.js";
import { FLIGHT_FORMAT } from "../../src/abi/event.js";
import { ALLOW_ALL, compile, kernel, linesOf, pageOf, parts, payload, requestOf, RUN, runFacts } from "./fixture.js";
import { SECRET, typesOf } from "./fixture.js";
import { answer, fakeSeal, gate, onLine, scriptedPorts, settle, type Script } from "./ports.js";
import { CLOSE, request, running } from "./running.js";

/** The first lines of every run. */
const BEGUN = ["open", "policy", "checkpoint"];

const OK = { session: "s1", status: "ok" };

function refuse(message: string): never {
  throw new Error(message);
}

describe("one call", () => {
  it("is recorded, performed, its page and outcome recorded, then handed on", async () => {
    const { dispatch, lines, acts } = await running();
    const judged = await dispatch.request(request);
    expect(judged).toMatchObject({ call: "c3", decision: { verdict: "allow" }, delivery: { verdict: "allow" } });
    expect(judged.observation).toEqual(answer("result of c3"));
    expect(acts()).toEqual(["c3"]);
    expect(typesOf(lines)).toEqual([...BEGUN, "syscall", "receipts", "page", "outcome"]);
    await dispatch.close(CLOSE);
    expect(typesOf(lines).slice(-2)).toEqual(["checkpoint", "close"]);
    expect(dispatch.fault).toBeUndefined();
  });

  it("has an outcome that names its page, and none where nothing came", async () => {
    const answered = await running();
    await answered.dispatch.request(request);
    const [page, outcome] = linesOf(answered.lines).slice(-2);
    expect(page).toMatchObject({ type: "page", value: { call: "c3" } });
    expect(outcome?.value).toEqual({ call: "c3", page: page?.type === "page" && page.value.page, ...OK });
    const silent = await running({ act: () => Promise.resolve({ status: "ok" }) });
    await silent.dispatch.request(request);
    expect(linesOf(silent.lines).at(-1)?.value).toEqual({ call: "c3", ...OK });
  });

  it("that is denied is recorded and not performed", async () => {
    const { dispatch, lines, acts } = await running();
    const judged = await dispatch.request(requestOf("secret.open"));
    expect(judged).toEqual({ call: "c3", decision: { verdict: "deny", rule: "no-driver", reason: "no-driver" } });
    expect(acts()).toEqual([]);
    expect(typesOf(lines)).toEqual([...BEGUN, "syscall"]);
  });

  it("puts its observation in the log before it is handed on", async () => {
    const onDisk = gate();
    // Page lines need not be flushed; a recorder that does so anyway is waited for.
    const { dispatch, lines } = await running({ append: onLine("page", () => onDisk.promise) });
    let isDone = false;
    const asked = dispatch.request(request).then((judged) => {
      isDone = true;
      return judged;
    });
    await settle();
    expect(typesOf(lines)).toEqual([...BEGUN, "syscall", "receipts", "page"]);
    expect(isDone).toBe(false);
    onDisk.open();
    expect((await asked).observation?.page).toBeDefined();
  });

  it("without a page has no delivery", async () => {
    const { dispatch, lines } = await running({ act: () => Promise.resolve({ status: "timeout" }) });
    const judged = await dispatch.request(request);
    expect(judged.delivery).toBeUndefined();
    expect(judged.observation).toEqual({ status: "timeout" });
    expect(typesOf(lines)).toEqual([...BEGUN, "syscall", "receipts", "outcome"]);
  });
});

describe("the signature of a receipt", () => {
  it("is checked once, while its line is flushed, and the act waits for both", async () => {
    const flush = gate();
    let checks = 0;
    const verify = (): boolean => ++checks > 0;
    const { dispatch, acts } = await running({ verify, append: onLine("receipts", () => flush.promise) });
    const judged = dispatch.request(request);
    await settle();
    expect([checks, acts()]).toEqual([1, []]);
    flush.open();
    expect((await judged).decision.verdict).toBe("allow");
    expect([checks, acts()]).toEqual([1, ["c3"]]);
  });

  it("that is not good lets nothing begin, and a check that fails ends the run", async () => {
    const refused = await running({ verify: () => false });
    expect(decisionName((await refused.dispatch.request(request)).decision)).toBe("deny:receipt-signature");
    const broken = await running({ verify: () => refuse("no check") });
    expect(decisionName((await broken.dispatch.request(request)).decision)).toBe("deny:recorder-fault");
    expect([refused.acts(), broken.acts()]).toEqual([[], []]);
  });
});

describe("a recorder that fails", () => {
  const fromFourth = (fault: () => Promise<void> | undefined): Script => ({
    append: (_line, index) => (index >= 3 ? fault() : undefined),
  });
  const faults: readonly (readonly [string, Script])[] = [
    ["append throws", fromFourth(() => refuse("disk full"))],
    ["append rejects once it was to be on the disk", fromFourth(() => Promise.reject(new Error("sync failed")))],
    ["payload throws", { payload: ({ seq }) => (seq >= 3 ? refuse("journal full") : undefined) }],
  ];

  it.each(faults)("%s: the call is denied and never performed", async (_name, script) => {
    const { dispatch, acts } = await running(script);
    const judged = await dispatch.request(request);
    expect(judged.decision).toEqual({ verdict: "deny", rule: "recorder-fault", reason: "recorder-fault" });
    expect(judged.observation).toBeUndefined();
    expect(acts()).toEqual([]);
    expect(dispatch.fault).toBeInstanceOf(Error);
  });

  it.each(faults)("%s: nothing is recorded or performed afterwards", async (_name, script) => {
    let isBroken = true;
    const { dispatch, lines, acts, payloads, signed } = await running({
      append: (line, index, durable) => (isBroken ? script.append?.(line, index, durable) : undefined),
      payload: (record) => (isBroken ? script.payload?.(record) : undefined),
    });
    await dispatch.request(request);
    const before = [lines.length, payloads.length, signed.length];
    // The recorder is well again; a log with a hole in it is no log.
    isBroken = false;
    expect(decisionName((await dispatch.request(request)).decision)).toBe("deny:recorder-fault");
    expect(await dispatch.page(pageOf("x"))).toBeUndefined();
    await dispatch.note({ session: "s1", fact: "ping" });
    await dispatch.close(CLOSE);
    expect([lines.length, payloads.length, signed.length]).toEqual(before);
    expect(acts()).toEqual([]);
  });

  it.each([0, 1, 2])("at line %i: the run does not begin", async (bad) => {
    const ports = scriptedPorts({ append: (_line, index) => (index === bad ? refuse("read-only") : undefined) });
    const dispatch = new Dispatch<SyscallRequest>(kernel, nodeDigests, ports);
    await expect(
      dispatch.open(runFacts({ format: FLIGHT_FORMAT }), SECRET, { name: "t", source: ALLOW_ALL }),
    ).rejects.toThrow("read-only");
    expect(decisionName((await dispatch.request(request)).decision)).toBe("deny:recorder-fault");
    expect(ports.acts()).toEqual([]);
  });

  it.each(["page", "outcome"] as const)("at the %s line: what came back is withheld", async (type) => {
    const { dispatch, acts } = await running({ append: onLine(type, () => refuse("full")) });
    const judged = await dispatch.request(request);
    expect(acts()).toEqual(["c3"]);
    expect(judged.delivery).toEqual({ verdict: "deny", rule: "recorder-fault", reason: "recorder-fault" });
    expect(judged.observation).toEqual({ status: "ok" });
  });

  it("for one call lets none begin that comes after", async () => {
    const flush = gate();
    const { dispatch, acts } = await running({ append: onLine("receipts", () => flush.promise) });
    const first = dispatch.request(request);
    await settle();
    flush.fail(new Error("sync failed"));
    expect(decisionName((await first).decision)).toBe("deny:recorder-fault");
    expect(decisionName((await dispatch.request(request)).decision)).toBe("deny:recorder-fault");
    expect(acts()).toEqual([]);
  });
});

describe("other faults", () => {
  it("a policy that throws denies", async () => {
    const broken = createKernel({ ...parts, compile: (text) => ({ ...compile(text), decide: () => refuse("bug") }) });
    const ports = scriptedPorts();
    const dispatch = new Dispatch<SyscallRequest>(broken, nodeDigests, ports);
    await dispatch.open(runFacts({ format: FLIGHT_FORMAT }), SECRET, { name: "t", source: ALLOW_ALL });
    expect(decisionName((await dispatch.request(request)).decision)).toBe("deny:policy-fault");
    expect(ports.acts()).toEqual([]);
    expect(dispatch.fault).toBeUndefined();
  });

  it("a clock that throws is a recorder's fault", async () => {
    let ticks = 0;
    const now = (): { mono_us: number; wall_ms: number } =>
      ticks++ < 3 ? { mono_us: 1, wall_ms: 1 } : refuse("no clock");
    const { dispatch, acts } = await running({ now });
    expect(decisionName((await dispatch.request(request)).decision)).toBe("deny:recorder-fault");
    expect(acts()).toEqual([]);
  });

  it("a clock that runs back does not run the log back", async () => {
    const times = [50, 40, 90, 10, 95, 0, 3, 2, 99, 1, 98];
    let tick = 0;
    const { dispatch, lines } = await running({ now: () => ({ mono_us: times[tick++] ?? 0, wall_ms: 1000 - tick }) });
    await dispatch.request(request);
    await dispatch.close(CLOSE);
    const clocks = linesOf(lines).map(({ time }) => time.mono_us);
    expect(clocks).toEqual([...clocks].sort((a, b) => a - b));
    expect([clocks[0], clocks.at(-1)]).toEqual([50, 99]);
  });

  it("a signer that fails ends the run unsealed, with its fault", async () => {
    const { dispatch, lines } = await running({
      sign: (statement) => (statement.startsWith("agentk/seal/1\n") ? refuse("no key") : fakeSeal(statement)),
    });
    await dispatch.request(request);
    await dispatch.close(CLOSE);
    expect(dispatch.fault?.message).toBe("no key");
    expect(typesOf(lines)).not.toContain("close");
    expect(decisionName((await dispatch.request(request)).decision)).toBe("deny:run-closed");
  });
});

describe("the end of a run", () => {
  it("records calls in flight as unknown, then seals", async () => {
    const [one, two] = [gate<Observation>(), gate<Observation>()];
    const { dispatch, lines } = await running({ act: (call) => (call === "c3" ? one : two).promise });
    const asked = [dispatch.request(request), dispatch.request({ ...request, session: "s2" })];
    await settle();
    await dispatch.close(CLOSE);
    const written = linesOf(lines);
    expect(written.slice(6).map(({ type }) => type)).toEqual(["outcome", "outcome", "checkpoint", "close"]);
    expect(written.slice(6, 8).map(({ value }) => value)).toEqual([
      { call: "c3", session: "s1", status: "unknown" },
      { call: "c4", session: "s2", status: "unknown" },
    ]);
    // Too late: neither recorded nor handed on.
    one.open(answer("late"));
    two.open(answer("late"));
    for (const judged of await Promise.all(asked)) {
      expect(judged.delivery?.verdict).toBe("deny");
      expect(judged.observation).toEqual({ status: "ok" });
    }
    expect(lines).toHaveLength(written.length);
  });

  it("is signed over the close line as it stands", async () => {
    const { dispatch, lines, signed } = await running();
    await dispatch.request(request);
    await dispatch.close({ ...CLOSE, stderr: payload("text"), stderr_bytes: 4 });
    const last = linesOf(lines).at(-1);
    if (last?.type !== "close") throw new Error("not closed");
    expect(signed.at(-1)).toBe(sealStatement(RUN, unsealedHash(nodeDigests, last)));
    expect(last.value).toMatchObject({ reason: "eof", lines: lines.length, allowed: 1, denied: 0 });
    expect(last.value.seal).toBe(fakeSeal(signed.at(-1) ?? ""));
  });

  it("comes once, and nothing is recorded after it", async () => {
    const { dispatch, lines, acts } = await running();
    await Promise.all([dispatch.close(CLOSE), dispatch.close({ ...CLOSE, reason: "sigint" })]);
    const count = lines.length;
    expect(decisionName((await dispatch.request(request)).decision)).toBe("deny:run-closed");
    expect(await dispatch.page(pageOf("x"))).toBeUndefined();
    await dispatch.note({ session: "s1", fact: "ping" });
    await dispatch.checkpoint();
    await dispatch.close(CLOSE);
    expect(lines).toHaveLength(count);
    expect(typesOf(lines).filter((type) => type === "close")).toHaveLength(1);
    expect(acts()).toEqual([]);
  });

  it("lets no act begin whose receipt was still being flushed", async () => {
    const flush = gate();
    const { dispatch, lines, acts } = await running({ append: onLine("receipts", () => flush.promise) });
    const asked = dispatch.request(request);
    await settle();
    await dispatch.close(CLOSE);
    flush.open();
    expect(decisionName((await asked).decision)).toBe("deny:run-closed");
    expect(acts()).toEqual([]);
    expect(typesOf(lines).slice(3)).toEqual(["syscall", "receipts", "outcome", "checkpoint", "close"]);
  });

  it("records an act that breaks its promise and rejects as unknown", async () => {
    const { dispatch, lines } = await running({ act: () => Promise.reject(new Error("driver bug")) });
    const judged = await dispatch.request(request);
    expect(judged.observation).toEqual({ status: "unknown" });
    const last = linesOf(lines).at(-1);
    expect(last).toMatchObject({ type: "outcome", value: { status: "unknown" } });
    expect(dispatch.current.inFlight).toBe(0);
  });

  it("before it has begun writes nothing", async () => {
    const ports = scriptedPorts();
    await new Dispatch<SyscallRequest>(kernel, nodeDigests, ports).close(CLOSE);
    expect(ports.lines).toEqual([]);
  });
});
