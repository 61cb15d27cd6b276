/**
 * Closed shapes for data that is read often: log lines, syscall subjects, JSON-RPC params.
 * A shape refuses unknown members and says where. zod reads what operators write; it is not loaded
 * here because its import costs more than a whole `agentk verify` (measured 72 ms, docs/dependencies.md).
 */
export interface ShapeFault {
  /** JSON pointer (RFC 6901) of the member at fault. */
  readonly path: string;
  readonly problem: string;
}

export interface Shape<T> {
  readonly check: (value: unknown, path: string) => ShapeFault | undefined;
  readonly isOptional?: boolean;
  /** Of a record: its members. INVARIANT: a record or list is accepted exactly when its names, its length and all its parts are. */
  readonly fields?: ReadonlyMap<string, Shape<unknown>>;
  /** Of a text: the form it must have, where that is all it must be. */
  readonly form?: RegExp;
  /** Of a list: its items. */
  readonly item?: Shape<unknown>;
  /** Type-level only: never set. */
  readonly type?: T;
}

export type ShapeType<S> = S extends Shape<infer T> ? T : never;

type OptionalKeys<F> = { [K in keyof F]: F[K] extends { readonly isOptional: true } ? K : never }[keyof F];
type RecordType<F> = { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: ShapeType<F[K]> } & {
  readonly [K in OptionalKeys<F>]?: ShapeType<F[K]>;
};

function fault(path: string, problem: string): ShapeFault {
  return { path, problem };
}

/** A string, optionally of a form and of at most `max` UTF-16 code units. */
export function text(options: { max?: number; form?: RegExp } = {}): Shape<string> {
  const { max = Infinity, form } = options;
  return {
    ...(form === undefined || max !== Infinity ? {} : { form }),
    check: (value, path) => {
      if (typeof value !== "string") return fault(path, "is not a string");
      if (value.length > max) return fault(path, `is longer than ${String(max)} characters`);
      if (form !== undefined && !form.test(value)) return fault(path, "has not the form it must have");
      return undefined;
    },
  };
}

/** A safe integer within bounds. */
export function integer(min = 0, max = Number.MAX_SAFE_INTEGER): Shape<number> {
  return {
    check: (value, path) =>
      Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max
        ? undefined
        : fault(path, `is not an integer from ${String(min)} to ${String(max)}`),
  };
}

export function flag(): Shape<boolean> {
  return { check: (value, path) => (typeof value === "boolean" ? undefined : fault(path, "is not true or false")) };
}

/** One of a closed set of strings. */
export function oneOf<const T extends string>(names: readonly T[]): Shape<T> {
  const known = new Set<unknown>(names);
  return { check: (value, path) => (known.has(value) ? undefined : fault(path, "is not one of the known names")) };
}

export function listOf<T>(item: Shape<T>, max = 10_000): Shape<readonly T[]> {
  return {
    item,
    check: (value, path) => {
      if (!Array.isArray(value)) return fault(path, "is not a list");
      if (value.length > max) return fault(path, `has more than ${String(max)} items`);
      for (let i = 0; i < value.length; i++) {
        const found = item.check(value[i], `${path}/${String(i)}`);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** Any JSON object, its members not looked at. */
export function anyObject(): Shape<Readonly<Record<string, unknown>>> {
  return {
    check: (value, path) =>
      typeof value === "object" && value !== null && !Array.isArray(value)
        ? undefined
        : fault(path, "is not an object"),
  };
}

/** Any value at all: the member may be there, what it holds is judged elsewhere. */
export function anything(): Shape<unknown> {
  return { check: () => undefined };
}

export function optional<T>(shape: Shape<T>): Shape<T> & { readonly isOptional: true } {
  return { ...shape, isOptional: true };
}

/** An object with exactly these members. */
export function record<F extends Readonly<Record<string, Shape<unknown>>>>(fields: F): Shape<RecordType<F>> {
  const known = new Map<string, Shape<unknown>>(Object.entries(fields));
  const required = [...known].filter(([, shape]) => shape.isOptional !== true).map(([name]) => name);
  return {
    fields: known,
    check: (value, path) => {
      if (typeof value !== "object" || value === null || Array.isArray(value)) return fault(path, "is not an object");
      let seen = 0;
      for (const name of Object.keys(value)) {
        const shape = known.get(name);
        if (shape === undefined) return fault(`${path}/${name.slice(0, 64)}`, "is not a known member");
        if (shape.isOptional !== true) seen++;
        const found = shape.check((value as Record<string, unknown>)[name], `${path}/${name}`);
        if (found !== undefined) return found;
      }
      if (seen === required.length) return undefined;
      const missing = required.find((name) => !Object.hasOwn(value, name)) ?? "";
      return fault(`${path}/${missing}`, "is missing");
    },
  };
}
