import { readFile } from "node:fs/promises";
import type { Clock } from "@drydock/base";
import type { Logger } from "@drydock/component";
import { exchangeJson } from "../outbound/json-client.ts";
import { endpointOfKubeconfig } from "../outbound/webhook.ts";
import type { AuditConfig } from "./audit-flags.ts";
import { type AuditBackend, createAuditLog } from "./audit-log.ts";
import { AuditWebhook } from "./audit-webhook.ts";
import { Auditor } from "./auditor.ts";
import { defaultAuditPolicy } from "./default-policy.ts";
import { parseAuditPolicy } from "./policy.ts";

const WEBHOOK_TIMEOUT_MS = 30_000;

/** Undefined when there is nowhere to write. */
export async function createAuditor(config: AuditConfig, clock: Clock, logger: Logger): Promise<Auditor | undefined> {
  const file = config.auditPolicyFile;
  const policy = file === "" ? defaultAuditPolicy : await readPolicy(file);
  const backends: AuditBackend[] = [];
  if (config.auditLogPath !== "")
    backends.push(
      createAuditLog(config.auditLogPath, {
        maxSizeMegabytes: config.auditLogMaxsize,
        maxBackups: config.auditLogMaxbackup,
        maxAgeDays: config.auditLogMaxage,
        isCompressed: config.auditLogCompress,
      }),
    );
  if (config.auditWebhookConfigFile !== "") backends.push(createWebhook(config, clock, logger));
  return backends.length === 0 ? undefined : new Auditor(policy, backends, logger);
}

function createWebhook(config: AuditConfig, clock: Clock, logger: Logger): AuditWebhook {
  const endpoint = endpointOfKubeconfig(config.auditWebhookConfigFile, WEBHOOK_TIMEOUT_MS);
  const limits = {
    bufferSize: config.auditWebhookBatchBufferSize,
    maxSize: config.auditWebhookBatchMaxSize,
    maxWaitMs: config.auditWebhookBatchMaxWait,
    initialBackoffMs: config.auditWebhookInitialBackoff,
  };
  return new AuditWebhook(limits, {
    clock,
    logger,
    post: async (list) => (await exchangeJson(endpoint, list)).status,
  });
}

async function readPolicy(file: string) {
  try {
    return parseAuditPolicy(await readFile(file, "utf8"));
  } catch (error) {
    throw new Error(`--audit-policy-file: loading audit policy file: ${(error as Error).message}`, { cause: error });
  }
}
