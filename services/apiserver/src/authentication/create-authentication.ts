import type { Logger } from "@drydock/component";
import type { Registry as Metrics } from "prom-client";
import type { ExtensionAuthentication } from "../bootstrap/extension-authentication.ts";
import type { Registry } from "../registry/registry.ts";
import type { Changing } from "../tls/serving-tls.ts";
import { WatchedFile } from "../tls/watched-file.ts";
import type { AuthenticationConfig } from "./authentication-flags.ts";
import { Authenticator } from "./authenticator.ts";
import { CertificateTrust } from "./certificate-trust.ts";
import { createTokenAuthenticators } from "./create-token-authenticators.ts";
import type { FrontProxy } from "./request-header.ts";
import type { ServiceAccountTokens } from "./service-account-tokens.ts";

export interface Authentication {
  readonly authenticator: Authenticator;
  readonly tokens: ServiceAccountTokens;
  /** Whose certificates are asked for by REST, in PEM: those of clients and of proxies. */
  readonly acceptedAuthorities: Changing<Buffer>;
  /** Those of clients alone. */
  readonly clientAuthorities: Changing<Buffer>;
  /** What servers behind this one are told. */
  forExtensions(): ExtensionAuthentication;
  stop(): void;
}

export interface AuthenticationParts {
  readonly registry: Registry;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Which of several servers this is, in metrics. */
  readonly serverId: string;
}

interface AuthorityFile {
  readonly pem: Buffer;
  readonly trust: CertificateTrust;
}

/** All the ways to say who one is that the flags ask for. */
export async function createAuthentication(
  config: AuthenticationConfig,
  parts: AuthenticationParts,
): Promise<Authentication> {
  const { logger } = parts;
  const clientAuthorities = await openAuthorities(config.clientCaFile, logger);
  const proxyAuthorities = config.requestheaderClientCaFile
    ? await openAuthorities(config.requestheaderClientCaFile, logger)
    : undefined;
  const apiAudiences = config.apiAudiences.length > 0 ? config.apiAudiences : config.serviceAccountIssuer.slice(0, 1);
  const { all, serviceAccounts, issuers } = await createTokenAuthenticators(config, apiAudiences, parts);
  const frontProxy = proxyAuthorities && frontProxyOf(config, proxyAuthorities);
  const authenticator = new Authenticator({
    clientTrust: () => clientAuthorities.current.trust,
    frontProxy,
    tokens: all,
    apiAudiences,
    allowsAnonymous: issuers.allowsAnonymous ?? (() => config.anonymousAuth),
  });
  const files = proxyAuthorities ? [clientAuthorities, proxyAuthorities] : [clientAuthorities];
  return {
    authenticator,
    tokens: serviceAccounts,
    acceptedAuthorities: pemOf(files),
    clientAuthorities: pemOf([clientAuthorities]),
    forExtensions: () => ({
      clientCaPem: clientAuthorities.current.pem.toString(),
      proxy: frontProxy && proxyAuthorities && { ...frontProxy, caPem: proxyAuthorities.current.pem.toString() },
    }),
    stop() {
      for (const file of [...files, issuers]) file.stop();
    },
  };
}

function pemOf(files: readonly WatchedFile<AuthorityFile>[]): Changing<Buffer> {
  return {
    current: () => Buffer.concat(files.flatMap(({ current }) => [current.pem, Buffer.from("\n")])),
    onChange(listener) {
      for (const file of files) file.onChange(listener);
    },
  };
}

function frontProxyOf(config: AuthenticationConfig, authorities: WatchedFile<AuthorityFile>): FrontProxy {
  return {
    trust: () => authorities.current.trust,
    allowedNames: config.requestheaderAllowedNames,
    names: {
      username: config.requestheaderUsernameHeaders,
      uid: config.requestheaderUidHeaders,
      group: config.requestheaderGroupHeaders,
      extraPrefix: config.requestheaderExtraHeadersPrefix,
    },
  };
}

function openAuthorities(path: string, logger: Logger): Promise<WatchedFile<AuthorityFile>> {
  return WatchedFile.open(path, (pem) => ({ pem, trust: new CertificateTrust(pem) }), logger);
}
