import {
  booleanFlag,
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
  "audit-policy-file": stringFlag({
    help: "what is recorded (audit.k8s.io/v1 Policy); empty for metadata of what people do",
    default: "",
  }),
  "audit-webhook-config-file": stringFlag({
    help: "kubeconfig of a webhook that is sent what is recorded; empty for none",
    default: "",
  }),
  "audit-webhook-batch-buffer-size": integerFlag({
    help: "events that may wait to be sent; more are lost",
    default: 10_000,
    min: 1,
  }),
  "audit-webhook-batch-max-size": integerFlag({ help: "events that are sent at once", default: 400, min: 1 }),
  "audit-webhook-batch-max-wait": durationMsFlag({ help: "how long an event waits for others", default: 30_000 }),
  "audit-webhook-initial-backoff": durationMsFlag({
    help: "pause before what could not be sent is sent again",
    default: 10_000,
  }),
} satisfies FlagSet;

export type AuditConfig = FlagValues<typeof auditFlags>;
