// A hop before both targets. It adds a bearer token, which the suite cannot send, and that a stream is the better form
// of an answer: the suite looks at what comes on streams, and agentk makes one only where it is needed or preferred.
import { createServer, request as ask } from "node:http";

/** Listens on a free port of this machine. `headers`: added to each request. */
export async function startPass(to, headers) {
  const server = createServer((request, response) => {
    const { method, url } = request;
    const added = Object.entries(headers).flat();
    const onward = ask({ host: "127.0.0.1", port: to, method, path: url, headers: [...preferring(request), ...added] });
    onward.on("response", (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      // A stream that says nothing yet has begun all the same.
      response.flushHeaders();
      answer.pipe(response);
      answer.on("error", () => response.destroy());
    });
    onward.on("error", () => response.destroy());
    response.on("close", () => onward.destroy());
    request.pipe(onward);
  });
  server.listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { port: server.address().port, stop };
}

const BOTH = /^(?=.*application\/json)(?=.*text\/event-stream)[a-z/, -]+$/;

/** The headers as they came, but for an `Accept` that names both forms and prefers none, of a revision with sessions. */
function preferring({ headers, rawHeaders }) {
  if (headers["mcp-protocol-version"] >= "2026") return rawHeaders;
  return rawHeaders.map((text, i) => {
    const isAccept = i % 2 === 1 && rawHeaders[i - 1].toLowerCase() === "accept";
    return isAccept && BOTH.test(text) ? "text/event-stream, application/json;q=0.5" : text;
  });
}
