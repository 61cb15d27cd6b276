/** THE list of checks. `readiness` runs the groups of READINESS_GROUPS, `release-audit` all; docs/release-audit.md is printed from it. */
import type { AuditCheck } from "./check.js";
import { KEY_CHECKS } from "./keys.js";
import { POLICY_CHECKS } from "./policies.js";
import { REPOSITORY_CHECKS } from "./repository.js";

export const AUDIT_CHECKS: readonly AuditCheck[] = [...REPOSITORY_CHECKS, ...KEY_CHECKS, ...POLICY_CHECKS];
