/** A remote server as a line stream (MCP Streamable HTTP): each line is a POST, and what comes back on any stream is lines. */
import type { ClientRequest, IncomingMessage } from "node:http";
import type { ExitFacts } from "../../host/child-process.js";
import { sendRequest, type HttpFailure, type HttpTarget } from "../../host/http-client.js";
import type { SseReader } from "../../host/http-sse-reader.js";
import type { RequestId } from "../../mcp/wire/message.js";
import { errorLine } from "../../mcp/wire/write.js";
import type { ServerHandlers, ServerLink } from "../run/server-stream.js";
import { answerIn, askStream, endSession, isAnswer, isPlain, lossOf, mediaType, readAnswer } from "./exchange.js";
import { HttpCommon } from "./common.js";
import { isModernPost, LinkSession, postOf, Posts, type Post } from "./link-session.js";

const HIGH_WATER_BYTES = 1024 * 1024;
/** How often an answer whose connection was cut is asked for again, without a new event in between. */
const MAX_RESUMES = 4;
const RESUME_MS = 1_000;
const NOT_LOST = { code: undefined, signal: undefined, spawnError: undefined } as const;

export interface LinkParts {
  readonly target: HttpTarget;
  readonly maxLineBytes: number;
  readonly handlers: ServerHandlers;
}

export class HttpLink implements ServerLink {
  private readonly parts: LinkParts;
  private readonly posts = new Posts();
  private readonly responses = new Set<IncomingMessage>();
  private readonly requests = new Set<ClientRequest>();
  private readonly common: HttpCommon;
  /** What is not answered is taken in order, and before the requests that come after it. */
  private order: Promise<void> = Promise.resolve();
  private readonly session = new LinkSession();
  private unsent = 0;
  private isPaused = false;
  private exit: ExitFacts | undefined;
  private settle: (facts: ExitFacts) => void = () => undefined;
  private readonly gone: Promise<ExitFacts>;
  private stopping: Promise<ExitFacts> | undefined;

  constructor(parts: LinkParts) {
    this.parts = parts;
    this.gone = new Promise((resolve) => {
      this.settle = resolve;
    });
    this.common = new HttpCommon((lastEventId, onEnd) => {
      this.listen(lastEventId, undefined, onEnd);
    });
  }

  readonly send = (line: string): boolean => {
    if (this.exit !== undefined) return true;
    const post = postOf(line);
    if (post.method === "notifications/cancelled" && this.cancel(post.params?.["requestId"] as RequestId)) return true;
    this.unsent += line.length;
    if (post.id !== undefined) {
      this.posts.add(post.id, post);
      void this.order.then(() => {
        this.post(post);
      });
    } else this.order = this.order.then(() => this.tell(post));
    return this.unsent <= HIGH_WATER_BYTES;
  };

  readonly pause = (): void => {
    this.isPaused = true;
    for (const response of this.responses) response.pause();
  };

  readonly resume = (): void => {
    this.isPaused = false;
    for (const response of this.responses) response.resume();
  };

  readonly unread = (): number => this.unsent;

  readonly stop = (): Promise<ExitFacts> => (this.stopping ??= this.runStop());

  readonly stderrTail = (): Buffer => Buffer.alloc(0);

  readonly stderrBytes = (): number => 0;

  /** True when that is all there is to say: in 2026-07-28, closing the response stream cancels. */
  private cancel(id: RequestId): boolean {
    const post = this.posts.take(id);
    if (post === undefined) return false;
    if (isModernPost(post)) {
      post.isOver = true;
      post.cut();
      return true;
    }
    // Older servers are told. They leave the answer out, and perhaps its stream open.
    void this.order.then(() => {
      post.isOver = true;
      post.cut();
    });
    return false;
  }

  private post(post: Post): void {
    if (post.isOver || this.exit !== undefined) {
      this.sent(post);
      return;
    }
    const request = this.track(
      sendRequest(this.parts.target, {
        ...{ method: "POST" as const, headers: this.session.headersFor(post), body: post.line },
        onSent: () => {
          this.sent(post);
        },
        onResponse: (response) => {
          this.answered(post, response);
        },
        onFailure: (failure) => {
          this.failed(post, failure);
        },
      }),
    );
    post.cut = () => request.destroy();
  }

