/** The MCP revisions this proxy has contracts for, oldest first. */
export const REVISIONS = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] as const;

export type Revision = (typeof REVISIONS)[number];

const NEWEST: Revision = "2025-11-25";

export function isRevision(version: unknown): version is Revision {
  return (REVISIONS as readonly unknown[]).includes(version);
}

/** The `protocolVersion` put before the server: the client's when we have contracts for it, otherwise our newest. */
export function forwardVersion(clientVersion: string): Revision {
  return isRevision(clientVersion) ? clientVersion : NEWEST;
}
