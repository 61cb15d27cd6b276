import type { MakeTarget } from "../engine/loop.mjs";

/** Every target of the fuzzer by its name. */
export const TARGETS: Readonly<Record<string, MakeTarget>>;
