/**
 * The tasks that tool calls of one session have begun. A task is known to the client by a handle of agentk's own,
 * random and good in this session alone, so that a guessed, foreign or repeated id leads nowhere.
 */
import type { Observation } from "../abi/ports.js";
import type { JsonObject } from "../base/json.js";
import { MAX_OPEN_TASKS, MAX_TASKS, MAX_TASKS_KEPT } from "../base/limits.js";

const HANDLE_BYTES = 24;
/** How much longer than the server says a task is waited for, in milliseconds: its clock and ours are two. */
const GRACE_MS = 60_000;

/** One call that goes on as a task. */
export interface Task {
  readonly handle: string;
  /** The server's own id. Never shown to the client. */
  readonly id: string;
  /** The kernel's id of the call. */
  readonly call: string;
  /** What the client may be told of the server's last word of it. */
  readonly told: JsonObject;
  /** The call has its outcome: there is no result to come. */
  readonly isOver: boolean;
  /** A request for its result is with the server. */
  readonly isAsked: boolean;
  /** The client has been told of it. */
  readonly isShown: boolean;
}

interface Entry extends Task {
  told: JsonObject;
  isOver: boolean;
  isAsked: boolean;
  isShown: boolean;
  readonly expires: number;
  readonly finish: (observation: Observation) => void;
}

/** How tasks end of which no result is to come: the connection ends, or the server that had them. */
export type TasksEnd = "unknown" | "child-exited";

export interface TaskTableParts {
  /** `bytes` fresh random bytes, in hex. */
  readonly nonce: (bytes: number) => string;
  /** Milliseconds on any clock that does not go back. */
  readonly now: () => number;
}

/** What a task is opened with. */
export interface Opening {
  readonly id: string;
  readonly call: string;
  /** What the client may be told of it under a handle. */
  readonly told: (handle: string) => JsonObject;
  /** How long the server keeps it, in milliseconds; undefined for ever. */
  readonly ttl: number | undefined;
  /** Ends the call in the kernel. Called once. */
  readonly finish: (observation: Observation) => void;
}

export class TaskTable {
  private readonly byHandle = new Map<string, Entry>();
  private readonly byId = new Map<string, Entry>();
  /** Every id that the server has used, ended or not. */
  private readonly used = new Set<string>();
  private open = 0;
  private wasOffered = false;
  private readonly parts: TaskTableParts | undefined;

  /** Without parts there are no tasks. */
  constructor(parts?: TaskTableParts) {
    this.parts = parts;
  }

  /** Whether the server has said that it makes tasks, or has made one. */
  get isOffered(): boolean {
    return this.wasOffered || this.used.size > 0;
  }

  offered(): void {
    this.wasOffered = true;
  }

  /** Whether a call may begin one more. */
  get isFull(): boolean {
    this.expire();
    return this.parts === undefined || this.open >= MAX_OPEN_TASKS || this.used.size >= MAX_TASKS;
  }

  /** Binds a task to its call; undefined for an id that the server has used before, or when there are too many. */
  begin(opening: Opening): Task | undefined {
    if (this.parts === undefined || this.isFull || this.used.has(opening.id)) return undefined;
    const { ttl, told, ...rest } = opening;
    const handle = `task-${this.parts.nonce(HANDLE_BYTES)}`;
    const expires = ttl === undefined ? Infinity : this.parts.now() + ttl + GRACE_MS;
    const entry: Entry = {
      ...rest,
      told: told(handle),
      handle,
      expires,
      isOver: false,
      isAsked: false,
      isShown: false,
    };
    this.used.add(entry.id);
    this.byHandle.set(handle, entry);
    this.byId.set(entry.id, entry);
    this.open++;
    return entry;
  }

  /** Attacker-controlled: `handle`. */
  find(handle: unknown): Task | undefined {
    this.expire();
    return typeof handle === "string" ? this.byHandle.get(handle) : undefined;
  }

  /** Attacker-controlled: `id`. Only tasks that the client knows of. */
  ofServer(id: unknown): Task | undefined {
    const entry = typeof id === "string" ? this.byId.get(id) : undefined;
    return entry?.isShown === true ? entry : undefined;
  }

  /** Those the client knows of, the oldest first. */
  list(): readonly Task[] {
    this.expire();
    return [...this.byHandle.values()].filter(({ isShown }) => isShown);
  }

  shown(task: Task): void {
    const entry = this.byHandle.get(task.handle);
    if (entry !== undefined) entry.isShown = true;
  }

  /** The server has said something of it. What it says of one that is over changes nothing. */
  heard(task: Task, told: JsonObject): void {
    const entry = this.byHandle.get(task.handle);
    if (entry?.isOver === false) entry.told = told;
  }

  /** Takes the right to ask for the result, which one request at a time has; false when another has it. */
  ask(task: Task): boolean {
    const entry = this.byHandle.get(task.handle);
    if (entry === undefined || entry.isAsked || entry.isOver) return false;
    entry.isAsked = true;
    return true;
  }

  answered(task: Task): void {
    const entry = this.byHandle.get(task.handle);
    if (entry !== undefined) entry.isAsked = false;
  }

  /** INVARIANT: a call ends once; what comes for it later goes nowhere. False for one that is over. */
  end(task: Task, observation: Observation): boolean {
    const entry = this.byHandle.get(task.handle);
    if (entry === undefined || entry.isOver) return false;
    entry.isOver = true;
    this.open--;
    entry.finish(observation);
    this.forget();
    return true;
  }

  /** What the server goes on with nobody will see, and another server knows nothing of it. */
  close(status: TasksEnd): void {
    for (const entry of [...this.byHandle.values()]) this.end(entry, { status });
  }

  /** Those whose time is over have no result to come. */
  private expire(): void {
    const now = this.parts?.now() ?? 0;
    for (const entry of [...this.byHandle.values()])
      if (!entry.isOver && entry.expires <= now) this.end(entry, { status: "timeout" });
  }

  /** Tasks that are over are kept to be asked about, the oldest no longer. */
  private forget(): void {
    const over = [...this.byHandle.values()].filter(({ isOver }) => isOver);
    for (const { handle, id } of over.slice(0, Math.max(0, over.length - MAX_TASKS_KEPT))) {
      this.byHandle.delete(handle);
      this.byId.delete(id);
    }
  }
}
