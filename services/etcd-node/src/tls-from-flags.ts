import type { EtcdConfig } from "./config.ts";
import type { TlsOptions } from "./transport/listen.ts";
import { parseTlsLimits } from "./transport/tls-limits.ts";

/** Of the listeners for clients; undefined without a certificate. An authority alone means, as with etcd, that its certificates are asked for. */
export function clientTlsFrom(config: EtcdConfig): TlsOptions | undefined {
  const { certFile, keyFile, trustedCaFile: caFile, clientCertAuth, clientCrlFile: crlFile } = config;
  const limits = parseTlsLimits(config, { commonNames: [], hostnames: config.clientCertAllowedHostname });
  if (!certFile) return undefined;
  return { caFile, certFile, keyFile, crlFile, requiresCertificate: clientCertAuth || caFile !== "", limits };
}

/** Of the listeners for peers, which always ask for a certificate. */
export function peerTlsFrom(config: EtcdConfig): TlsOptions | undefined {
  const { peerCertFile: certFile, peerKeyFile: keyFile, peerTrustedCaFile: caFile, peerCrlFile: crlFile } = config;
  const names = { commonNames: config.peerCertAllowedCn, hostnames: config.peerCertAllowedHostname };
  const limits = parseTlsLimits(config, names);
  return certFile ? { caFile, certFile, keyFile, crlFile, requiresCertificate: true, limits } : undefined;
}
