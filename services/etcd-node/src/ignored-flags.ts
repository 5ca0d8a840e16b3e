import { booleanFlag, choiceFlag, durationMsFlag, type FlagSet, integerFlag } from "@drydock/component";

/** What deployments of etcd say about things that are not there, or not otherwise, in this store. */
export const ignoredFlags = {
  "backend-batch-interval": durationMsFlag({ help: "etcd's; taken and without effect here", default: 0 }),
  "backend-batch-limit": integerFlag({ help: "etcd's; taken and without effect here", default: 0 }),
  "backend-bbolt-freelist-type": choiceFlag(["array", "map"], {
    help: "etcd's; taken and without effect here",
    default: "map",
  }),
  "bootstrap-defrag-threshold-megabytes": integerFlag({ help: "etcd's; taken and without effect here", default: 0 }),
  "downgrade-check-time": durationMsFlag({ help: "etcd's; taken and without effect here", default: 0 }),
  "enable-pprof": booleanFlag({ help: "etcd's; taken and without effect here", default: false }),
  "grpc-keepalive-interval": durationMsFlag({ help: "etcd's; taken and without effect here", default: 0 }),
  "grpc-keepalive-min-time": durationMsFlag({ help: "etcd's; taken and without effect here", default: 0 }),
  "grpc-keepalive-timeout": durationMsFlag({ help: "etcd's; taken and without effect here", default: 0 }),
  "initial-election-tick-advance": booleanFlag({ help: "etcd's; taken and without effect here", default: true }),
  logger: choiceFlag(["zap"], { help: "etcd's; taken and without effect here", default: "zap" }),
  "max-concurrent-streams": integerFlag({ help: "etcd's; taken and without effect here", default: 0 }),
  "max-snapshots": integerFlag({ help: "etcd's; taken and without effect here", default: 5 }),
  "max-wals": integerFlag({ help: "etcd's; taken and without effect here", default: 5 }),
  "memory-mlock": booleanFlag({ help: "etcd's; taken and without effect here", default: false }),
  "pre-vote": booleanFlag({ help: "etcd's; taken and without effect here", default: true }),
  "raft-read-timeout": durationMsFlag({ help: "etcd's; taken and without effect here", default: 5000 }),
  "raft-write-timeout": durationMsFlag({ help: "etcd's; taken and without effect here", default: 5000 }),
  "peer-skip-client-san-verification": booleanFlag({ help: "etcd's; taken and without effect here", default: false }),
  "socket-reuse-address": booleanFlag({ help: "etcd's; taken and without effect here", default: false }),
  "v2-deprecation": choiceFlag(["not-yet", "write-only", "write-only-drop-data", "gone"], {
    help: "etcd's; taken and without effect here",
    default: "write-only",
  }),
} satisfies FlagSet;
