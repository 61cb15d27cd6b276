/** The allowed calls of a log that wait for their outcome. Memory is bounded by calls in flight, not by the log. */

/** Calls kept waiting at once: far above any run's in-flight limit, so only a forged log gets there. */
export const MAX_OPEN_CALLS = 65_536;

/** Pages remembered of one call: an outcome names one of the last. */
const MAX_PAGES_OF_CALL = 64;

/** Unanswered calls listed one by one in a report. */
const MAX_LISTED = 100;

interface OpenCall {
  readonly session: string;
  readonly line: number;
  readonly kind: string;
  readonly pages: string[];
}

/** A call as its line names it. */
export interface NewCall {
  readonly call: string;
  readonly session: string;
  readonly kind: string;
}

export interface UnansweredCall {
  readonly call: string;
  /** 1-based. */
  readonly line: number;
  readonly kind: string;
}

export class OpenCalls {
  private readonly calls = new Map<string, OpenCall>();

  /** An allowed call; false when more wait than a run can have. */
  begin({ call, session, kind }: NewCall, line: number): boolean {
    if (this.calls.size >= MAX_OPEN_CALLS) return false;
    this.calls.set(call, { session, line, kind, pages: [] });
    return true;
  }

  /** A page of a call; false when no such call waits. */
  addPage(call: string, page: string): boolean {
    const open = this.calls.get(call);
    if (open === undefined) return false;
    if (open.pages.length >= MAX_PAGES_OF_CALL) open.pages.shift();
    open.pages.push(page);
    return true;
  }

  /** An outcome: the call waits no longer. */
  settle(call: string, page: string | undefined): "settled" | "no-call" | "no-page" {
    const open = this.calls.get(call);
    if (open === undefined) return "no-call";
    this.calls.delete(call);
    return page === undefined || open.pages.includes(page) ? "settled" : "no-page";
  }

  /** The kind of a session's call that waits, which then waits no longer; undefined when it has none of the name. */
  take({ call, session }: Pick<NewCall, "call" | "session">): string | undefined {
    const open = this.calls.get(call);
    if (open?.session !== session) return undefined;
    this.calls.delete(call);
    return open.kind;
  }

  get count(): number {
    return this.calls.size;
  }

  /** The first of the calls without an outcome, in the order they were made. */
  unanswered(): readonly UnansweredCall[] {
    return [...this.calls].slice(0, MAX_LISTED).map(([call, { line, kind }]) => ({ call, line, kind }));
  }
}
