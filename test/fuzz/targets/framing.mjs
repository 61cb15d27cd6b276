// A target for a coverage-guided fuzzer (jazzer.js): the built framing, one line a run. See docs/fuzzing.md.
import { isDeepStrictEqual } from "node:util";
import { readMessage } from "../../../dist/mcp/wire/read.js";

const plainZero = (_name, value) => (value === 0 ? 0 : value);

export function fuzz(data) {
  const bytes = Buffer.from(data.filter((byte) => byte !== 0x0a));
  for (const origin of ["client", "server"]) {
    const found = readMessage(bytes, origin);
    if (!found.ok) continue;
    const { canonical } = found.value;
    const isSame = isDeepStrictEqual(JSON.parse(canonical, plainZero), JSON.parse(bytes.toString("utf8"), plainZero));
    if (!isSame) throw new Error("read otherwise than by JSON.parse");
    if (!isDeepStrictEqual(readMessage(Buffer.from(canonical), origin), found)) throw new Error("read otherwise again");
  }
}
