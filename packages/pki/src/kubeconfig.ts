import { parse, stringify } from "yaml";

/** The parts of a kubeconfig file that Drydock reads and writes; unknown parts are kept as they are. */
export interface Kubeconfig {
  apiVersion?: string;
  kind?: string;
  clusters?: { name: string; cluster: KubeconfigCluster }[];
  users?: { name: string; user: KubeconfigUser }[];
  contexts?: { name: string; context: { cluster: string; user: string; namespace?: string } }[];
  "current-context"?: string;
  [other: string]: unknown;
}

export interface KubeconfigCluster {
  server: string;
  "certificate-authority"?: string;
  "certificate-authority-data"?: string;
  [other: string]: unknown;
}

export interface KubeconfigUser {
  "client-certificate"?: string;
  "client-certificate-data"?: string;
  "client-key"?: string;
  "client-key-data"?: string;
  token?: string;
  tokenFile?: string;
  username?: string;
  password?: string;
  [other: string]: unknown;
}

/** What a client needs to reach a server as somebody. PEM texts. */
export interface Connection {
  readonly server: string;
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

/** A whole kubeconfig with one cluster, user and context, all called `name`, credentials embedded. */
export function createKubeconfig(name: string, connection: Connection): Kubeconfig {
  return {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name, cluster: { server: connection.server, "certificate-authority-data": encode(connection.caPem) } },
    ],
    users: [
      {
        name,
        user: { "client-certificate-data": encode(connection.certPem), "client-key-data": encode(connection.keyPem) },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
    preferences: {},
  };
}

/** `base` with `added`'s clusters, users and contexts replaced or appended, and its current context taken over; nothing else changes. */
export function mergeKubeconfig(base: Kubeconfig, added: Kubeconfig): Kubeconfig {
  return {
    ...base,
    apiVersion: base.apiVersion ?? "v1",
    kind: base.kind ?? "Config",
    clusters: replaceByName(base.clusters, added.clusters),
    users: replaceByName(base.users, added.users),
    contexts: replaceByName(base.contexts, added.contexts),
    "current-context": added["current-context"] ?? base["current-context"] ?? "",
  };
}

/** `base` without the cluster, user and context called `name`; the current context is cleared if it was that one. */
export function removeFromKubeconfig(base: Kubeconfig, name: string): Kubeconfig {
  const keep = <T extends { name: string }>(entries: readonly T[] | undefined) =>
    (entries ?? []).filter((entry) => entry.name !== name);
  return {
    ...base,
    clusters: keep(base.clusters),
    users: keep(base.users),
    contexts: keep(base.contexts),
    "current-context": base["current-context"] === name ? "" : (base["current-context"] ?? ""),
  };
}

/** Throws with a reason when the text is no kubeconfig. An empty text is an empty one. */
export function parseKubeconfig(text: string): Kubeconfig {
  const value: unknown = parse(text);
  if (value === null || value === undefined) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw new Error("a kubeconfig must be a mapping");
  return value as Kubeconfig;
}

export function renderKubeconfig(config: Kubeconfig): string {
  return stringify(config);
}

/**
 * The connection of the current context. `readFile` resolves credentials kept in files beside the kubeconfig.
 * Throws naming what is missing.
 */
export function connectionOf(config: Kubeconfig, readFile: (path: string) => string): Connection {
  const contextName = config["current-context"];
  const context = config.contexts?.find((entry) => entry.name === contextName)?.context;
  if (!context) throw new Error(`kubeconfig: no context called "${contextName ?? ""}"`);
  const cluster = config.clusters?.find((entry) => entry.name === context.cluster)?.cluster;
  if (!cluster) throw new Error(`kubeconfig: no cluster called "${context.cluster}"`);
  const user = config.users?.find((entry) => entry.name === context.user)?.user;
  if (!user) throw new Error(`kubeconfig: no user called "${context.user}"`);
  const pem = (what: string, data: string | undefined, path: string | undefined) => {
    if (data !== undefined) return Buffer.from(data, "base64").toString("utf8");
    if (path !== undefined) return readFile(path);
    throw new Error(`kubeconfig: ${what} missing`);
  };
  return {
    server: cluster.server,
    caPem: pem("certificate-authority", cluster["certificate-authority-data"], cluster["certificate-authority"]),
    certPem: pem("client-certificate", user["client-certificate-data"], user["client-certificate"]),
    keyPem: pem("client-key", user["client-key-data"], user["client-key"]),
  };
}

function replaceByName<T extends { name: string }>(
  base: readonly T[] | undefined,
  added: readonly T[] | undefined,
): T[] {
  const names = new Set((added ?? []).map((entry) => entry.name));
  return [...(base ?? []).filter((entry) => !names.has(entry.name)), ...(added ?? [])];
}

function encode(pem: string): string {
  return Buffer.from(pem, "utf8").toString("base64");
}
