/** Every bound of the program, in one place, each with its reason. Sizes are bytes, times milliseconds. */

/** One JSON-RPC line, either direction. 10 MiB is what both SDK lines buffer, so what passes here they can still read. */
export const MAX_LINE_BYTES = 10 * 1024 * 1024;

/** Nesting of any JSON we read. Both SDKs fail to serialise at 5 000 to 8 000 levels; honest messages stay under 20. */
export const MAX_JSON_DEPTH = 128;

/** A line of a flight log. Events hold commitments, not values; the largest is a policy's source. */
export const MAX_LOG_LINE_BYTES = 1024 * 1024;

/** A policy file. The log line that carries its source must stay under MAX_LOG_LINE_BYTES after JSON escaping. */
export const MAX_POLICY_BYTES = 128 * 1024;

/**
 * The pins of a lock as the log carries them: some 3000 descriptors. JSON escaping doubles it at worst, so its line stays
 * under MAX_LOG_LINE_BYTES.
 */
export const MAX_PINS_BYTES = 400 * 1024;

/** A lock file: descriptors whole, so that a later change can be shown. */
export const MAX_LOCK_BYTES = 8 * 1024 * 1024;

/** One descriptor as a lock keeps it. Honest ones with large schemas have some 20 KiB. */
export const MAX_DESCRIPTOR_CHARS = 256 * 1024;

/** Tool, method, server and agent names: the 2025-11-25 guidance for tool names is 128 characters. */
export const MAX_NAME_CHARS = 128;

/** A JSON-RPC id that is a string. SDKs use integers or UUIDs (36). */
export const MAX_ID_CHARS = 256;

/** Calls waiting for the child at once; one more is denied, retryable. */
export const MAX_IN_FLIGHT = 256;

/** Timed-out or cancelled ids remembered so that a late answer is never taken for another call's. */
export const MAX_ABANDONED_IDS = 1024;

/** Messages accepted from one client in one run (the reference's default). */
export const MAX_CLIENT_MESSAGES = 10_000;

/** How long one call may wait for the child (the reference's default). */
export const RESPONSE_TIMEOUT_MS = 30_000;

/** Messages from the child without a contract that are recorded one by one; further ones are counted in the close line. */
export const MAX_RECORDED_STRAYS = 256;

/** Unparsable lines or answers to nothing from the child before it is taken for broken and stopped. */
export const MAX_CHILD_FAULTS = 64;

/** What is kept of the child's stderr: the last bytes, sealed, never shown to the client. */
export const MAX_STDERR_BYTES = 64 * 1024;

/** After stdin EOF, and again after SIGTERM, how long the child's process group has to go. */
export const CHILD_GRACE_MS = 500;

/** How often a server that ends by itself is started again, unless the operator says otherwise. */
export const MAX_RESTARTS = 3;

/** How long it is waited before the first restart; each one after it waits twice as long, up to MAX_RESTART_WAIT_MS. */
export const RESTART_WAIT_MS = 250;

/** The longest wait before a restart. */
export const MAX_RESTART_WAIT_MS = 8000;

/** A server that has lived so long counts as well again: what ended others before it is not held against it. */
export const RESTART_WELL_MS = 60_000;

/** A request to a witness, and its answer: 63 proof lines (c2sp.org/tlog-witness) and a note of 16 short signatures. */
export const MAX_WITNESS_BODY_BYTES = 64 * 1024;
/** A rotation manifest: room for MAX_ROTATION_ENTRIES of the largest (some 900 bytes as printed). */
export const MAX_ROTATION_BYTES = 1024 * 1024;

/** Rotations and revocations in one manifest: one a week for almost twenty years. Each costs two signature checks. */
export const MAX_ROTATION_ENTRIES = 1000;

/** A manifest of trusted signers. */
export const MAX_TRUST_BYTES = 256 * 1024;

/** Why a key was rotated or revoked, or whose it is: a sentence. */
export const MAX_KEY_NOTE_CHARS = 200;

/** A resource's URI; what real servers give has some hundred characters. */
export const MAX_URI_CHARS = 8192;

/** Cursors of one server that a session remembers. Lists have a few dozen pages. */
export const MAX_CURSORS = 1024;

/** The longest cursor of a server that is handed on. */
export const MAX_CURSOR_CHARS = 4096;

/** Resources that one session is subscribed to. */
export const MAX_SUBSCRIPTIONS = 1024;

/** Tool calls of one session that go on as tasks at once: each counts as a call in flight until its result is in. */
export const MAX_OPEN_TASKS = 64;

/** Tasks of one session that are over and may still be asked about. */
export const MAX_TASKS_KEPT = 256;

/** Tasks of one session in all: each id of the server's is remembered, so that none is used twice. */
export const MAX_TASKS = 10_000;

/** Questions of a server that wait for the client at once; one more is refused. People answer one at a time. */
export const MAX_SERVER_QUESTIONS = 16;

/** Forms and links of a server (elicitation) that a session remembers, to tell when one of them is done. */
export const MAX_ELICITATIONS = 256;

/** Notifications of a server: how many may come at once. */
export const MAX_NOTIFICATION_BURST = 256;

/** And how many a second in the long run. */
export const MAX_NOTIFICATIONS_PER_SECOND = 64;

/** Connections to the HTTP front at once: SSE streams and calls each hold one. */
export const MAX_HTTP_CONNECTIONS = 256;

/** Sessions of the HTTP front at once, each with a child of its own; `--max-sessions` says otherwise. */
export const MAX_HTTP_SESSIONS = 16;

/** Sessions of one run of the HTTP front in all: the kernel forgets none of them, so that no label is lost. */
export const MAX_HTTP_RUN_SESSIONS = 4096;

/** Bodies being read or waiting for a child that does not read, of all connections of the HTTP front together. */
export const MAX_HTTP_BODY_BYTES = 64 * 1024 * 1024;

/** A session of the HTTP front in which nothing is asked and nobody listens ends after this time, with its child. */
export const HTTP_SESSION_IDLE_MS = 15 * 60_000;

/** Messages that one session keeps for a client that was cut off; the oldest go first. */
export const MAX_HTTP_KEPT_EVENTS = 256;

/** And the bytes of these together. */
export const MAX_HTTP_KEPT_BYTES = 10 * 1024 * 1024;

/** How long a client may leave what it was sent unread before its connection is cut. */
export const HTTP_STALL_MS = 60_000;

/** A bearer token, of a client or for a remote server. RFC 6750 names no bound; signed tokens reach some 4 KiB. */
export const MAX_TOKEN_BYTES = 8 * 1024;

/** Headers of one HTTP message, either direction. */
export const MAX_HTTP_HEADER_BYTES = 16 * 1024;

/** How long a remote server may take to be connected to, and to take a notification. */
export const HTTP_CONNECT_MS = 10_000;

/** A manifest of secret references. */
export const MAX_SECRET_REFS_BYTES = 512 * 1024;

/** Its entries. */
export const MAX_SECRET_REFS = 1000;

/** One text of it. AWS has the longest references, some 600 characters. */
export const MAX_SECRET_REF_CHARS = 1024;

/** What a secret store answers with about one secret; a page of 1Password's items is the largest. */
export const MAX_SECRET_ANSWER_BYTES = 1024 * 1024;

/** How long one request to a secret store may take. */
export const SECRET_STORE_MS = 10_000;

/** And one command that prints a secret: it may ask for a password. */
export const SECRET_COMMAND_MS = 60_000;

/** Requests to secret stores at once. */
export const SECRET_CHECKS_AT_ONCE = 8;
