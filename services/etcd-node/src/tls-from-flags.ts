import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import type { Logger } from "@drydock/component";
import type { EtcdConfig } from "./config.ts";
import type { PeerTls } from "./peers/peer-credentials.ts";
import type { TlsOptions } from "./transport/listen.ts";
import { ensureSelfSigned, type PairFiles } from "./transport/self-signed.ts";
import { followFiles } from "./transport/tls-files.ts";
import { parseTlsLimits, type TlsLimits } from "./transport/tls-limits.ts";

/** Of the two kinds of listeners, each undefined where there is no certificate, and of the connections to peers. */
export interface MemberTls {
  readonly clients: TlsOptions | undefined;
  readonly peers: TlsOptions | undefined;
  /** By the files as they are at the call. */
  readonly toPeers: () => PeerTls;
}

/** Certificates by the flags, or of the member's own making. Throws in etcd's words where the flags make no sense. */
export async function memberTlsFrom(config: EtcdConfig, dataDir: string, logger: Logger): Promise<MemberTls> {
  const clientUrls = [...config.listenClientUrls, ...config.listenClientHttpUrls];
  const making = { validityYears: config.selfSignedCertValidity, nowMs: Date.now() };
  const inDirectory = (name: string) => join(dataDir, "fixtures", name);
  const peers = await sideFrom(peerFlags(config), logger, {
    ...making,
    directory: inDirectory("peer"),
    urls: config.listenPeerUrls,
  });
  const clients = await sideFrom(clientFlags(config), logger, {
    ...making,
    directory: inDirectory("client"),
    urls: clientUrls,
  });
  refuseUnserved(config, clientUrls, { clients: clients.listener, peers: peers.listener });
  return { clients: clients.listener, peers: peers.listener, toPeers: peers.connections };
}

/** What etcd's flags say of clients or of peers. */
interface SideFlags {
  readonly name: "client" | "peer";
  readonly certFile: string;
  readonly keyFile: string;
  /** What is shown to others who listen; empty for the same as to those who connect. */
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
  readonly caFile: string;
  readonly crlFile: string;
  readonly isAuthRequired: boolean;
  readonly isAutomatic: boolean;
  readonly limits: TlsLimits;
}

function clientFlags(config: EtcdConfig): SideFlags {
  const { certFile, keyFile, clientCertFile, clientKeyFile, trustedCaFile: caFile, clientCrlFile: crlFile } = config;
  const limits = parseTlsLimits(config, { commonNames: [], hostnames: config.clientCertAllowedHostname });
  const files = { certFile, keyFile, clientCertFile, clientKeyFile, caFile, crlFile };
  return { name: "client", ...files, isAuthRequired: config.clientCertAuth, isAutomatic: config.autoTls, limits };
}

function peerFlags(config: EtcdConfig): SideFlags {
  const names = { commonNames: config.peerCertAllowedCn, hostnames: config.peerCertAllowedHostname };
  return {
    name: "peer",
    certFile: config.peerCertFile,
    keyFile: config.peerKeyFile,
    clientCertFile: config.peerClientCertFile,
    clientKeyFile: config.peerClientKeyFile,
    caFile: config.peerTrustedCaFile,
    crlFile: config.peerCrlFile,
    isAuthRequired: config.peerClientCertAuth,
    isAutomatic: config.peerAutoTls,
    limits: parseTlsLimits(config, names),
  };
}

interface Side {
  readonly listener: TlsOptions | undefined;
  readonly connections: () => PeerTls;
}

