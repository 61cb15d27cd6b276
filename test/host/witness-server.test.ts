/** The witness's door and the client that knocks: bounded in bytes and time, whatever the other side does. */
import { once } from "node:events";
import { createConnection, createServer, type AddressInfo, type Socket } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { MAX_WITNESS_BODY_BYTES } from "../../src/base/limits.js";
import { parseWitnessUrl, postCheckpoint } from "../../src/host/witness-client.js";
import { openWitnessServer, plain, type WitnessServer } from "../../src/host/witness-server.js";
import { AgentkError } from "../../src/base/errors.js";
import { codeOf } from "./folder.js";

const SHORT = { headers: 200, request: 400, idle: 200, check: 50 };

async function door(bodies: string[] = []): Promise<WitnessServer> {
  const answer = (body: string): ReturnType<typeof plain> => {
    bodies.push(body);
    return plain(200, `${String(body.length)} characters`);
  };
  const server = await openWitnessServer({ host: "127.0.0.1", port: 0, answer, times: SHORT });
  onTestFinished(() => server.close());
  return server;
}

/** What a raw connection says until it is closed. */
async function talk(url: string, say: (socket: Socket) => void): Promise<string> {
  const socket = createConnection(Number(new URL(url).port), "127.0.0.1");
  let heard = "";
  socket.on("data", (chunk) => (heard += chunk.toString("latin1")));
  socket.on("error", () => undefined);
  socket.on("connect", () => {
    say(socket);
  });
  // Not `once`: it would take the error of a connection that was cut for the test's own.
  await new Promise((resolve) => socket.on("close", resolve));
  return heard;
}

const HEAD = "POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n";

