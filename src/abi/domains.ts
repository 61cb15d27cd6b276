/**
 * The twelve domains that zero-trust frameworks for agents ask about, each with the claims of agentk that answer to it
 * and with what is lacking. docs/zero-trust.md is printed from it.
 */
import type { ClaimId } from "./claims.js";

export interface Domain {
  readonly title: string;
  readonly claims: readonly ClaimId[];
  /** What the domain asks for and agentk does not do; none when nothing is known to be lacking. */
  readonly lacking: readonly string[];
}

export const DOMAINS: readonly Domain[] = [
  {
    title: "Identity and authentication",
    claims: ["A1", "K1", "N1"],
    lacking: ["keys of single agents: a run has the operator's key, and an agent's id is a name the operator gives"],
  },
  {
    title: "Least privilege",
    claims: ["M1", "A2", "P1", "B4"],
    lacking: ["delegation from agent to agent; grants are the operator's, and there is no spawning of agents"],
  },
  {
    title: "Isolation and lateral movement",
    claims: ["T3", "B1", "B5"],
    lacking: ["a sandbox: a server runs with its user's rights"],
  },
  { title: "Audit trail", claims: ["E1", "E2", "E3", "E6", "E7"], lacking: [] },
  { title: "Tools", claims: ["M1", "M2", "B3"], lacking: [] },
  { title: "Input validation", claims: ["M3", "M4", "T4"], lacking: [] },
  {
    title: "Memory",
    claims: ["T1", "T2"],
    lacking: ["a memory of its own: `memory.read` and `memory.write` are decided and have no driver yet"],
  },
  {
    title: "Governance",
    claims: ["A3", "A4"],
    lacking: ["approvals in a live run, signed policies, and a stop for all runs at once"],
  },
  {
    title: "Credentials",
    claims: ["K1", "K2", "B1", "E5"],
    lacking: [
      "a broker that gives a tool its secret: references are checked (`agentk secret-refs-check`), not redeemed",
    ],
  },
  { title: "Integrity and recovery", claims: ["F1", "E1", "E4", "K2"], lacking: [] },
  {
    title: "Monitoring",
    claims: ["E4"],
    lacking: ["alerts on unusual behaviour; a run can be inspected and asked about, nothing watches it by itself"],
  },
  {
    title: "Output filtering",
    claims: ["B2", "P2", "T1"],
    lacking: ["detection of personal data: what is private is what `[[sources]]` or a tool's name says"],
  },
];
