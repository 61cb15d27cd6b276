import { execFileSync } from "node:child_process";
import { createCipheriv, randomBytes } from "node:crypto";
import {
  closeSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { PayloadRecord } from "../../src/abi/payload.js";
import { openPayloadStore, type OpenedPayloads } from "../../src/host/payload-reader.js";
import { createPayloadStore, payloadPathOf } from "../../src/host/payload-store.js";
import { codeOf, modeOf, tempFolder, underUmask } from "./folder.js";

const RUN = "20261105T070809Z-0123456789ab";
const OTHER_RUN = "20261105T070809Z-0123456789ac";
const KEY = Buffer.alloc(32, 7);
const MAGIC = "agentk-payloads/1\n";
const PAYLOADS: readonly PayloadRecord[] = [
  { seq: 0, slot: "command", canonical: '["node","server.js"]' },
  { seq: 3, slot: "arguments", canonical: '{"path":"/tmp/ü"}' },
  { seq: 3, slot: "intent", canonical: '"why"' },
  { seq: 12, slot: "content", canonical: "" },
];

/** A closed journal with these payloads. */
function journal(payloads: readonly PayloadRecord[] = PAYLOADS): { path: string; secret: string; bytes: Buffer } {
  const path = join(tempFolder(), "run.payloads");
  const store = createPayloadStore(path, RUN, KEY);
  for (const payload of payloads) store.put(payload);
  store.close();
  return { path, secret: store.secret, bytes: readFileSync(path) };
}

/** What opening says: a fault's code, or the torn bytes of an opened journal. */
function verdict(path: string, run = RUN, key = KEY): string {
  const opened = openPayloadStore(path, run, key);
  if (!opened.ok) return opened.error.code;
  opened.value.close();
  return `torn ${String(opened.value.tornBytes)}`;
}

function verdictOn(bytes: Buffer): string {
  const path = join(tempFolder(), "changed.payloads");
  writeFileSync(path, bytes);
  return verdict(path);
}

function opened(path: string): OpenedPayloads {
  const result = openPayloadStore(path, RUN, KEY);
  if (!result.ok) throw new Error(result.error.detail);
  return result.value;
}

/** The frames of a journal, their lengths included, and what stands before them. */
function take(bytes: Buffer): { head: Buffer; frames: Buffer[] } {
  let at = bytes.indexOf("\n", MAGIC.length) + 1;
  const head = bytes.subarray(0, at);
  const frames: Buffer[] = [];
  while (at < bytes.length) {
    const end = at + 4 + bytes.readUInt32BE(at);
    frames.push(bytes.subarray(at, end));
    at = end;
  }
  return { head, frames };
}

describe("a payload journal", () => {
  it("lies beside its log", () => {
    expect(payloadPathOf("/r/x.jsonl")).toBe("/r/x.payloads");
    expect(payloadPathOf("/r/x")).toBe("/r/x.payloads");
  });

  it("gives back what was put in", () => {
    const { path, secret } = journal();
    const store = opened(path);
    expect(store.secret).toBe(secret);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(store.tornBytes).toBe(0);
    for (const { seq, slot, canonical } of PAYLOADS) expect(store.get(seq, slot)).toBe(canonical);
    expect(store.get(3, "content")).toBeUndefined();
    expect(store.get(4, "arguments")).toBeUndefined();
    store.close();
  });

  it("gives back any payloads", () => {
    const payloads = fc.uniqueArray(fc.tuple(fc.nat(), fc.string({ unit: "grapheme" })), { selector: ([seq]) => seq });
    fc.assert(
      fc.property(payloads, (pairs) => {
        const { path } = journal(pairs.map(([seq, canonical]) => ({ seq, slot: "content", canonical })));
        const store = opened(path);
        for (const [seq, canonical] of pairs) expect(store.get(seq, "content")).toBe(canonical);
        store.close();
      }),
      { numRuns: 25 },
    );
  });

  it("is ours alone, whatever the umask, and never over another file", () => {
    const path = join(tempFolder(), "run.payloads");
    underUmask(() => createPayloadStore(path, RUN, KEY)).close();
    expect(modeOf(path)).toBe("600");
    const before = readFileSync(path);
    expect(codeOf(() => createPayloadStore(path, RUN, KEY))).toBe("file-exists");
    expect(readFileSync(path).equals(before)).toBe(true);
    const link = join(tempFolder(), "link");
    symlinkSync(path, link);
    expect(codeOf(() => createPayloadStore(link, RUN, KEY))).toBe("file-exists");
  });

  it("shows nothing of what it holds, and two runs share nothing", () => {
    const [one, two] = [journal(), journal()];
    for (const word of ["server", "tmp", "why", "command", one.secret, KEY.toString("hex")])
      expect(one.bytes.includes(word)).toBe(false);
    expect(one.bytes.includes(Buffer.from(one.secret, "hex"))).toBe(false);
    expect(one.secret).not.toBe(two.secret);
    const [left, right] = [take(one.bytes).frames[0], take(two.bytes).frames[0]];
    expect(left).not.toEqual(right);
  });

  it("writes each payload at once, and nothing after a failed write", () => {
    const path = join(tempFolder(), "run.payloads");
    let writes = 0;
    let isFull = false;
    const store = createPayloadStore(path, RUN, KEY, (fd, bytes, offset, length) => {
      writes++;
      if (isFull && offset > 0) throw Object.assign(new Error("full"), { code: "ENOSPC", syscall: "write" });
      return writeSync(fd, bytes, offset, isFull ? 3 : length);
    });
    writes = 0;
    store.put({ seq: 1, slot: "content", canonical: "1" });
    expect(writes).toBe(1);
    isFull = true;
    expect(
      codeOf(() => {
        store.put({ seq: 2, slot: "content", canonical: "2" });
      }),
    ).toBe("recorder-failed");
    isFull = false;
    expect(
      codeOf(() => {
        store.put({ seq: 3, slot: "content", canonical: "3" });
      }),
    ).toBe("recorder-failed");
    store.close();
    store.close();
    expect(
      codeOf(() => {
        store.put({ seq: 4, slot: "content", canonical: "4" });
      }),
    ).toBe("recorder-failed");
    expect(verdict(path)).toBe("torn 3");
    const reader = opened(path);
    expect(reader.get(1, "content")).toBe("1");
    reader.close();
  });

  it("survives short writes", () => {
    const path = join(tempFolder(), "run.payloads");
    const store = createPayloadStore(path, RUN, KEY, (fd, bytes, offset, length) =>
      writeSync(fd, bytes, offset, Math.min(length, 5)),
    );
    store.put({ seq: 1, slot: "content", canonical: "twelve bytes" });
    store.close();
    expect(verdict(path)).toBe("torn 0");
  });
});

describe("a journal that was changed", () => {
  it("is refused at every flipped bit, or, where a length was flipped, reported as torn", () => {
    const { bytes } = journal();
    const { head, frames } = take(bytes);
    const lengths = new Set<number>();
    let at = head.length;
    for (const frame of frames) {
      for (let n = 0; n < 4; n++) lengths.add(at + n);
      at += frame.length;
    }
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      const place = bit >> 3;
      changed[place] = (changed[place] ?? 0) ^ (1 << (bit & 7));
      const said = verdictOn(changed);
      if (lengths.has(place)) expect(said).toMatch(/^(?:bad-frame|torn [1-9]\d*)$/);
      else expect(said).toMatch(/^(?:bad-magic|bad-header|other-run|other-key|bad-frame)$/);
    }
  });

  it("is refused with frames swapped, repeated, dropped or of another run", () => {
    const { head, frames } = take(journal().bytes);
    const [a, b, c, d] = frames as [Buffer, Buffer, Buffer, Buffer];
    const foreign = take(journal().bytes).frames[0] ?? Buffer.alloc(0);
    for (const order of [
      [b, a, c, d],
      [a, a, b, c],
      [a, b, c, d, d],
      [b, c, d],
      [a, c, d],
      [foreign, b, c, d],
    ])
      expect(verdictOn(Buffer.concat([head, ...order]))).toBe("bad-frame");
    expect(verdictOn(Buffer.concat([head, a, b, c, d]))).toBe("torn 0");
  });

  it("is refused when one place holds two payloads", () => {
    const twice: PayloadRecord = { seq: 1, slot: "content", canonical: "1" };
    expect(verdict(journal([twice, twice]).path)).toBe("bad-frame");
  });

  it("opens with its torn frame reported, cut at every byte of the last", () => {
    const { path, bytes } = journal();
    const { frames } = take(bytes);
    const last = frames.at(-1)?.length ?? 0;
    for (let cut = 1; cut <= last; cut++) {
      truncateSync(path, bytes.length - cut);
      expect(verdict(path)).toBe(`torn ${String(last - cut)}`);
      const store = opened(path);
      expect(store.get(3, "intent")).toBe('"why"');
      expect(store.get(12, "content")).toBeUndefined();
      store.close();
    }
  });

  it("is refused when it ends before its header does", () => {
    const { bytes } = journal([]);
    for (let length = 0; length < bytes.length; length++)
      expect(verdictOn(bytes.subarray(0, length))).toBe(length < MAGIC.length ? "bad-magic" : "bad-header");
  });

  it("is refused under another run or key", () => {
    const { path, bytes } = journal();
    expect(verdict(path, OTHER_RUN)).toBe("other-run");
    expect(verdict(path, RUN, Buffer.alloc(32, 8))).toBe("other-key");
    // Renaming the run in the header does not help: the wrapped key is bound to it.
    writeFileSync(path, Buffer.from(bytes.toString("latin1").replace(RUN, OTHER_RUN), "latin1"));
    expect(verdict(path, OTHER_RUN)).toBe("bad-header");
  });

  it("is refused when its header could be read in two ways", () => {
    const { bytes } = journal([]);
    const header = bytes.subarray(MAGIC.length).toString("latin1").trimEnd();
    const withHeader = (text: string): string => verdictOn(Buffer.from(`${MAGIC}${text}\n`, "latin1"));
    expect(withHeader(header)).toBe("torn 0");
    for (const other of [
      ` ${header}`,
      header.replace("{", `{"run":"${RUN}",`),
      header.replace("}", ',"x":1}'),
      "[]",
      "null",
      "{",
    ])
      expect(withHeader(other)).toBe("bad-header");
  });

  it("is noticed when it changes after it was opened", () => {
    const { path, bytes } = journal();
    const store = opened(path);
    const fd = openSync(path, "r+");
    writeSync(fd, randomBytes(8), 0, 8, bytes.length - 8);
    closeSync(fd);
    expect(store.get(3, "intent")).toBe('"why"');
    expect(codeOf(() => store.get(12, "content"))).toBe("payloads-unavailable");
    store.close();
  });

  it("is not there, not a file, or a link", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "folder"));
    symlinkSync(journal().path, join(folder, "link"));
    execFileSync("mkfifo", [join(folder, "pipe")]);
    for (const name of ["none", "folder", "link", "pipe"]) expect(verdict(join(folder, name))).toBe("unreadable");
  });
});

