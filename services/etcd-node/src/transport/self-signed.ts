import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Logger } from "@drydock/component";

export interface SelfSignedOptions {
  /** Where the pair lies, and is found again. */
  readonly directory: string;
  /** Of the listeners it is shown by. */
  readonly urls: readonly string[];
  readonly validityYears: number;
  readonly nowMs: number;
}

export interface PairFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

const YEAR_MS = 365 * 24 * 3600 * 1000;

/** The pair of files by which a listener serves TLS that nobody set up (`--auto-tls`): those of the last start, or new ones. */
export async function ensureSelfSigned(options: SelfSignedOptions, logger: Logger): Promise<PairFiles> {
  const { directory, urls, validityYears, nowMs } = options;
  if (validityYears <= 0) throw new Error("selfSignedCertValidity is invalid,it should be greater than 0");
  const certFile = resolve(directory, "cert.pem");
  const keyFile = resolve(directory, "key.pem");
  if (existsSync(certFile) && existsSync(keyFile)) return { certFile, keyFile };
  const notAfter = new Date(nowMs + validityYears * YEAR_MS);
  logger.warn({ "certificate-validity-bound-not-after": notAfter }, "automatically generate certificates");
  // Making certificates needs much that a member which has its own would load in vain.
  const { createSelfSigned } = await import("@drydock/pki");
  const pair = await createSelfSigned({ organization: "etcd", subjectAltNames: urls.map(hostOf), notAfter });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  writeFileSync(certFile, pair.certPem);
  logger.info({ path: certFile }, "created cert file");
  writeFileSync(keyFile, pair.keyPem, { mode: 0o600 });
  logger.info({ path: keyFile }, "created key file");
  return { certFile, keyFile };
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, "");
}
