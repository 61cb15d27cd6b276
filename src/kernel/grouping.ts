/** Work that is cheaper done once for many: those who ask while others wait join their group. */

interface Group<T, R> {
  readonly members: T[];
  readonly done: Promise<R>;
}

/** Settles when all that has come in has been read; undefined: nothing is waited for. */
export type Gather = () => Promise<void> | undefined;

/**
 * Gathers what is asked for until everything that is ready to run has run, and the group before is done; then does it for
 * all at once. No timer: one alone waits for nobody, and while a group waits for the disk the next one grows.
 */
export class Grouping<T, R> {
  private open: Group<T, R> | undefined;
  /** Settles when the last group is done. Never rejects. */
  private last: Promise<unknown> = Promise.resolve();
  private readonly work: (members: readonly T[]) => Promise<R>;
  private readonly most: number;
  private readonly gather: Gather;

  constructor(most: number, work: (members: readonly T[]) => Promise<R>, gather: Gather = () => undefined) {
    this.most = most;
    this.work = work;
    this.gather = gather;
  }

  /** What came of the group that the member is in. */
  join(member: T): Promise<R> {
    const group = this.open !== undefined && this.open.members.length < this.most ? this.open : this.begin();
    group.members.push(member);
    return group.done;
  }

  private begin(): Group<T, R> {
    const members: T[] = [];
    const done = this.run(members, this.last);
    this.last = done.catch(() => undefined);
    this.open = { members, done };
    return this.open;
  }

  private async run(members: readonly T[], before: Promise<unknown>): Promise<R> {
    await before;
    // Who cannot gather does it sooner, for fewer.
    await this.gather()?.catch(() => undefined);
    if (this.open?.members === members) this.open = undefined;
    return this.work(members);
  }
}
