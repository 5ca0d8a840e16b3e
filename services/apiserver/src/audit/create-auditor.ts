import { readFile } from "node:fs/promises";
import type { Logger } from "@drydock/component";
import type { ApiserverConfig } from "../config.ts";
import { createAuditLog } from "./audit-log.ts";
import { Auditor } from "./auditor.ts";
import { defaultAuditPolicy } from "./default-policy.ts";
import { parseAuditPolicy } from "./policy.ts";

/** Undefined when there is nowhere to write. */
export async function createAuditor(config: ApiserverConfig, logger: Logger): Promise<Auditor | undefined> {
  const file = config.auditPolicyFile;
  const policy = file === "" ? defaultAuditPolicy : await readPolicy(file);
  if (config.auditLogPath === "") return undefined;
  const log = createAuditLog(config.auditLogPath, {
    maxSizeMegabytes: config.auditLogMaxsize,
    maxBackups: config.auditLogMaxbackup,
    maxAgeDays: config.auditLogMaxage,
  });
  return new Auditor(policy, log, logger);
}

async function readPolicy(file: string) {
  try {
    return parseAuditPolicy(await readFile(file, "utf8"));
  } catch (error) {
    throw new Error(`--audit-policy-file: loading audit policy file: ${(error as Error).message}`, { cause: error });
  }
}
