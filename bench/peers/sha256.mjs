// The floor of every reader that hashes: SHA-256 of a file's bytes, once, in large blocks.
import { createHash } from "node:crypto";
import { openSync, readSync } from "node:fs";

const fd = openSync(process.argv[2], "r");
const block = Buffer.allocUnsafe(1024 * 1024);
const hash = createHash("sha256");
for (let read = readSync(fd, block); read > 0; read = readSync(fd, block)) hash.update(block.subarray(0, read));
hash.digest("hex");
