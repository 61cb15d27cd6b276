/** The real `Dispatch`, with doors that open when the model's event says so: what happens, in order. */
import { FLIGHT_FORMAT } from "../../src/abi/event.js";
import type { ApprovalAnswer } from "../../src/abi/decision.js";
import type { Observation } from "../../src/abi/ports.js";
import { USER_WORDS, type SyscallRequest } from "../../src/abi/request.js";
import { nodeDigests } from "../../src/host/digests.js";
import { Dispatch } from "../../src/kernel/dispatch.js";
import type { Kernel } from "../../src/kernel/step.js";
import { payload, runFacts, SECRET, SERVER } from "../kernel/fixture.js";
import { gate, scriptedPorts, settle, type ScriptedPorts } from "../kernel/ports.js";
import type { Event } from "./state.js";
import { answerOf, HIDINGS, requestFor, sessionName, TEXTS, tomlOf } from "./real.js";
import type { Policy } from "./rules.js";

type Gate<T> = ReturnType<typeof gate<T>>;

/** What is done to the shell behind its back: a bug that must be found. */
export interface Tampering {
  readonly kernel?: (kernel: Kernel) => Kernel;
  /** Before each event. */
  readonly shell?: (dispatch: Dispatch<SyscallRequest>) => void;
  readonly verify?: () => boolean;
}

export class Shell {
  private readonly ports: ScriptedPorts;
  private readonly dispatch: Dispatch<SyscallRequest>;
  private readonly tampering: Tampering;
  /** Durable lines that are not on the disk yet, oldest first. */
  private readonly disk: Gate<void>[] = [];
  private readonly acts = new Map<string, Gate<Observation>>();
  private readonly questions = new Map<string, Gate<ApprovalAnswer>>();
  /** The model's calls by the real names; the real names by the model's. */
  private readonly ids = new Map<string, number>();
  private readonly names = new Map<number, string>();
  private readonly handed: number[] = [];
  private isStarted = false;
  private isBroken = false;
  private isMute = false;
  private isClosing = false;

  constructor(kernel: Kernel, tampering: Tampering = {}) {
    this.tampering = tampering;
    this.ports = scriptedPorts({
      append: (_line, _index, durable) => this.append(durable),
      act: (call) => this.door(this.acts, call),
      ...(tampering.verify === undefined ? {} : { verify: tampering.verify }),
    });
    const sign = (statement: string): string => {
      if (this.isMute) throw new Error("the key is gone");
      return this.ports.sign(statement);
    };
    const approve = (call: string): Promise<ApprovalAnswer> => this.door(this.questions, call);
    const ports = { ...this.ports, sign, approve };
    this.dispatch = new Dispatch<SyscallRequest>(tampering.kernel?.(kernel) ?? kernel, nodeDigests, ports);
  }

  async open(policy: Policy): Promise<void> {
    const rules = { name: "model", source: tomlOf(policy) };
    await this.dispatch.open(runFacts({ format: FLIGHT_FORMAT }), SECRET, rules);
    this.ports.happened.length = 0;
    this.isStarted = true;
  }

  /** Everything that an event leads to, in the model's words. `nextCall` is the id of a call that it asks for. */
  async happens(event: Event, nextCall: number): Promise<readonly string[]> {
    this.tampering.shell?.(this.dispatch);
    this.begin(event, nextCall);
    await settle();
    const happened = this.ports.happened.splice(0).flatMap((one) => {
      if (one.what === "act") return [`act ${String(this.ids.get(one.call))}`];
      const { type, value } = JSON.parse(one.line) as { type: string; value: { decision?: { verdict: string } } };
      if (type === "checkpoint" || (this.isClosing && one.what === "on-disk")) return [];
      const verdict = type === "syscall" ? ` ${value.decision?.verdict ?? ""}` : "";
      return [`${one.what === "append" ? "append" : "disk"} ${type}${one.what === "append" ? verdict : ""}`];
    });
    return [...happened, ...this.handed.splice(0).map((call) => `handed ${String(call)}`)];
  }

  private append(durable: boolean): Promise<void> | undefined {
    if (this.isBroken) throw new Error("no space left on device");
    if (!durable || !this.isStarted || this.isClosing) return undefined;
    const made = gate();
    this.disk.push(made);
    return made.promise;
  }

  private door<T>(doors: Map<string, Gate<T>>, call: string): Promise<T> {
    const made = gate<T>();
    doors.set(call, made);
    return made.promise;
  }

  private begin(event: Event, nextCall: number): void {
    switch (event.type) {
      case "user":
        this.page(event.session, "user", USER_WORDS, TEXTS[event.value]);
        return;
      case "page":
        this.page(event.session, SERVER, "notifications/message", { v: TEXTS[event.content] });
        return;
      case "ask":
        this.ask(event, nextCall);
        return;
      case "release":
        void this.dispatch.release({ session: sessionName(event.session), axis: event.axis, by: "test" });
        return;
      default:
        this.answerDoor(event);
    }
  }

  private answerDoor(event: Event): void {
    switch (event.type) {
      case "answer":
        this.questions.get(this.names.get(event.call) ?? "")?.open(event.isApproved ? "approved" : "refused");
        return;
      case "result": {
        const { method, value } = answerOf(event.content, event.isError);
        this.acts
          .get(this.names.get(event.call) ?? "")
          ?.open({ status: "ok", page: { method, content: payload(value) } });
        return;
      }
      default:
        this.break(event);
    }
  }

  private break(event: Event): void {
    if (event.type === "flush") this.disk.shift()?.open();
    else if (event.type === "flush-fails") this.disk.shift()?.fail(new Error("input/output error"));
    else if (event.type === "append-fails") this.isBroken = true;
    else if (event.type === "sign-fails") this.isMute = true;
    else if (event.type === "close") this.close();
  }

  private page(session: number, server: string, method: string, value: Parameters<typeof payload>[0]): void {
    void this.dispatch.page({ session: sessionName(session), server, method, content: payload(value) });
  }

  private ask(event: Extract<Event, { type: "ask" }>, id: number): void {
    const call = `c${String(this.dispatch.current.seq)}`;
    this.ids.set(call, id);
    this.names.set(id, call);
    const request = requestFor(event, HIDINGS["base64"] ?? String);
    void this.dispatch.request(request).then(({ delivery }) => {
      if (delivery?.verdict === "allow") this.handed.push(id);
    });
  }

  /** What waits for the disk gets there: a run that closes waits for it. */
  private close(): void {
    void this.dispatch.close({ reason: "eof", strays: 0 });
    this.isClosing = true;
    for (const waiting of this.disk.splice(0)) waiting.open();
  }
}
