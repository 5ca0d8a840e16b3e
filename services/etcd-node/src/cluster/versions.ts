import { KIND } from "../backend/record-keys.ts";

/** The version this server speaks as. */
export const SERVER_VERSION = "3.6.0";
/** What the cluster's version is while nobody wants it otherwise: all members of a cluster are of this server. */
const OWN_VERSION = `${majorMinor(SERVER_VERSION)}.0`;

interface VersionRecord {
  readonly cluster: string;
  readonly target: string;
}

interface VersionBackend {
  putRecord(kind: string, name: string, value: unknown): void;
  recordsOf<T>(kind: string): Iterable<T>;
}

/** The cluster's version, and the one that it is to go back to: changed by commands of the log alone. */
export class Versions {
  readonly #backend: VersionBackend;
  #record: VersionRecord;

  constructor(backend: VersionBackend) {
    this.#backend = backend;
    const [record] = backend.recordsOf<VersionRecord>(KIND.version);
    this.#record = record ?? { cluster: OWN_VERSION, target: "" };
  }

  /** With a patch level of 0. */
  get cluster(): string {
    return this.#record.cluster;
  }

  /** With a patch level of 0; empty when the cluster is to stay what it is. */
  get target(): string {
    return this.#record.target;
  }

  get isDowngrading(): boolean {
    return this.#record.target !== "";
  }

  setCluster(version: string): void {
    this.#put({ ...this.#record, cluster: version });
  }

  setTarget(version: string): void {
    this.#put({ ...this.#record, target: version });
  }

  #put(record: VersionRecord): void {
    this.#record = record;
    this.#backend.putRecord(KIND.version, "cluster", record);
  }
}

/** `3.6` of `3.6.0`: as versions are told where they have no patch level. */
export function majorMinor(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}

/** Whether the cluster may go back to this version: only by one minor version, and only once at a time. */
export function planDowngrade(
  { cluster, isDowngrading }: Pick<Versions, "cluster" | "isDowngrading">,
  target: string,
): "allowed" | "invalid" | "in-progress" {
  const [major = 0, minor = 0] = cluster.split(".").map(Number);
  if (target !== `${major}.${minor - 1}.0`) return "invalid";
  return isDowngrading ? "in-progress" : "allowed";
}

/** What the leader makes the cluster's version; undefined when that is as it should be. */
export function planClusterVersion({ cluster, target }: Pick<Versions, "cluster" | "target">): string | undefined {
  const wanted = target || OWN_VERSION;
  return wanted === cluster ? undefined : wanted;
}
