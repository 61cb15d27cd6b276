/** What a `session` line of a log can say happened between the two sides. */
export const SESSION_FACTS = [
  "child-started",
  "initialize",
  "ready",
  "ping",
  "late-answer",
  "child-fault",
  "child-exited",
  /** A server's own `ping`, and its question for the roots: answered by agentk. */
  "server-ping",
  "roots-listed",
  /** A server announced that a list of its has changed, and the client was told. */
  "tools-changed",
  "resources-changed",
  "prompts-changed",
  /** From here on messages of the server were dropped, because there were too many in a time. */
  "server-flood",
  "schema-unusable",
  /** A tool call goes on as a task; the server said that a task's state has changed, and the client was told. */
  "task-created",
  "task-changed",
  /** The server that was started again was not let in: `fault` says why. */
  "restart-refused",
  /** The server was subscribed to for resources, and the one that has taken its place is not. */
  "subscriptions-lost",
  /** The client gave answers to what no server had asked it. No server got them. */
  "answers-dropped",
] as const;

export type SessionFact = (typeof SESSION_FACTS)[number];
