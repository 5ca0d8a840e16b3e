import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { xsalsa20poly1305 } from "@noble/ciphers/salsa.js";

/** One way of keeping values, with one key. What it writes begins with `prefix`, as upstream's does. */
export interface Provider {
  readonly prefix: string;
  /** `where` is the value's key in the store. */
  seal(value: Uint8Array, where: string): Uint8Array;
  /** Of what follows the prefix. Throws when it is not what was sealed. */
  open(sealed: Buffer, where: string): Uint8Array;
}

export type ProviderKind = "aescbc" | "aesgcm" | "secretbox";

interface Scheme {
  /** Octets a key may have. */
  readonly keySizes: readonly number[];
  create(key: Buffer): Pick<Provider, "seal" | "open">;
}

const AES_KEYS = [16, 24, 32];

/** AES-CBC with PKCS#7 padding: keeps secret, and does not notice what was changed. */
const aescbc: Scheme = {
  keySizes: AES_KEYS,
  create: (key) => ({
    seal(value) {
      const iv = randomBytes(16);
      const cipher = createCipheriv(`aes-${key.length * 8}-cbc` as "aes-256-cbc", key, iv);
      return Buffer.concat([iv, cipher.update(value), cipher.final()]);
    },
    open(sealed) {
      const decipher = createDecipheriv(`aes-${key.length * 8}-cbc` as "aes-256-cbc", key, sealed.subarray(0, 16));
      return Buffer.concat([decipher.update(sealed.subarray(16)), decipher.final()]);
    },
  }),
};

/** AES-GCM; the value's place is authenticated with it. */
const aesgcm: Scheme = {
  keySizes: AES_KEYS,
  create: (key) => {
    const name = `aes-${key.length * 8}-gcm` as "aes-256-gcm";
    return {
      seal(value, where) {
        const nonce = randomBytes(12);
        const cipher = createCipheriv(name, key, nonce).setAAD(Buffer.from(where));
        return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
      },
      open(sealed, where) {
        const end = sealed.length - 16;
        const decipher = createDecipheriv(name, key, sealed.subarray(0, 12));
        decipher.setAAD(Buffer.from(where)).setAuthTag(sealed.subarray(end));
        return Buffer.concat([decipher.update(sealed.subarray(12, end)), decipher.final()]);
      },
    };
  },
};

/** XSalsa20 and Poly1305, as NaCl's secretbox. */
const secretbox: Scheme = {
  keySizes: [32],
  create: (key) => ({
    seal(value) {
      const nonce = randomBytes(24);
      return Buffer.concat([nonce, xsalsa20poly1305(key, nonce).encrypt(value)]);
    },
    open: (sealed) => xsalsa20poly1305(key, sealed.subarray(0, 24)).decrypt(sealed.subarray(24)),
  }),
};

const SCHEMES: Readonly<Record<ProviderKind, Scheme>> = { aescbc, aesgcm, secretbox };

export function isProviderKind(name: string): name is ProviderKind {
  return name in SCHEMES;
}

export function keySizesOf(kind: ProviderKind): readonly number[] {
  return SCHEMES[kind].keySizes;
}

export function createProvider(kind: ProviderKind, name: string, key: Buffer): Provider {
  return { prefix: `k8s:enc:${kind}:v1:${name}:`, ...SCHEMES[kind].create(key) };
}
