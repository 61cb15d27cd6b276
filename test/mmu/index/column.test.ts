/** Growing tables of integers: nothing is lost when they grow, and little stands empty. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Column, lastAtMost, Rows } from "../../../src/mmu/index/column.js";

const BYTES = Int32Array.BYTES_PER_ELEMENT;

describe("Rows", () => {
  it("keep every field of every row, however often they grow", () => {
    const rows = new Rows(3, 1);
    const rowsOf = Array.from({ length: 300 }, (_, i) => [i, -i, i * 7919]);
    const added = rowsOf.map((fields) => {
      const index = rows.add();
      const fresh = fields.map((_, field) => rows.at(index, field));
      fields.forEach((value, field) => {
        rows.set(index, field, value);
      });
      return [index, fresh];
    });
    expect(added).toEqual(rowsOf.map((_, index) => [index, [0, 0, 0]]));
    expect(rows.length).toBe(300);
    expect(rowsOf.map((fields, index) => fields.map((_, field) => rows.at(index, field)))).toEqual(
      rowsOf.map((fields) => fields.map((value) => value | 0)),
    );
  });

  it("take no more than a third, or 64 rows, of room that stands empty", () => {
    const rows = new Rows(2, 4);
    const wrong = Array.from({ length: 500 }, (_, i) => i + 1).filter((count) => {
      rows.add();
      const room = rows.byteLength / (2 * BYTES);
      return room < count || room > Math.max(64, Math.ceil((count * 4) / 3));
    });
    expect(wrong).toEqual([]);
  });

  it("grow only when there is no room left", () => {
    const rows = new Rows(2, 4);
    for (let count = 1; count <= 4; count++) rows.add();
    expect(rows.byteLength).toBe(4 * 2 * BYTES);
    rows.add();
    expect(rows.byteLength).toBe(64 * 2 * BYTES);
  });

  it("have -1 for a row that is not there", () => {
    expect(new Rows(2, 4).at(4, 0)).toBe(-1);
  });
});

describe("Column", () => {
  it("holds what was pushed, by the index that push returned", () => {
    const column = new Column(2);
    const values = [5, -3, 0, 7, 2 ** 31 - 1];
    expect(values.map((value) => column.push(value))).toEqual([0, 1, 2, 3, 4]);
    expect(values.map((_, index) => column.at(index))).toEqual(values);
    expect(column.length).toBe(5);
    expect(column.byteLength).toBe(64 * BYTES);
  });
});

describe("lastAtMost", () => {
  it("is the last index whose value is not above the one given, or -1", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(9), { maxLength: 9 }), fc.integer({ min: -1, max: 10 }), (list, value) => {
        const rising = list.sort((a, b) => a - b);
        const column = new Column();
        for (const each of rising) column.push(each);
        expect(lastAtMost(column, value)).toBe(rising.findLastIndex((each) => each <= value));
      }),
    );
  });
});
