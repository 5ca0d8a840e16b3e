import { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import type { CertificateSubject } from "./client-certificate.ts";

const CLIENT_USE = "1.3.6.1.5.5.7.3.2";
const ANY_USE = "2.5.29.37.0";
const CHAIN_LENGTH_MAX = 8;
const KNOWN_MS = 10_000;
const PEM = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

/** What came with a connection: the client's certificate and what it showed to explain it. */
export interface ShownCertificates {
  readonly leaf: X509Certificate;
  /** Whom the leaf names. */
  readonly subject: CertificateSubject;
  readonly others: readonly X509Certificate[];
}

/** A bundle of authorities: whether one of them vouches for a client, now. */
export class CertificateTrust {
  readonly #roots: readonly X509Certificate[];
  /** Signatures are not checked again with every request of a connection. */
  readonly #known = new WeakMap<ShownCertificates, { readonly isVouchedFor: boolean; readonly untilMs: number }>();

  /** Throws when the text holds no certificate. */
  constructor(pem: string | Buffer) {
    this.#roots = (pem.toString().match(PEM) ?? []).map((text) => new X509Certificate(text));
    if (this.#roots.length === 0) throw new Error("data does not contain any valid RSA or ECDSA certificates");
  }

  vouchesFor(shown: ShownCertificates, nowMs: number): boolean {
    const known = this.#known.get(shown);
    if (known && nowMs < known.untilMs) return known.isVouchedFor;
    const { leaf, others } = shown;
    const isVouchedFor = isForClients(leaf) && this.#leadsToRoot(leaf, others, nowMs, CHAIN_LENGTH_MAX);
    this.#known.set(shown, { isVouchedFor, untilMs: nowMs + KNOWN_MS });
    return isVouchedFor;
  }

  #leadsToRoot(
    certificate: X509Certificate,
    others: readonly X509Certificate[],
    nowMs: number,
    stepsLeft: number,
  ): boolean {
    if (stepsLeft === 0 || !isCurrent(certificate, nowMs)) return false;
    if (this.#roots.some((root) => isIssuedBy(certificate, root) && isCurrent(root, nowMs))) return true;
    return others.some(
      (issuer) =>
        issuer.ca && isIssuedBy(certificate, issuer) && this.#leadsToRoot(issuer, others, nowMs, stepsLeft - 1),
    );
  }
}

/** Undefined when the client showed none. Kept for as long as the connection lives. */
export function shownCertificates(socket: TLSSocket | undefined): ShownCertificates | undefined {
  if (!socket) return undefined;
  if (known.has(socket)) return known.get(socket);
  const shown = readShown(socket);
  known.set(socket, shown);
  return shown;
}

const known = new WeakMap<TLSSocket, ShownCertificates | undefined>();

function readShown(socket: TLSSocket): ShownCertificates | undefined {
  let peer = socket.getPeerCertificate(true);
  if (!peer?.raw) return undefined;
  const leaf = new X509Certificate(peer.raw);
  const subject = { subject: peer.subject, raw: peer.raw };
  const others: X509Certificate[] = [];
  while (peer.issuerCertificate && peer.issuerCertificate !== peer && others.length < CHAIN_LENGTH_MAX) {
    peer = peer.issuerCertificate as typeof peer;
    others.push(new X509Certificate(peer.raw));
  }
  return { leaf, subject, others };
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function isCurrent({ validFromDate, validToDate }: X509Certificate, nowMs: number): boolean {
  return validFromDate.getTime() <= nowMs && nowMs <= validToDate.getTime();
}

/** One that says nothing about its use may be used for everything. */
function isForClients({ keyUsage }: X509Certificate): boolean {
  return !keyUsage || keyUsage.includes(CLIENT_USE) || keyUsage.includes(ANY_USE);
}
