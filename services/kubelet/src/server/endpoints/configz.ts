import type { KubeletConfig } from "../../config.ts";

/** The configuration that the process runs with, in the words of upstream's KubeletConfiguration. */
export function kubeletConfiguration(config: KubeletConfig): object {
  return {
    enableServer: true,
    address: config.address,
    port: config.port,
    tlsCertFile: config.tlsCertFile,
    tlsPrivateKeyFile: config.tlsPrivateKeyFile,
    authentication: {
      x509: { clientCAFile: config.clientCaFile },
      webhook: {
        enabled: config.authenticationTokenWebhook,
        cacheTTL: formatDuration(config.authenticationTokenWebhookCacheTtl),
      },
      anonymous: { enabled: config.anonymousAuth },
    },
    authorization: {
      mode: config.authorizationMode,
      webhook: {
        cacheAuthorizedTTL: formatDuration(config.authorizationWebhookCacheAuthorizedTtl),
        cacheUnauthorizedTTL: formatDuration(config.authorizationWebhookCacheUnauthorizedTtl),
      },
    },
    enableDebuggingHandlers: config.enableDebuggingHandlers,
    healthzPort: config.healthzPort,
    healthzBindAddress: config.healthzBindAddress,
    clusterDomain: config.clusterDomain,
    clusterDNS: config.clusterDns.split(","),
    nodeStatusUpdateFrequency: formatDuration(config.nodeStatusUpdateFrequency),
    nodeStatusReportFrequency: "5m0s",
    nodeLeaseDurationSeconds: 40,
    maxPods: config.maxPods,
    containerRuntimeEndpoint: config.containerRuntimeEndpoint,
    enableSystemLogHandler: false,
    enableProfilingHandler: false,
    enableDebugFlagsHandler: false,
    failSwapOn: false,
  };
}

/** As Go writes durations: 1h0m0s, 5m0s, 30s, 1.5s. */
function formatDuration(ms: number): string {
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor((ms % 3_600_000) / 60_000);
  const seconds = (ms % 60_000) / 1000;
  if (ms > 0 && ms < 1000) return `${ms}ms`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