  /** Settles when the server has taken it. */
  private tell(post: Post): Promise<void> {
    this.sent(post);
    if (this.exit !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const request = this.track(
        sendRequest(this.parts.target, {
          ...{ method: "POST" as const, headers: this.session.headersFor(post), body: post.line },
          onResponse: (response) => {
            response.resume();
            const { statusCode = 0 } = response;
            if (statusCode >= 300) this.judge(response);
            else if (post.method === "notifications/initialized") this.common.open();
          },
          onFailure: (failure) => {
            this.failed(post, failure);
          },
        }),
      );
      request.on("close", resolve);
      request.setTimeout(RESUME_MS * MAX_RESUMES, () => request.destroy());
    });
  }

  private track(request: ClientRequest): ClientRequest {
    this.requests.add(request);
    request.on("close", () => this.requests.delete(request));
    return request;
  }

  private sent({ line }: Post): void {
    const wasHigh = this.unsent > HIGH_WATER_BYTES;
    this.unsent -= line.length;
    if (wasHigh && this.unsent <= HIGH_WATER_BYTES && this.exit === undefined) this.parts.handlers.onDrain();
  }

  private answered(post: Post, response: IncomingMessage): void {
    const { statusCode = 0 } = response;
    const isModernError = isModernPost(post) && [400, 404].includes(statusCode);
    if (!isAnswer(response) && !(isModernError && isPlain(response) && mediaType(response) === "application/json")) {
      response.resume();
      this.refused(post, response);
      return;
    }
    if (post.method === "initialize") this.session.noticeId(response);
    this.read(post, response);
  }

  private read(
    post: Post | undefined,
    response: IncomingMessage,
    onEnd?: (stream: SseReader | undefined) => void,
  ): void {
    this.responses.add(response);
    const { onLine, onOversize } = this.parts.handlers;
    readAnswer(response, {
      maxBytes: this.parts.maxLineBytes,
      onLine: (bytes) => {
        if (this.exit !== undefined || post?.isOver === true) return;
        if (post !== undefined) this.notice(post, bytes);
        onLine(bytes);
      },
      onOversize: () => {
        if (this.exit === undefined) onOversize();
      },
      onEnd: ({ stream }) => {
        this.responses.delete(response);
        if (onEnd !== undefined) onEnd(stream);
        else if (post !== undefined) this.ended(post, stream);
      },
    });
    if (this.isPaused) response.pause();
  }

  /** What the link itself takes from an answer: that it is there, and the version that `initialize` agreed on. */
  private notice(post: Post, bytes: Buffer): void {
    const answer = answerIn(bytes);
    if (answer === undefined || answer.id !== post.id) return;
    if (post.id !== undefined) this.posts.take(post.id);
    if (post.method === "initialize") this.session.noticeVersion(answer.result);
    if (post.method === "tools/list") this.session.noticeTools(answer.result);
  }

  private isWaiting(post: Post): boolean {
    return this.exit === undefined && this.posts.isWaiting(post);
  }

  /** The stream is over. Where the answer is still to come, it is asked for again, or the call ends. */
  private ended(post: Post, stream: SseReader | undefined): void {
    if (!this.isWaiting(post)) return;
    const last = stream?.lastEventId();
    if (last === undefined || isModernPost(post) || post.resumes >= MAX_RESUMES) {
      this.noAnswer(post);
      return;
    }
    post.resumes++;
    setTimeout(() => {
      if (this.isWaiting(post)) this.listen(last, post);
    }, stream?.retryMs() ?? RESUME_MS).unref();
  }

  /** A stream of the server's own, or the rest of an answer's (MCP 2025-11-25, transports: resumability). */
  private listen(
    lastEventId: string | undefined,
    post: Post | undefined,
    onEnd?: (stream: SseReader | undefined, status: number) => void,
  ): void {
    if (this.exit !== undefined) return;
    const over = (stream: SseReader | undefined, status: number): void => {
      if (onEnd !== undefined) onEnd(stream, status);
      else if (post !== undefined) this.ended(post, stream);
    };
    const request = askStream(this.parts.target, this.session.headers(), {
      lastEventId,
      onStream: (response) => {
        this.read(post, response, (stream) => {
          over(stream, 200);
        });
      },
      onNone: (status) => {
        over(undefined, status);
      },
    });
    this.track(request);
    if (post !== undefined) post.cut = () => request.destroy();
  }

  private failed(post: Post, { isUnsent, why }: HttpFailure): void {
    if (post.isOver || this.exit !== undefined) return;
    // A server that cannot be reached is gone; a connection that broke is one call's loss.
    if (isUnsent || post.method === "initialize") this.lose("unreachable", `it cannot be reached (${why})`);
    else if (this.isWaiting(post)) this.noAnswer(post);
  }

  private refused(post: Post, response: IncomingMessage): void {
    if (this.judge(response)) return;
    const status = String(response.statusCode ?? 0);
    if (post.method === "initialize")
      this.lose(`http-${status}`, `it answered \`initialize\` with HTTP status ${status}`);
    else this.noAnswer(post);
  }

  /** Ends the link for what cannot become better: true when it did. */
  private judge(response: IncomingMessage): boolean {
    const loss = lossOf(response, this.parts.target.url, this.session.isOpen);
    if (loss !== undefined) this.lose(loss.code, loss.says);
    return this.exit !== undefined;
  }

  /** The call ends as one that failed: whether it was made, nobody can tell. */
  private noAnswer(post: Post): void {
    if (post.id === undefined || !this.isWaiting(post)) return;
    this.posts.take(post.id);
    const line = errorLine(post.id, { code: -32603, message: "the HTTP request had no answer" });
    this.parts.handlers.onLine(Buffer.from(line, "utf8"));
  }

  private lose(code: string, says: string): void {
    this.end({ ...NOT_LOST, lost: { code, says: `${this.parts.target.url.origin}: ${says}` } });
  }

  private async runStop(): Promise<ExitFacts> {
    if (this.exit === undefined && this.session.isOpen) await endSession(this.parts.target, this.session.headers());
    this.end(NOT_LOST);
    return this.gone;
  }

  private end(facts: ExitFacts): void {
    if (this.exit !== undefined) return;
    this.exit = facts;
    this.common.close();
    for (const request of this.requests) request.destroy();
    this.parts.handlers.onExit(facts);
    this.settle(facts);
  }
}
