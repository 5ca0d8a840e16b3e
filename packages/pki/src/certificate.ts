// @peculiar/x509 resolves its parts with decorators and needs this loaded before it.
import "reflect-metadata";
import { randomBytes, webcrypto } from "node:crypto";
import { isIP } from "node:net";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from "@peculiar/x509";

/** A certificate with its private key, both PEM (the key PKCS #8). */
export interface KeyPair {
  readonly certPem: string;
  readonly keyPem: string;
}

/** An authority that signs: its pair and the parsed forms that signing needs. */
export interface Authority extends KeyPair {
  readonly certificate: X509Certificate;
  readonly signingKey: CryptoKey;
}

/** Who a certificate speaks for. Kubernetes reads the common name as user and the organizations as groups; etcd reads the common name. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses, told apart by their form. */
  readonly subjectAltNames?: readonly string[];
  readonly usages: readonly ("server" | "client")[];
  readonly validityDays?: number;
}

type CryptoKey = webcrypto.CryptoKey;

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const DAY_MS = 24 * 3600 * 1000;
const DEFAULT_VALIDITY_DAYS = 365;
const AUTHORITY_VALIDITY_DAYS = 3650;
/** Certificates start a little in the past, so that a clock that is slightly behind accepts them. */
const BACKDATE_MS = 5 * 60 * 1000;

/** A new self-signed authority (ECDSA P-256, ten years). */
export async function createAuthority(commonName: string): Promise<Authority> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const nowMs = Date.now();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name: distinguishedName(commonName, []),
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + AUTHORITY_VALIDITY_DAYS * DAY_MS),
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new BasicConstraintsExtension(true, undefined, true),
      new KeyUsagesExtension(
        KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment | KeyUsageFlags.keyCertSign,
        true,
      ),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificate,
    signingKey: keys.privateKey,
    certPem: certificate.toString("pem"),
    keyPem: await exportKey(keys.privateKey),
  };
}

/** The authority whose PEM files were written earlier. */
export async function loadAuthority(pair: KeyPair): Promise<Authority> {
  const der = PemConverter.decodeFirst(pair.keyPem);
  const signingKey = await webcrypto.subtle.importKey("pkcs8", der, ALGORITHM, true, ["sign"]);
  return { ...pair, certificate: new X509Certificate(pair.certPem), signingKey };
}

/** A new key and a certificate for it, signed by `authority`. */
export async function issueCertificate(authority: Authority, request: CertificateRequest): Promise<KeyPair> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const nowMs = Date.now();
  const certificate = await X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: distinguishedName(request.commonName, request.organizations ?? []),
    issuer: authority.certificate.subjectName.toJSON(),
    notBefore: new Date(nowMs - BACKDATE_MS),
    notAfter: new Date(nowMs + (request.validityDays ?? DEFAULT_VALIDITY_DAYS) * DAY_MS),
    signingAlgorithm: ALGORITHM,
    publicKey: keys.publicKey,
    signingKey: authority.signingKey,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature | KeyUsageFlags.keyEncipherment, true),
      new ExtendedKeyUsageExtension(request.usages.map((usage) => ExtendedKeyUsage[`${usage}Auth`])),
      ...subjectAltNames(request.subjectAltNames ?? []),
    ],
  });
  return { certPem: certificate.toString("pem"), keyPem: await exportKey(keys.privateKey) };
}

/** What a certificate says of itself, for deciding whether it must be issued anew. */
export function describeCertificate(certPem: string): {
  commonName: string;
  organizations: string[];
  subjectAltNames: string[];
  notAfterMs: number;
} {
  const certificate = new X509Certificate(certPem);
  const alt = certificate.getExtension(SubjectAlternativeNameExtension);
  return {
    commonName: certificate.subjectName.getField("CN")[0] ?? "",
    organizations: certificate.subjectName.getField("O"),
    subjectAltNames: alt ? alt.names.items.map((name) => name.value) : [],
    notAfterMs: certificate.notAfter.getTime(),
  };
}

/** The organizations that a certificate request names; throws when it is none. */
export function organizationsOfRequest(pem: string): string[] {
  return new Pkcs10CertificateRequest(pem).subjectName.getField("O");
}

/** Whether `certPem` was signed by `authority`'s key. */
export async function isSignedBy(certPem: string, authority: Authority): Promise<boolean> {
  return new X509Certificate(certPem).verify({ publicKey: authority.certificate.publicKey, signatureOnly: true });
}

function distinguishedName(commonName: string, organizations: readonly string[]) {
  return [...organizations.map((organization) => ({ O: [organization] })), { CN: [commonName] }];
}

export function subjectAltNames(names: readonly string[]): SubjectAlternativeNameExtension[] {
  if (names.length === 0) return [];
  return [
    new SubjectAlternativeNameExtension(
      names.map((value) => ({ type: isIP(value) ? ("ip" as const) : ("dns" as const), value })),
    ),
  ];
}

/** RFC 5280: positive and at most 20 octets. */
export function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

async function exportKey(key: CryptoKey): Promise<string> {
  return PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", key), "PRIVATE KEY");
}
