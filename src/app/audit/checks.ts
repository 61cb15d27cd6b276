/** THE list of checks. `readiness` runs the groups of READINESS_GROUPS, `release-audit` all; docs/release-audit.md is printed from it. */
import type { AuditCheck } from "./check.js";
import { KEY_CHECKS } from "./keys.js";
import { POLICY_CHECKS } from "./policies.js";
import { REPOSITORY_CHECKS } from "./repository.js";
import { ANSWER_CHECKS } from "./runtime/answers.js";
import { DECISION_CHECKS } from "./runtime/decisions.js";
import { DOOR_CHECKS } from "./runtime/doors.js";
import { RECORD_CHECKS } from "./runtime/records.js";
import { REQUEST_CHECKS } from "./runtime/requests.js";
import { STORY_CHECKS } from "./runtime/stories.js";
import { SUPPLY_CHECKS } from "./supply-chain.js";

export const AUDIT_CHECKS: readonly AuditCheck[] = [
  ...REPOSITORY_CHECKS,
  ...KEY_CHECKS,
  ...POLICY_CHECKS,
  ...REQUEST_CHECKS,
  ...ANSWER_CHECKS,
  ...DECISION_CHECKS,
  ...RECORD_CHECKS,
  ...DOOR_CHECKS,
  ...STORY_CHECKS,
  ...SUPPLY_CHECKS,
];
