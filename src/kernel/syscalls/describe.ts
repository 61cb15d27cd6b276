/** What the kinds that read a server's lists and descriptions have in common. Target: `server/item`. */
import { record, text } from "../../base/shape.js";
import { MAX_NAME_CHARS } from "../../base/limits.js";
import { NAME_FORM } from "../../abi/signed.js";
import type { SyscallName } from "../../abi/syscalls.js";
import { OUTSIDE } from "../../mmu/lattice.js";
import { defineRow, type Row } from "../row.js";

/** The part of a target after its server; undefined for one of another server. */
export function afterServer(target: string, server: string): string | undefined {
  return target.startsWith(`${server}/`) ? target.slice(server.length + 1) : undefined;
}

/** The row of a kind that describes. The answer is decided by the same kind. */
export function describeRow(response: SyscallName): Row {
  return defineRow({
    subject: record({ item: text({ max: MAX_NAME_CHARS, form: NAME_FORM }) }),
    target: ({ item }, server) => `${server}/${item}`,
    subjectOf: (target, server) => {
      const item = afterServer(target, server);
      return item === undefined ? undefined : { item };
    },
    flow: "source",
    gives: OUTSIDE,
    response,
    risk: "low",
    driver: "mcp",
  });
}
