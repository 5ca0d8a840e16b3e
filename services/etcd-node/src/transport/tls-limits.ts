import { checkServerIdentity, type PeerCertificate, type SecureVersion } from "node:tls";

/** What a listener asks of those who connect, beyond a certificate of the authority. */
export interface TlsLimits {
  readonly minVersion: SecureVersion;
  readonly maxVersion: SecureVersion | undefined;
  /** OpenSSL's list; undefined for Node's own. */
  readonly ciphers: string | undefined;
  /** One of these common names; empty for any. */
  readonly commonNames: readonly string[];
  /** A certificate for one of these hosts; empty for any. */
  readonly hostnames: readonly string[];
}

export interface LimitFlags {
  readonly tlsMinVersion: string;
  readonly tlsMaxVersion: string;
  readonly cipherSuites: readonly string[];
}

const VERSIONS: Readonly<Record<string, SecureVersion>> = { "TLS1.2": "TLSv1.2", "TLS1.3": "TLSv1.3" };
/** Go has these always, whatever the list says. */
const SUITES_OF_1_3 = ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];
/** Go's names of the suites that etcd knows, with OpenSSL's. */
const SUITES: Readonly<Record<string, string>> = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "ECDHE-ECDSA-AES128-GCM-SHA256",
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: "ECDHE-ECDSA-AES256-GCM-SHA384",
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: "ECDHE-ECDSA-CHACHA20-POLY1305",
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: "ECDHE-ECDSA-AES128-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: "ECDHE-ECDSA-AES256-SHA",
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256",
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "ECDHE-RSA-AES256-GCM-SHA384",
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: "ECDHE-RSA-CHACHA20-POLY1305",
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-RSA-CHACHA20-POLY1305",
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: "ECDHE-RSA-AES128-SHA",
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: "ECDHE-RSA-AES256-SHA",
  TLS_RSA_WITH_AES_128_GCM_SHA256: "AES128-GCM-SHA256",
  TLS_RSA_WITH_AES_256_GCM_SHA384: "AES256-GCM-SHA384",
  TLS_RSA_WITH_AES_128_CBC_SHA: "AES128-SHA",
  TLS_RSA_WITH_AES_256_CBC_SHA: "AES256-SHA",
};

/** From etcd's flags; throws in its words where they contradict each other. */
export function parseTlsLimits(
  { tlsMinVersion, tlsMaxVersion, cipherSuites }: LimitFlags,
  names: Pick<TlsLimits, "commonNames" | "hostnames">,
): TlsLimits {
  const { commonNames, hostnames } = names;
  if (commonNames.length > 0 && hostnames.length > 0)
    throw new Error(
      `AllowedCN and AllowedHostname are mutually exclusive (cn=[${commonNames}], hostname=[${hostnames}])`,
    );
  const minVersion = VERSIONS[tlsMinVersion] ?? "TLSv1.2";
  const maxVersion = VERSIONS[tlsMaxVersion];
  if (maxVersion && maxVersion < minVersion)
    throw new Error(`min version (${tlsMinVersion}) is greater than max version (${tlsMaxVersion})`);
  if (cipherSuites.length > 0 && minVersion === "TLSv1.3")
    throw new Error("cipher suites cannot be configured when only TLS1.3 is enabled");
  return { minVersion, maxVersion, ciphers: ciphersOf(cipherSuites), commonNames, hostnames };
}

function ciphersOf(suites: readonly string[]): string | undefined {
  if (suites.length === 0) return undefined;
  const chosen = suites
    .filter((suite) => !SUITES_OF_1_3.includes(suite))
    .map((suite) => {
      const name = SUITES[suite];
      if (name === undefined) throw new Error(`unexpected TLS cipher suite ${JSON.stringify(suite)}`);
      return name;
    });
  return [...SUITES_OF_1_3, ...chosen].join(":");
}

/** Whether whoever shows this certificate is let in. */
export function isAllowed({ commonNames, hostnames }: TlsLimits, certificate: PeerCertificate): boolean {
  if (commonNames.length > 0) return commonNames.includes(String(certificate.subject?.CN));
  if (hostnames.length > 0) return hostnames.some((name) => checkServerIdentity(name, certificate) === undefined);
  return true;
}
