/** The variables and files that the program goes by, as the man page lists them. */
import type { Meaning } from "../report/man-page.js";

export const ENVIRONMENT: readonly Meaning[] = [
  ["AGENTK_DATA_DIR", "where keys are kept; otherwise agentk in XDG_DATA_HOME or in the user's folder for data"],
  ["AGENTK_SIGNING_KEY_HEX", "the signing key itself, 64 hexadecimal digits; comes before the file"],
  ["AGENTK_SIGNING_KEY_FILE", "a file of mode 0600 with the signing key; comes before the one in the data folder"],
  ["AGENTK_SIGNING_KEY_PASSPHRASE_FILE", "a file of mode 0600 with the passphrase of a locked key"],
  ["AGENTK_REQUIRE_SIGNING_KEY", "1: a run does not begin without a signing key that was made before"],
  ["AGENTK_AZURE_VAULT_URL", "the address that secret-refs-store-check asks in place of Azure's; see also its help"],
  ["XDG_RUNTIME_DIR", "where the control sockets of live runs are, which context speaks to"],
  ["NO_COLOR, FORCE_COLOR", "no colours, or colours without a terminal too"],
];

export const FILES: readonly Meaning[] = [
  [".agentk/runs/<run>.jsonl", "the flight log of a run; latest.jsonl is a link to the newest"],
  [".agentk/runs/<run>.payloads", "its values, sealed; what is committed to in the log can be opened from here"],
  ["agentk.lock", "the descriptors of servers that the operator has accepted, see pins"],
  ["agentk.policy.toml", "where init writes a policy"],
];
