import type { V1Container, V1ObjectMeta, V1PodSpec } from "@drydock/kube-api";

export interface PodSubject {
  readonly metadata: V1ObjectMeta;
  readonly spec: V1PodSpec;
}

/** Why a pod is not as secure as a level wants it, in upstream's words. */
export interface Violation {
  readonly reason: string;
  readonly detail: string;
}

/** One control of the Pod Security Standards. */
export interface Check {
  /** Upstream's; violations are told in the order of these, baseline before restricted. */
  readonly id: string;
  readonly level: "baseline" | "restricted";
  /** The minor version of the standards that it came with. */
  readonly since: number;
  /** A baseline check that asks for no more than this one does: at the restricted level it is left out. */
  readonly overrides?: string;
  /** `minor` is the version of the standards that is asked for. */
  run(pod: PodSubject, minor: number): Violation | undefined;
}

/** In the order of upstream's visitor. */
export function containersOf({ initContainers, containers, ephemeralContainers }: V1PodSpec): readonly V1Container[] {
  return [...(initContainers ?? []), ...containers, ...((ephemeralContainers ?? []) as V1Container[])];
}

export function namesWhere(spec: V1PodSpec, isBad: (container: V1Container) => boolean): string[] {
  return containersOf(spec)
    .filter(isBad)
    .map(({ name }) => name);
}

/** `container "a"`, `containers "a", "b"`. */
export function containersText(names: readonly string[]): string {
  return `${plural("container", names.length)} ${quoted(names)}`;
}

export function quoted(texts: Iterable<string>): string {
  return [...texts].map((text) => JSON.stringify(text)).join(", ");
}

export function plural(word: string, count: number): string {
  return count === 1 ? word : `${word}s`;
}

/** Each once, in order. */
export function sorted(texts: Iterable<string>): string[] {
  return [...new Set(texts)].sort();
}

/** `pod and container "a"`: whoever sets something that must not be; empty when nobody does. */
export function settersText(isPod: boolean, containers: readonly string[]): string {
  return [...(isPod ? ["pod"] : []), ...(containers.length > 0 ? [containersText(containers)] : [])].join(" and ");
}

/** Some fields mean nothing on Windows, and are not asked for there since 1.25. */
export function isWindows({ os }: V1PodSpec): boolean {
  return os?.name === "windows";
}

/** In a user namespace of its own, root is not root (KEP-127). */
export function hasOwnUsers({ hostUsers }: V1PodSpec): boolean {
  return hostUsers === false;
}
