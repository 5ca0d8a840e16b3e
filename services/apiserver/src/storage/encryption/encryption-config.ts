import { parse } from "yaml";
import { createProvider, isProviderKind, keySizesOf, type Provider } from "./providers.ts";

/** What stands for values as they are. */
export const IDENTITY = "identity";

export interface EncryptedResources {
  /** `secrets`, `deployments.apps`, `*.apps`, `*.` (of the core group), `*.*`. */
  readonly resources: readonly string[];
  /** The first one writes; all can read. */
  readonly providers: readonly (Provider | typeof IDENTITY)[];
}

/** Reads an EncryptionConfiguration (apiserver.config.k8s.io/v1). Throws an Error that says where it is wrong. */
export function parseEncryptionConfig(text: string): EncryptedResources[] {
  const document: unknown = parse(text);
  const root = asRecord(document, "the file");
  if (root["kind"] !== "EncryptionConfiguration" || root["apiVersion"] !== "apiserver.config.k8s.io/v1")
    throw new Error("it must be an EncryptionConfiguration of apiserver.config.k8s.io/v1");
  return asList(root["resources"], "resources").map((entry, index) => {
    const where = `resources[${index}]`;
    const record = asRecord(entry, where);
    const resources = asList(record["resources"], `${where}.resources`).map(String);
    if (resources.length === 0) throw new Error(`${where}.resources: at least one resource must be named`);
    const providers = asList(record["providers"], `${where}.providers`).flatMap((provider, at) =>
      parseProvider(provider, `${where}.providers[${at}]`),
    );
    if (providers.length === 0) throw new Error(`${where}.providers: at least one provider must be named`);
    return { resources, providers };
  });
}

function parseProvider(value: unknown, where: string): (Provider | typeof IDENTITY)[] {
  const [entry, ...others] = Object.entries(asRecord(value, where));
  if (!entry || others.length > 0) throw new Error(`${where}: exactly one provider must be named`);
  const [kind, options] = entry;
  if (kind === IDENTITY) return [IDENTITY];
  if (!isProviderKind(kind)) throw new Error(`${where}: ${kind} is not one of aescbc, aesgcm, identity, secretbox`);
  const keys = asList(asRecord(options, `${where}.${kind}`)["keys"], `${where}.${kind}.keys`);
  if (keys.length === 0) throw new Error(`${where}.${kind}.keys: at least one key must be given`);
  return keys.map((each, index) => {
    const path = `${where}.${kind}.keys[${index}]`;
    const { name, secret } = asRecord(each, path);
    if (typeof name !== "string" || name === "" || name.includes(":"))
      throw new Error(`${path}.name: must be a text without a colon`);
    const key = Buffer.from(typeof secret === "string" ? secret : "", "base64");
    const sizes = keySizesOf(kind);
    if (!sizes.includes(key.length))
      throw new Error(`${path}.secret: must be base64 of ${sizes.join(", ")} bytes, and is of ${key.length}`);
    return createProvider(kind, name, key);
  });
}

function asRecord(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new Error(`${where}: must be a map`);
  return value as Record<string, unknown>;
}

function asList(value: unknown, where: string): unknown[] {
  if (!Array.isArray(value)) throw new Error(`${where}: must be a list`);
  return value;
}
