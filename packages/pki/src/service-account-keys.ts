import { generateKeyPairSync } from "node:crypto";

/** A pair for signing service-account tokens: RSA 2048 (RS256), PEM, as kubeadm writes `sa.key` and `sa.pub`. */
export function createServiceAccountKeys(): { privatePem: string; publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return { privatePem: privateKey, publicPem: publicKey };
}
