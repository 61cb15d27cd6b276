/** The log that commands read when none is named: a link to the newest run's. */
export const LATEST_LOG = ".agentk/runs/latest.jsonl";
