/** Time for a server's beginning and end. */

/** The process's own; tests give theirs. */
export interface Timers {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** Runs something later; the function given back calls that off. */
  readonly after: (ms: number, run: () => void) => () => void;
}

export const processTimers: Timers = {
  now: () => performance.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};
