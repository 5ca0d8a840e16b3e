export type { RaftConfig } from "./core.ts";
export { allMembers, isVoter } from "./quorum.ts";
export { type ProposeVerdict, RaftNode } from "./raft-node.ts";
export * from "./types.ts";
