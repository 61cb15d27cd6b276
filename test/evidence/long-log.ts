/** A log with a signed head between any two steps of a call, so that a cut at each of them parts something. */
import { SignedLog } from "./signed-log.js";
import { outcomeEvent, pageEvent, policyEvent, RUN_KEY, sessionEvent, testKey, type TestKey } from "./fixture.js";

export const NEXT_KEY = testKey(8);

/** Closed and sealed. `rekeys` is how often the operator's key changes after its beginning. */
export function longLog(key: TestKey = RUN_KEY, rekeys = 2): readonly string[] {
  const log = new SignedLog("agentk-flight/4", key);
  log.checkpoint().add(sessionEvent());
  for (let i = 0; i < 4; i++) {
    steps(log);
    if (i < rekeys) log.rekey(i % 2 === 0 ? NEXT_KEY : testKey(9)).checkpoint();
    if (i === 1) log.add(policyEvent()).checkpoint();
  }
  return log.checkpoint().closed();
}

function steps(log: SignedLog): void {
  const call = log.call("allow");
  log.checkpoint();
  log.call("deny");
  log.receipts([call]).checkpoint();
  const page = `p${String(log.seq)}`;
  log.add(pageEvent(log.seq, call)).checkpoint();
  log.add(outcomeEvent(call, page)).checkpoint();
  const asked = log.call("ask");
  log.checkpoint().approve(asked).checkpoint().receipts([asked]).checkpoint().answered(asked);
  const [first, second] = [log.call("allow"), log.call("ask")];
  log.checkpoint().receipts([first]).checkpoint().approve(second, false).checkpoint().answered(first);
}

/** The sequence numbers of the checkpoint lines. */
export function checkpointsOf(lines: readonly string[]): readonly number[] {
  return lines.flatMap((line, seq) => (line.includes('"type":"checkpoint"') ? [seq] : []));
}
