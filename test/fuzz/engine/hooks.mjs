// Module hooks that put counters into agentk's built modules as they are loaded (engine/coverage.mjs registers them).
import { instrument } from "./instrument.mjs";

const OURS = /\/dist\/(?!bundle\/)[^?]*\.js$/;

export async function load(url, context, next) {
  const loaded = await next(url, context);
  if (!OURS.test(url) || loaded.source === null || loaded.source === undefined) return loaded;
  const { code, counters, texts } = instrument(Buffer.from(loaded.source).toString("utf8"), url);
  const head = `const __c = globalThis.agentkCounters(${String(counters)}, ${JSON.stringify(texts)});`;
  return { ...loaded, source: head + code };
}
