import { readFile } from "node:fs/promises";
import type { Clock } from "@drydock/base";
import type { Logger } from "@drydock/component";
import { exchangeJson } from "../outbound/json-client.ts";
import { endpointOfKubeconfig } from "../outbound/webhook.ts";
import type { AuditBackend, AuditSink } from "./audit-backend.ts";
import type { AuditConfig } from "./audit-flags.ts";
import { createAuditLog } from "./audit-log.ts";
import { auditWebhook } from "./audit-webhook.ts";
import { Auditor } from "./auditor.ts";
import { type BatchLimits, BufferedAudit } from "./buffered-audit.ts";
import { defaultAuditPolicy } from "./default-policy.ts";
import { parseAuditPolicy } from "./policy.ts";
import { truncatedAudit } from "./truncated-audit.ts";

const WEBHOOK_TIMEOUT_MS = 30_000;

interface Surroundings {
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Undefined when there is nowhere to write. */
export async function createAuditor(config: AuditConfig, clock: Clock, logger: Logger): Promise<Auditor | undefined> {
  const file = config.auditPolicyFile;
  const policy = file === "" ? defaultAuditPolicy : await readPolicy(file);
  const backends = [
    ...(config.auditLogPath === "" ? [] : [createLog(config, { clock, logger })]),
    ...(config.auditWebhookConfigFile === "" ? [] : [createWebhook(config, { clock, logger })]),
  ];
  return backends.length === 0 ? undefined : new Auditor(policy, backends, logger);
}

function createLog(config: AuditConfig, surroundings: Surroundings): AuditBackend {
  const log = createAuditLog(config.auditLogPath, {
    maxSizeMegabytes: config.auditLogMaxsize,
    maxBackups: config.auditLogMaxbackup,
    maxAgeDays: config.auditLogMaxage,
    isCompressed: config.auditLogCompress,
  });
  const write = (events: readonly object[]) => {
    for (const event of events) log.write(event);
  };
  const sizes = {
    maxEventSize: config.auditLogTruncateMaxEventSize,
    maxBatchSize: config.auditLogTruncateMaxBatchSize,
  };
  const sink = config.auditLogTruncateEnabled ? truncatedAudit(sizes, write) : write;
  const limits = {
    bufferSize: config.auditLogBatchBufferSize,
    maxSize: config.auditLogBatchMaxSize,
    maxWaitMs: config.auditLogBatchMaxWait,
    throttle: config.auditLogBatchThrottleEnable
      ? { perSecond: config.auditLogBatchThrottleQps, burst: config.auditLogBatchThrottleBurst }
      : undefined,
  };
  const backend = inMode(config.auditLogMode, sink, limits, surroundings);
  const stop = async () => {
    await backend.stop?.();
    await log.stop?.();
  };
  return { isStrict: backend.isStrict === true, write: (event) => backend.write(event), stop };
}

function createWebhook(config: AuditConfig, surroundings: Surroundings): AuditBackend {
  const endpoint = endpointOfKubeconfig(config.auditWebhookConfigFile, WEBHOOK_TIMEOUT_MS);
  let isStopping = false;
  const send = auditWebhook(config.auditWebhookInitialBackoff, {
    clock: surroundings.clock,
    post: async (list) => (await exchangeJson(endpoint, list)).status,
    isStopping: () => isStopping,
  });
  const sizes = {
    maxEventSize: config.auditWebhookTruncateMaxEventSize,
    maxBatchSize: config.auditWebhookTruncateMaxBatchSize,
  };
  const sink = config.auditWebhookTruncateEnabled ? truncatedAudit(sizes, send) : send;
  const limits = {
    bufferSize: config.auditWebhookBatchBufferSize,
    maxSize: config.auditWebhookBatchMaxSize,
    maxWaitMs: config.auditWebhookBatchMaxWait,
    throttle: config.auditWebhookBatchThrottleEnable
      ? { perSecond: config.auditWebhookBatchThrottleQps, burst: config.auditWebhookBatchThrottleBurst }
      : undefined,
  };
  const backend = inMode(config.auditWebhookMode, sink, limits, surroundings);
  const stop = async () => {
    isStopping = true;
    await backend.stop?.();
  };
  return { isStrict: backend.isStrict === true, write: (event) => backend.write(event), stop };
}

function inMode(
  mode: AuditConfig["auditLogMode"],
  sink: AuditSink,
  limits: BatchLimits,
  surroundings: Surroundings,
): AuditBackend {
  if (mode === "batch") return new BufferedAudit(limits, { sink, ...surroundings });
  return { isStrict: mode === "blocking-strict", write: (event) => sink([event]) };
}

async function readPolicy(file: string) {
  try {
    return parseAuditPolicy(await readFile(file, "utf8"));
  } catch (error) {
    throw new Error(`--audit-policy-file: loading audit policy file: ${(error as Error).message}`, { cause: error });
  }
}
