// @peculiar/x509 resolves its parts with decorators and needs this loaded before it.
import "reflect-metadata";
import { createPrivateKey, webcrypto } from "node:crypto";
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from "@peculiar/x509";
import { type KeyPair, newSerialNumber, subjectAltNames } from "./certificate.ts";

export interface SelfSignedRequest {
  readonly organization: string;
  /** DNS names and IP addresses, told apart by their form. */
  readonly subjectAltNames: readonly string[];
  readonly notAfter: Date;
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-521", hash: "SHA-512" } as const;

/** A server's certificate that nobody else vouches for (ECDSA P-521), valid from now on. Unlike elsewhere the key is in SEC 1's form, as etcd keeps it. */
export async function createSelfSigned(request: SelfSignedRequest): Promise<KeyPair> {
  const keys = (await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"])) as webcrypto.CryptoKeyPair;
  const { digitalSignature, keyEncipherment, cRLSign } = KeyUsageFlags;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: newSerialNumber(),
    name: [{ O: [request.organization] }],
    notBefore: new Date(),
    notAfter: request.notAfter,
    signingAlgorithm: ALGORITHM,
    keys,
    extensions: [
      new KeyUsagesExtension(digitalSignature | keyEncipherment | cRLSign, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new BasicConstraintsExtension(true, undefined, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
      ...subjectAltNames(request.subjectAltNames),
    ],
  });
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const key = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  return {
    certPem: `${certificate.toString("pem")}\n`,
    keyPem: key.export({ type: "sec1", format: "pem" }).toString(),
  };
}