describe("the door", () => {
  test("hands on a body, over one connection as often as it is asked", async () => {
    const bodies: string[] = [];
    const { url } = await door(bodies);
    const heard = await talk(url, (socket) => {
      socket.write(`${HEAD}Content-Length: 2\r\n\r\nab${HEAD}Connection: close\r\nContent-Length: 2\r\n\r\ncd`);
    });
    expect(heard.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(bodies).toEqual(["ab", "cd"]);
  });

  test.each(["0.0.0.0", "::", "localhost", "192.0.2.1", ""])("is not opened on %j", async (host) => {
    const opened = openWitnessServer({ host, port: 0, answer: () => plain(200, "") });
    await expect(opened).rejects.toBeInstanceOf(AgentkError);
  });

  test.each([
    ["another path", "POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "404"],
    ["another method", "GET /add-checkpoint HTTP/1.1\r\nHost: x\r\n\r\n", "405"],
    ["a length of 100 MB", `${HEAD}Content-Length: 104857600\r\n\r\n`, "413"],
    [
      "a length of 100 MB that waits for a go",
      `${HEAD}Expect: 100-continue\r\nContent-Length: 104857600\r\n\r\n`,
      "413",
    ],
    ["bytes that are not UTF-8", `${HEAD}Connection: close\r\nContent-Length: 1\r\n\r\n\xff`, "400"],
    ["what is not HTTP", "hello\r\n\r\n", "400"],
    ["two lengths", `${HEAD}Content-Length: 1\r\nContent-Length: 2\r\n\r\nab`, "400"],
    ["headers of 16 KiB", `${HEAD}X: ${"y".repeat(16_384)}\r\n\r\n`, "431"],
  ])("answers %s with a refusal", async (_, request, status) => {
    const bodies: string[] = [];
    const { url } = await door(bodies);
    const heard = await talk(url, (socket) => socket.write(Buffer.from(request, "latin1")));
    expect(heard).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(bodies).toEqual([]);
  });

  test("100 MB in chunks are cut off at the bound", async () => {
    const bodies: string[] = [];
    const { url } = await door(bodies);
    let sent = 0;
    const chunk = Buffer.concat([Buffer.from("10000\r\n"), Buffer.alloc(65_536, "a"), Buffer.from("\r\n")]);
    const heard = await talk(url, (socket) => {
      const pump = (): void => {
        while (!socket.destroyed && sent < 100 * 1024 * 1024) {
          sent += 65_536;
          if (!socket.write(chunk)) break;
        }
      };
      socket.on("drain", pump);
      socket.write(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`);
      pump();
    });
    // Where the cut comes while bytes are under way, the system may drop the answer with the connection.
    expect(["", "HTTP/1.1 413"]).toContain(heard.slice(0, 12));
    expect(sent).toBeLessThan(50 * 1024 * 1024);
    expect(bodies).toEqual([]);
  });

  test("who is slow is let go: no byte, headers drop by drop, a body that does not come", async () => {
    const bodies: string[] = [];
    const { url } = await door(bodies);
    const silent = talk(url, () => undefined);
    const dripping = talk(url, (socket) => {
      const drip = setInterval(() => socket.write("P"), 20);
      socket.on("close", () => {
        clearInterval(drip);
      });
    });
    const bodiless = talk(url, (socket) => socket.write(`${HEAD}Content-Length: 10\r\n\r\nabc`));
    await Promise.all([silent, dripping, bodiless]);
    expect(bodies).toEqual([]);
    // And the others are served all the while.
    expect(await postCheckpoint(new URL(url), "abc", 5_000)).toMatchObject({ kind: "answer", status: 200 });
  });

  test("closing ends connections that wait", async () => {
    const server = await door();
    const waiting = talk(server.url, (socket) => {
      socket.write(`${HEAD}Content-Length: 10\r\n\r\n`);
      void server.close();
    });
    await waiting;
    await server.close();
    expect(await postCheckpoint(new URL(server.url), "", 1_000)).toMatchObject({ kind: "failure" });
  });
});

/** A server that answers every connection with raw bytes and leaves it open. */
async function raw(answer: (socket: Socket) => void): Promise<URL> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.once("data", () => {
      answer(socket);
    });
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return new URL(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/some/prefix/`);
}

describe("the client", () => {
  test("posts below the prefix and hands back status, type and body", async () => {
    let heard = "";
    const url = await raw((socket) => {
      socket.end("HTTP/1.1 409 Conflict\r\nContent-Type: text/x.tlog.size\r\nContent-Length: 2\r\n\r\n7\n");
    });
    const server = await raw((socket) => socket.end());
    expect(await postCheckpoint(url, "old 0\n", 5_000)).toEqual({
      kind: "answer",
      status: 409,
      type: "text/x.tlog.size",
      body: "7\n",
    });
    const spy = createServer((socket) => {
      socket.on("data", (chunk) => {
        heard += chunk.toString("latin1");
        socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      });
    });
    onTestFinished(() => void spy.close());
    spy.listen(0, "127.0.0.1");
    await once(spy, "listening");
    server.port = String((spy.address() as AddressInfo).port);
    await postCheckpoint(server, "old 0\n", 5_000);
    expect(heard).toMatch(/^POST \/some\/prefix\/add-checkpoint HTTP\/1\.1\r\n/);
  });

  test.each([
    ["says nothing", (): void => undefined],
    [
      "drips",
      (socket: Socket): void => {
        socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        const drip = setInterval(() => socket.write("a"), 20);
        socket.on("close", () => {
          clearInterval(drip);
        });
      },
    ],
  ])("gives up on a witness that %s", async (_, answer) => {
    expect(await postCheckpoint(await raw(answer), "", 200)).toEqual({
      kind: "failure",
      why: "gave no answer within 200 ms",
    });
  });

  test.each([
    ["hangs up", (socket: Socket): unknown => socket.end(), /cannot be asked/],
    ["is not HTTP", (socket: Socket): unknown => socket.end("220 smtp\r\n"), /cannot be asked/],
    [
      "ends in the middle",
      (socket: Socket): unknown => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
      /middle/,
    ],
    [
      "answers without end",
      (socket: Socket): unknown => socket.write(`HTTP/1.1 200 OK\r\n\r\n${"a".repeat(MAX_WITNESS_BODY_BYTES + 1)}`),
      /more than/,
    ],
    [
      "sends bytes that are not text",
      (socket: Socket): unknown => socket.end(Buffer.from("HTTP/1.1 200 OK\r\n\r\n\xff", "latin1")),
      /not text/,
    ],
  ] as const)("tells of a witness that %s", async (_, answer, why) => {
    const reply = await postCheckpoint(await raw((socket) => void answer(socket)), "", 5_000);
    expect(reply.kind === "failure" ? reply.why : "an answer").toMatch(why);
  });

  test.each(["", "ftp://a/", "file:///etc/passwd", "http://u:p@h/", "http://h/?q", "http://h/#f", "h:1"])(
    "does not take %j for a witness",
    (url) => {
      expect(codeOf(() => parseWitnessUrl(url))).toBe("usage");
    },
  );
});
