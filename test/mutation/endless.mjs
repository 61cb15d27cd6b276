// Ends a test that a change keeps running, from within: the clock of Stryker's can only kill the process, and loading all
// tests anew takes longer than most changes do.

/** How often the change is reached between two looks at the processor's clock. */
const EVERY = 1 << 14;
/** A test counts as endless after this much processor time, if it takes this many times as long without the change. */
const LIMIT_US = 5e6;
const TIMES = 30;

/** Counts how often a change is reached (Stryker's code adds to `switches.hitCount`), and throws when that has no end. */
export class EndlessWatch {
  #hits = 0;
  #begun = process.cpuUsage();
  #limitUs = Infinity;
  isEndless = false;

  constructor(switches) {
    Object.defineProperty(switches, "hitCount", {
      configurable: true,
      enumerable: true,
      get: () => this.#hits,
      set: (hits) => {
        this.#hits = hits;
        if (hits % EVERY === 0 || this.isEndless) this.#look();
      },
    });
  }

  /** A test begins that takes `usualMs` without any change. */
  begin(usualMs) {
    this.isEndless = false;
    this.#begun = process.cpuUsage();
    this.#limitUs = Math.max(LIMIT_US, TIMES * usualMs * 1000);
  }

  /** No test is running: nothing is endless. */
  end() {
    this.#limitUs = Infinity;
  }

  #look() {
    const { user, system } = process.cpuUsage(this.#begun);
    // Stays so until the next test: what catches the fault must not go on.
    this.isEndless ||= user + system > this.#limitUs;
    if (this.isEndless) throw new Error("the change keeps this test running without end");
  }
}