describe("docs/formats/payload-journal.md", () => {
  /** A journal written by the page's words alone. */
  it("is enough to write a journal that is read", () => {
    const data = randomBytes(32);
    const secret = randomBytes(32);
    const seal = (key: Buffer, nonce: Buffer, aad: string, plain: Buffer): Buffer => {
      const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(Buffer.from(aad));
      return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    };
    const page = readFileSync(join(import.meta.dirname, "../../docs/formats/payload-journal.md"), "utf8");
    // The page's example: the fingerprint of the key of 32 bytes 07.
    const kek = /`(?<kek>[0-9a-f]{16})` is the fingerprint/.exec(page)?.groups?.["kek"] ?? "";
    const nonce = randomBytes(12);
    const wrapped = seal(KEY, nonce, `${MAGIC}${RUN}`, Buffer.concat([data, secret])).toString("hex");
    const header = `{"kek":"${kek}","nonce":"${nonce.toString("hex")}","run":"${RUN}","wrapped":"${wrapped}"}\n`;
    const frame = seal(data, Buffer.alloc(12), `${RUN}|0`, Buffer.from('5 content\n{"a":1}'));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    const path = join(tempFolder(), "run.payloads");
    writeFileSync(path, Buffer.concat([Buffer.from(MAGIC + header), length, frame]));
    const store = opened(path);
    expect(store.secret).toBe(secret.toString("hex"));
    expect(store.get(5, "content")).toBe('{"a":1}');
    store.close();
  });
});
