import { isIP } from "node:net";
import type { Target } from "./target.ts";

interface TlsError extends NodeJS.ErrnoException {
  readonly cert?: { readonly subjectaltname?: string };
}

const VERIFY = "tls: failed to verify certificate: x509:";

/** What Go's client says where Node's failed: people search for these words. */
export function goErrorText(
  error: Error,
  { host, port, serverName }: Pick<Target, "host" | "port" | "serverName">,
): string {
  const { code = "", message, syscall } = error as NodeJS.ErrnoException;
  const dial = `dial tcp ${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
  const connect = connectTexts[code];
  if (connect !== undefined && syscall !== "read" && syscall !== "write") return `${dial}: connect: ${connect}`;
  switch (code) {
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `dial tcp: lookup ${host}: no such host`;
    case "ECONNRESET":
      return message.includes("hang up") ? "EOF" : "read: connection reset by peer";
    case "EPIPE":
      return "write: broken pipe";
    case "EPROTO":
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return "http: server gave HTTP response to HTTPS client";
    case "DEPTH_ZERO_SELF_SIGNED_CERT":
    case "SELF_SIGNED_CERT_IN_CHAIN":
    case "UNABLE_TO_GET_ISSUER_CERT":
    case "UNABLE_TO_GET_ISSUER_CERT_LOCALLY":
    case "UNABLE_TO_VERIFY_LEAF_SIGNATURE":
    case "CERT_SIGNATURE_FAILURE":
      return `${VERIFY} certificate signed by unknown authority`;
    case "CERT_HAS_EXPIRED":
    case "CERT_NOT_YET_VALID":
      return `${VERIFY} certificate has expired or is not yet valid`;
    case "ERR_TLS_CERT_ALTNAME_INVALID":
      return `${VERIFY} ${nameMismatch(error as TlsError, serverName)}`;
    default:
      return message;
  }
}

const connectTexts: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  EHOSTUNREACH: "no route to host",
  ENETUNREACH: "network is unreachable",
  ETIMEDOUT: "connection timed out",
};

function nameMismatch({ cert }: TlsError, serverName: string): string {
  const names = (cert?.subjectaltname ?? "").split(", ").filter((name) => name !== "");
  const addresses = names.filter((name) => name.startsWith("IP Address:")).map((name) => name.slice(11));
  const domains = names.filter((name) => name.startsWith("DNS:")).map((name) => name.slice(4));
  if (isIP(serverName) !== 0)
    return addresses.length === 0
      ? `cannot validate certificate for ${serverName} because it doesn't contain any IP SANs`
      : `certificate is valid for ${addresses.join(", ")}, not ${serverName}`;
  return domains.length === 0
    ? `certificate is not valid for any names, but wanted to match ${serverName}`
    : `certificate is valid for ${domains.join(", ")}, not ${serverName}`;
}
