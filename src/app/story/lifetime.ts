/** What a story has begun and must not leave behind: children, listeners, temporary folders. Signals end it too. */

export type Undo = () => Promise<void> | void;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

export class Lifetime {
  private readonly open = new Set<Undo>();
  private isOver = false;

  /** Remembers how to take something back. What is returned does so, once. What is begun after the end is taken back now. */
  holds(undo: Undo): () => Promise<void> {
    this.open.add(undo);
    if (this.isOver) void this.end();
    return async () => {
      if (this.open.delete(undo)) await undo();
    };
  }

  /** Takes everything back, the last first. One that fails does not keep the others. */
  async end(): Promise<void> {
    this.isOver = true;
    for (const undo of [...this.open].reverse()) {
      this.open.delete(undo);
      await Promise.resolve()
        .then(undo)
        .catch(() => undefined);
    }
  }
}

/**
 * Does the work and takes back what it began, however it ends. A signal takes it back at once and ends the process with
 * status 1. After SIGKILL the children find their input closed and go; the folder stays until the system clears it.
 */
export async function withLifetime<T>(work: (life: Lifetime) => Promise<T>): Promise<T> {
  const life = new Lifetime();
  const onSignal = (): void => {
    void life.end().then(() => process.exit(1));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(life);
  } finally {
    await life.end();
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
