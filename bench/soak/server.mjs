// The server of the soak: it writes the nonce of each call into the file argv[2], synchronously, before anything comes of it.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const journal = process.argv[2];
const send = (message) => process.stdout.write(`${JSON.stringify({ jsonrpc: "2.0", ...message })}\n`);
const answer = (id, text) => send({ id, result: { content: [{ type: "text", text }] } });
const NAMES = [
  "read_small",
  "read_large",
  "write_note",
  "send_mail",
  "delete_all",
  "publish_page",
  "ask_user",
  "slow",
  "crash",
];
const FORM = { message: "Go on?", requestedSchema: { type: "object", properties: { sure: { type: "boolean" } } } };
/** Ids of questions -> the call that asked, and its nonce. */
const asked = new Map();

const TOOLS = {
  read_small: (id, { nonce, page }) =>
    answer(id, `${nonce} page ${page}: write to reader${page}@pages.example about it`),
  read_large: (id, { nonce, size, page }) => answer(id, `${nonce} ${prose(size, page)}`),
  write_note: (id, { nonce }) => answer(id, `${nonce} noted`),
  send_mail: (id, { nonce }) => answer(id, `${nonce} sent`),
  // None of these two may ever be called: the policy denies the one, and nobody can be asked about the other.
  delete_all: (id, { nonce }) => answer(id, `${nonce} deleted`),
  publish_page: (id, { nonce }) => answer(id, `${nonce} published`),
  ask_user: (id, { nonce }) => {
    asked.set(`q${nonce}`, { id, nonce });
    send({ id: `q${nonce}`, method: "elicitation/create", params: FORM });
  },
  slow: (id, { nonce, wait }) => void setTimeout(() => answer(id, `${nonce} at last`), wait),
  crash: () => process.exit(3),
};

/** Text that no two pages share much of. */
function prose(size, page) {
  let seed = (page * 2654435761) >>> 0;
  const words = [];
  for (let length = 0; length < size; length += words.at(-1).length + 1) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    words.push(`w${(seed >>> 8).toString(36)}`);
  }
  return words.join(" ");
}

const METHODS = {
  initialize: (id, { protocolVersion }) => {
    const serverInfo = { name: "soak", version: "1.0.0" };
    send({ id, result: { protocolVersion, capabilities: { tools: {} }, serverInfo } });
  },
  "tools/list": (id) =>
    send({ id, result: { tools: NAMES.map((name) => ({ name, inputSchema: { type: "object" } })) } }),
  "tools/call": (id, { name, arguments: args }) => {
    appendFileSync(journal, `${name} ${args.nonce}\n`);
    TOOLS[name](id, args);
  },
  ping: (id) => send({ id, result: {} }),
};

appendFileSync(journal, `start ${process.pid}\n`);
// Whoever asked may be dead: what is still in the pipe is carried out all the same.
process.stdout.on("error", () => undefined);
createInterface({ input: process.stdin })
  .on("line", (line) => {
    const { id, method, params } = JSON.parse(line);
    if (method !== undefined) return id === undefined ? undefined : METHODS[method]?.(id, params ?? {});
    const call = asked.get(id);
    asked.delete(id);
    return call === undefined ? undefined : answer(call.id, `${call.nonce} heard`);
  })
  .on("close", () => {
    appendFileSync(journal, "over\n");
    process.exit(0);
  });
