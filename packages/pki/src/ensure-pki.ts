import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import {
  type Authority,
  createAuthority,
  describeCertificate,
  isSignedBy,
  issueCertificate,
  type KeyPair,
  loadAuthority,
} from "./certificate.ts";
import { createKubeconfig, renderKubeconfig } from "./kubeconfig.ts";
import {
  AUTHENTICATION_CONFIG,
  AUTHORITY_DIRECTORY,
  type AuthorityName,
  ENCRYPTION_CONFIG,
  type Identity,
  type LabTopology,
  labIdentities,
  sharedFiles,
} from "./lab-identities.ts";
import { createServiceAccountKeys } from "./service-account-keys.ts";

/** Certificates that would end within this time are issued anew. */
const RENEW_BEFORE_MS = 30 * 24 * 3600 * 1000;

const AUTHORITIES: readonly { name: AuthorityName; commonName: string }[] = [
  { name: "ca", commonName: "kubernetes" },
  { name: "etcd-ca", commonName: "etcd-ca" },
  { name: "front-proxy-ca", commonName: "front-proxy-ca" },
];

export interface PkiReport {
  /** Paths of the identities that were written; empty when everything was there and still fits. */
  readonly issued: readonly string[];
}

/**
 * Makes `directory` hold every key, certificate and kubeconfig of the lab. Idempotent: what exists and still fits (same names,
 * same authority, not about to end) stays, so running processes keep their identities. Key files are 0600.
 */
export async function ensurePki(directory: string, lab: LabTopology): Promise<PkiReport> {
  const issued: string[] = [];
  const authorityDirectory = join(directory, AUTHORITY_DIRECTORY);
  const authorities = new Map<AuthorityName, Authority>();
  for (const { name, commonName } of AUTHORITIES)
    authorities.set(name, await ensureAuthority(authorityDirectory, name, commonName, issued));
  await ensureServiceAccountKeys(authorityDirectory, issued);
  await ensureEncryptionConfig(authorityDirectory, issued);
  await ensureAuthenticationConfig(authorityDirectory, issued);
  for (const identity of labIdentities(lab)) {
    await ensureIdentity(
      directory,
      identity,
      authorities.get(identity.authority) as Authority,
      authorities.get("ca") as Authority,
      issued,
    );
  }
  for (const { from, to, isSecret } of sharedFiles(lab)) {
    const text = (await readIfThere(join(authorityDirectory, from))) as string;
    const path = join(directory, to);
    if ((await readIfThere(path)) !== text) await writeFileAtomic(path, text, isSecret ? 0o600 : 0o644);
  }
  return { issued };
}

async function ensureAuthority(
  directory: string,
  name: AuthorityName,
  commonName: string,
  issued: string[],
): Promise<Authority> {
  const existing = await readPair(directory, name);
  if (existing) return loadAuthority(existing);
  const authority = await createAuthority(commonName);
  await writePair(directory, name, authority);
  issued.push(name);
  return authority;
}

async function ensureServiceAccountKeys(directory: string, issued: string[]): Promise<void> {
  if ((await readIfThere(join(directory, "sa.key"))) && (await readIfThere(join(directory, "sa.pub")))) return;
  const keys = createServiceAccountKeys();
  await writeFileAtomic(join(directory, "sa.key"), keys.privatePem, 0o600);
  await writeFileAtomic(join(directory, "sa.pub"), keys.publicPem, 0o644);
  issued.push("sa");
}

/** Secrets are encrypted in the store, with a key of this cluster's own; those of an older store stay readable. */
async function ensureEncryptionConfig(directory: string, issued: string[]): Promise<void> {
  const path = join(directory, ENCRYPTION_CONFIG);
  if (await readIfThere(path)) return;
  const secret = randomBytes(32).toString("base64");
  const lines = [
    "apiVersion: apiserver.config.k8s.io/v1",
    "kind: EncryptionConfiguration",
    "resources:",
    "  - resources: [secrets]",
    "    providers:",
    `      - secretbox: { keys: [{ name: key1, secret: "${secret}" }] }`,
    "      - identity: {}",
    "",
  ];
  await writeFileAtomic(path, lines.join("\n"), 0o600);
  issued.push("encryption");
}

/** Without credentials one may ask whether the server is well, and nothing else. */
async function ensureAuthenticationConfig(directory: string, issued: string[]): Promise<void> {
  const path = join(directory, AUTHENTICATION_CONFIG);
  if (await readIfThere(path)) return;
  const lines = [
    "apiVersion: apiserver.config.k8s.io/v1",
    "kind: AuthenticationConfiguration",
    "anonymous:",
    "  enabled: true",
    "  conditions: [{ path: /livez }, { path: /readyz }, { path: /healthz }]",
    "",
  ];
  await writeFileAtomic(path, lines.join("\n"), 0o644);
  issued.push("authentication");
}

async function ensureIdentity(
  directory: string,
  identity: Identity,
  signer: Authority,
  serverCa: Authority,
  issued: string[],
): Promise<void> {
  let pair = await readPair(directory, identity.path);
  const isFresh = pair === undefined || !(await stillFits(pair, identity, signer));
  if (isFresh) {
    pair = await issueCertificate(signer, identity.request);
    await writePair(directory, identity.path, pair);
    issued.push(identity.path);
  }
  if (identity.kubeconfig && pair) {
    const connection = {
      server: identity.kubeconfig.server,
      caPem: serverCa.certPem,
      certPem: pair.certPem,
      keyPem: pair.keyPem,
    };
    const text = renderKubeconfig(createKubeconfig("drydock", connection));
    const path = join(directory, `${identity.path}.conf`);
    if ((await readIfThere(path)) !== text) await writeFileAtomic(path, text, 0o600);
  }
}

async function stillFits(pair: KeyPair, identity: Identity, signer: Authority): Promise<boolean> {
  const found = describeCertificate(pair.certPem);
  const isSame = (a: readonly string[], b: readonly string[]) => [...a].sort().join() === [...b].sort().join();
  return (
    found.commonName === identity.request.commonName &&
    isSame(found.organizations, identity.request.organizations ?? []) &&
    isSame(found.subjectAltNames, identity.request.subjectAltNames ?? []) &&
    found.notAfterMs - Date.now() > RENEW_BEFORE_MS &&
    (await isSignedBy(pair.certPem, signer))
  );
}

async function readPair(directory: string, path: string): Promise<KeyPair | undefined> {
  const certPem = await readIfThere(join(directory, `${path}.crt`));
  const keyPem = await readIfThere(join(directory, `${path}.key`));
  return certPem !== undefined && keyPem !== undefined ? { certPem, keyPem } : undefined;
}

/** Key first: a pair interrupted half-way is read as absent or issued anew, never used with the wrong key. */
async function writePair(directory: string, path: string, pair: KeyPair): Promise<void> {
  await writeFileAtomic(join(directory, `${path}.key`), `${pair.keyPem.trim()}\n`, 0o600);
  await writeFileAtomic(join(directory, `${path}.crt`), `${pair.certPem.trim()}\n`, 0o644);
}

async function writeFileAtomic(path: string, text: string, mode: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.tmp`;
  await writeFile(temporary, text, { mode });
  await chmod(temporary, mode);
  await rename(temporary, path);
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
