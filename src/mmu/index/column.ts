/** Growing lists of 32-bit integers: what a million places cost is a few bytes each, and no object. */

/** A growing table with a fixed number of fields a row: fields that are read together lie together. */
export class Rows {
  private data: Int32Array;
  private readonly width: number;
  /** Rows so far. */
  length = 0;

  constructor(width: number, capacity = 16) {
    this.width = width;
    this.data = new Int32Array(capacity * width);
  }

  /** Appends a row of zeros; returns its index. */
  add(): number {
    if ((this.length + 1) * this.width > this.data.length) this.grow();
    return this.length++;
  }

  /** A field of a row that `add` has returned. */
  at(row: number, field: number): number {
    return this.data[row * this.width + field] ?? -1;
  }

  set(row: number, field: number, value: number): void {
    this.data[row * this.width + field] = value;
  }

  get byteLength(): number {
    return this.data.byteLength;
  }

  private grow(): void {
    // By a third, not twofold: what stands empty is memory, too.
    const next = new Int32Array(this.width * Math.max(64, Math.ceil((this.length * 4) / 3)));
    next.set(this.data);
    this.data = next;
  }
}

/** A list of single integers. */
export class Column {
  private readonly rows: Rows;

  constructor(capacity = 16) {
    this.rows = new Rows(1, capacity);
  }

  get length(): number {
    return this.rows.length;
  }

  /** Appends; returns the index of what was appended. */
  push(value: number): number {
    const row = this.rows.add();
    this.rows.set(row, 0, value);
    return row;
  }

  /** The value at an index that `push` has returned. */
  at(index: number): number {
    return this.rows.at(index, 0);
  }

  get byteLength(): number {
    return this.rows.byteLength;
  }
}

/** The last index in [0, length) whose value is <= `value`, in a column that rises; -1 when there is none. */
export function lastAtMost(column: Column, value: number): number {
  let low = 0;
  let high = column.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (column.at(middle) <= value) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
