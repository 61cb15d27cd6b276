/** The names of every action the kernel knows. Rows with their meaning are in kernel/table.ts. */
export const SYSCALL_NAMES = [
  "model.call",
  "context.read",
  "memory.read",
  "memory.write",
  "tool.describe",
  "tool.invoke",
  "tool.response",
  "resource.describe",
  "resource.read",
  "resource.response",
  "prompt.describe",
  "prompt.get",
  "prompt.response",
  "secret.open",
  "network.send",
  "file.patch",
  "human.approve",
  "agent.spawn",
] as const;

export type SyscallName = (typeof SYSCALL_NAMES)[number];

/** What a request is recorded as when its kind is none of the above: it can only be denied. */
export const UNKNOWN_SYSCALL = "unknown";
export const SYSCALL_KINDS = [...SYSCALL_NAMES, UNKNOWN_SYSCALL] as const;
export type SyscallKind = (typeof SYSCALL_KINDS)[number];

const NAMES: ReadonlySet<string> = new Set(SYSCALL_NAMES);

export function isSyscallName(name: string): name is SyscallName {
  return NAMES.has(name);
}

/** low: reads; medium: tool calls, outbound messages; high: money, credentials, destructive or irreversible acts. */
export const RISKS = ["low", "medium", "high"] as const;
export type Risk = (typeof RISKS)[number];

/** The lowest tier whose intents are flushed to the disk before their effect. */
export const DURABLE_FROM = [...RISKS, "never"] as const;

/** What an act does to the world, from what is harmless to what runs code. */
export const ACTS = ["read", "write", "send", "execute"] as const;
export type Act = (typeof ACTS)[number];

/** What the server's own listings say of a tool: see kernel/descriptors.ts. */
export const DESCRIPTOR_STATES = ["listed", "unlisted", "changed", "quarantined", "unknown"] as const;
export type DescriptorState = (typeof DESCRIPTOR_STATES)[number];
