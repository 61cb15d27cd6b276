/** A TOML value as it stands, before its structure is known: for checks that run beside those of structure. */
export type Table = Readonly<Record<string, unknown>>;

/** Stands for what is no table: schema.ts reports it. */
export const NO_TABLE: Table = {};

export function tableOf(value: unknown): Table {
  return typeof value === "object" && value !== null ? (value as Table) : NO_TABLE;
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
