/**
 * agentk as an adapter of the AgentDojo scorer: `prompt`, `decide` and `observe` are inputs of the real kernel, the same
 * `step` that the proxy runs. A session of the benchmark is a run of its own; the policy is policies/<suite>.toml and
 * nothing else is known of the suite.
 */
import { fileURLToPath } from "node:url";
import { BareRun } from "../../dist/app/policy/bare-run.js";
import { compileSource, readPolicy } from "../../dist/app/policy/file.js";

const compiled = new Map();
/** One source is compiled once: a session's kernel is as fast as a run's after its first line. */
const compile = (source) => {
  if (!compiled.has(source)) compiled.set(source, compileSource(source));
  return compiled.get(source);
};

const sources = new Map();
const sourceOf = async (suite) => {
  const file = fileURLToPath(new URL(`policies/${suite}.toml`, import.meta.url));
  if (!sources.has(suite)) sources.set(suite, (await readPolicy(file)).source);
  return sources.get(suite);
};

/** A tool's output as an MCP server hands it out: the text, and structured content, which is always an object. */
export function resultOf(output, { structured, error } = {}) {
  const isObject = typeof structured === "object" && structured !== null && !Array.isArray(structured);
  return {
    content: [{ type: "text", text: String(output ?? "") }],
    ...(structured === undefined ? {} : { structuredContent: isObject ? structured : { result: structured } }),
    ...(error === undefined || error === null || error === false ? {} : { isError: true }),
  };
}

const ANSWERS = { allow: "allow", transform: "allow", ask: "approve", deny: "deny", defer: "deny" };

export default {
  name: "agentk",
  async start(session) {
    session.state.run = new BareRun(await sourceOf(session.suite), compile);
  },
  prompt(session, text) {
    session.state.run.user(text);
  },
  decide(session, { tool, args }) {
    session.state.made = session.state.run.call({
      kind: "tool.invoke",
      server: session.suite,
      subject: { tool },
      args,
    });
    return ANSWERS[session.state.made.decision.verdict];
  },
  /** A call that was asked about has been approved, or no result of it would come. */
  observe(session, _call, output, meta) {
    session.state.run.answer(session.state.made, resultOf(output, meta));
  },
};
