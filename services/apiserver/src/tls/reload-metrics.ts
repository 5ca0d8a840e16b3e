import { createHash } from "node:crypto";
import { Counter, Gauge, type Registry } from "prom-client";

/** What is told of a configuration file that is read again when it changes. */
export interface ReloadMetrics {
  loaded(bytes: Buffer): void;
  failed(): void;
}

/** Under upstream's names: `apiserver_<subject>_config_controller_…`. */
export function createReloadMetrics(
  metrics: Registry,
  subject: "authentication" | "authorization",
  serverId: string,
): ReloadMetrics {
  const prefix = `apiserver_${subject}_config_controller`;
  const registers = [metrics];
  const labelNames = ["apiserver_id_hash", "status"];
  const total = new Counter({
    name: `${prefix}_automatic_reloads_total`,
    help: `Total number of automatic reloads of ${subject} configuration split by status and apiserver identity.`,
    labelNames,
    registers,
  });
  const lastAt = new Gauge({
    name: `${prefix}_automatic_reload_last_timestamp_seconds`,
    help: `Timestamp of the last automatic reload of ${subject} configuration split by status and apiserver identity.`,
    labelNames,
    registers,
  });
  const info = new Gauge({
    name: `${prefix}_last_config_info`,
    help: `Information about the last applied ${subject} configuration with hash as label, split by apiserver identity.`,
    labelNames: ["apiserver_id_hash", "hash"],
    registers,
  });
  const apiserver_id_hash = hashOf(serverId);
  let isFirst = true;
  const count = (status: "success" | "failure") => {
    total.inc({ apiserver_id_hash, status });
    lastAt.set({ apiserver_id_hash, status }, Date.now() / 1000);
  };
  return {
    loaded(bytes) {
      if (!isFirst) count("success");
      isFirst = false;
      info.reset();
      info.set({ apiserver_id_hash, hash: hashOf(bytes) }, 1);
    },
    failed: () => count("failure"),
  };
}

function hashOf(content: string | Buffer): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}
