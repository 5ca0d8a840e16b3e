export {
  type ConfigurationChange,
  type ConfigurationVerdict,
  changeConfiguration,
  isJoint,
  leaveJoint,
} from "./configuration.ts";
export type { RaftConfig } from "./core.ts";
export { allMembers, isVoter } from "./quorum.ts";
export { type ProposeVerdict, RaftNode } from "./raft-node.ts";
export { appliableBeforeSave } from "./ready.ts";
export * from "./types.ts";
