import {
  booleanFlag,
  choiceFlag,
  durationMsFlag,
  type FlagSet,
  type FlagValues,
  integerFlag,
  stringFlag,
} from "@drydock/component";

/** What is recorded of requests, and where. */
export const auditFlags = {
  "audit-log-path": stringFlag({
    help: "where requests are recorded; empty for nowhere, `-` for standard output",
    default: "",
  }),
  "audit-log-maxsize": integerFlag({
    help: "megabytes of a log before a new one begins; 0 for 100",
    default: 0,
    min: 0,
  }),
  "audit-log-maxbackup": integerFlag({ help: "how many old logs are kept; 0 for all", default: 0, min: 0 }),
  "audit-log-maxage": integerFlag({ help: "days that old logs are kept; 0 for ever", default: 0, min: 0 }),
  "audit-log-compress": booleanFlag({ help: "old logs are compressed", default: false }),
  "audit-log-mode": choiceFlag(["batch", "blocking", "blocking-strict"], {
    help: "whether requests wait for their events (blocking), and fail with the first of them (blocking-strict)",
    default: "blocking",
  }),
  "audit-log-batch-buffer-size": integerFlag({
    help: "events that may wait to be stored; more are lost (batch)",
    default: 10_000,
    min: 1,
  }),
  "audit-log-batch-max-size": integerFlag({ help: "events that are stored at once (batch)", default: 1, min: 1 }),
  "audit-log-batch-max-wait": durationMsFlag({ help: "how long an event waits for others (batch)", default: 0 }),
  "audit-log-batch-throttle-enable": booleanFlag({
    help: "whether batches are kept from coming too often",
    default: false,
  }),
  "audit-log-batch-throttle-qps": integerFlag({ help: "batches a second, where that is limited", default: 1, min: 1 }),
  "audit-log-batch-throttle-burst": integerFlag({
    help: "batches at once after a pause, where that is limited",
    default: 1,
    min: 1,
  }),
  "audit-log-truncate-enabled": booleanFlag({
    help: "whether events that are too large go without their bodies",
    default: false,
  }),
  "audit-log-truncate-max-event-size": integerFlag({
    help: "octets of an event before its bodies are left out",
    default: 102_400,
    min: 1,
  }),
  "audit-log-truncate-max-batch-size": integerFlag({
    help: "octets that are stored at once, where events are cut",
    default: 10_485_760,
    min: 1,
  }),
  "audit-policy-file": stringFlag({
    help: "what is recorded (audit.k8s.io/v1 Policy); empty for metadata of what people do",
    default: "",
  }),
  "audit-webhook-config-file": stringFlag({
    help: "kubeconfig of a webhook that is sent what is recorded; empty for none",
    default: "",
  }),
  "audit-webhook-mode": choiceFlag(["batch", "blocking", "blocking-strict"], {
    help: "whether requests wait for their events (blocking), and fail with the first of them (blocking-strict)",
    default: "batch",
  }),
  "audit-webhook-batch-buffer-size": integerFlag({
    help: "events that may wait to be stored; more are lost (batch)",
    default: 10_000,
    min: 1,
  }),
  "audit-webhook-batch-max-size": integerFlag({ help: "events that are stored at once (batch)", default: 400, min: 1 }),
  "audit-webhook-batch-max-wait": durationMsFlag({
    help: "how long an event waits for others (batch)",
    default: 30000,
  }),
  "audit-webhook-batch-throttle-enable": booleanFlag({
    help: "whether batches are kept from coming too often",
    default: true,
  }),
  "audit-webhook-batch-throttle-qps": integerFlag({
    help: "batches a second, where that is limited",
    default: 10,
    min: 1,
  }),
  "audit-webhook-batch-throttle-burst": integerFlag({
    help: "batches at once after a pause, where that is limited",
    default: 15,
    min: 1,
  }),
  "audit-webhook-truncate-enabled": booleanFlag({
    help: "whether events that are too large go without their bodies",
    default: false,
  }),
  "audit-webhook-truncate-max-event-size": integerFlag({
    help: "octets of an event before its bodies are left out",
    default: 102_400,
    min: 1,
  }),
  "audit-webhook-truncate-max-batch-size": integerFlag({
    help: "octets that are stored at once, where events are cut",
    default: 10_485_760,
    min: 1,
  }),
  "audit-webhook-initial-backoff": durationMsFlag({
    help: "pause before what could not be sent is sent again",
    default: 10_000,
  }),
} satisfies FlagSet;

export type AuditConfig = FlagValues<typeof auditFlags>;