async function sideFrom(
  flags: SideFlags,
  logger: Logger,
  making: Parameters<typeof ensureSelfSigned>[0],
): Promise<Side> {
  const { certFile, keyFile, caFile, crlFile, isAuthRequired, limits } = flags;
  const hasFiles = certFile !== "" || keyFile !== "";
  if (flags.isAutomatic && hasFiles) logger.warn(`ignoring ${flags.name} auto TLS since certs given`);
  else if (flags.isAutomatic) return selfSigned(await ensureSelfSigned(making, logger), limits);
  if (!hasFiles) return { listener: undefined, connections: connectionsWith({ caFile }) };
  checkPairs(flags);
  // An authority alone means that its certificates are asked for.
  const requiresCertificate = isAuthRequired || caFile !== "";
  const shown = { certFile: flags.clientCertFile || certFile, keyFile: flags.clientKeyFile || keyFile };
  return {
    listener: { caFile, certFile, keyFile, crlFile, requiresCertificate, limits },
    connections: connectionsWith({ caFile, shown }),
  };
}

/** Throws when the files are not there, or do not belong together. */
function connectionsWith({ caFile, shown }: { caFile: string; shown?: PairFiles }): () => PeerTls {
  return followFiles([caFile, shown?.certFile ?? "", shown?.keyFile ?? ""], () => ({
    ...(shown ? readPair(shown.certFile, shown.keyFile) : {}),
    ...(caFile ? { ca: readPem(caFile, "authority") } : {}),
  }));
}

/** Nobody can know beforehand whose such certificates are: neither side looks at the other's. */
function selfSigned(
  files: { certFile: string; keyFile: string },
  { minVersion, maxVersion, ciphers }: TlsLimits,
): Side {
  const limits = { minVersion, maxVersion, ciphers, commonNames: [], hostnames: [] };
  const shown = { ...readPair(files.certFile, files.keyFile), rejectUnauthorized: false };
  return { listener: { ...files, caFile: "", requiresCertificate: false, limits }, connections: () => shown };
}

function checkPairs({ certFile, keyFile, clientCertFile, clientKeyFile }: SideFlags): void {
  if (certFile === "" || keyFile === "")
    throw new Error(`KeyFile and CertFile must both be present[key: ${keyFile}, cert: ${certFile}]`);
  if ((clientCertFile === "") !== (clientKeyFile === ""))
    throw new Error(
      `ClientKeyFile and ClientCertFile must both be present or both absent: key: ${clientKeyFile}, cert: ${clientCertFile}]`,
    );
}

/** Throws when they are not there, or do not belong together. */
function readPair(certFile: string, keyFile: string): { cert: Buffer; key: Buffer } {
  const pair = { cert: readPem(certFile, "certificate"), key: readPem(keyFile, "private key") };
  try {
    createSecureContext(pair);
  } catch (cause) {
    throw new Error(`${certFile} and ${keyFile} are no pair: ${(cause as Error).message}`, { cause });
  }
  return pair;
}

function readPem(path: string, purpose: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new Error(`cannot read the ${purpose} ${path}: ${(cause as Error).message}`, { cause });
  }
}

function refuseUnserved(
  { listenClientUrls, listenClientHttpUrls, listenPeerUrls, listenMetricsUrls }: EtcdConfig,
  clientUrls: readonly string[],
  { clients, peers }: Pick<MemberTls, "clients" | "peers">,
): void {
  const isSecure = (url: string) => url.startsWith("https:");
  const peerUrl = listenPeerUrls.find(isSecure);
  if (peerUrl && !peers)
    throw new Error(`cannot listen on TLS for ${new URL(peerUrl).host}: KeyFile and CertFile are not presented`);
  const twice = listenClientHttpUrls.find((url) => listenClientUrls.includes(url));
  if (twice)
    throw new Error(`cannot bind both --listen-client-urls and --listen-client-http-urls on the same url ${twice}`);
  const clientUrl = clientUrls.find(isSecure);
  if (clientUrl && !clients)
    throw new Error(
      `TLS key/cert (--cert-file, --key-file) must be provided for client url ${clientUrl} with HTTPS scheme`,
    );
  if (listenMetricsUrls.some(isSecure) && !clients)
    throw new Error("client TLS key/cert (--cert-file, --key-file) must be provided for metrics secure url");
}
