import type { RbacV1Subject, V1ClusterRoleBinding } from "@drydock/kube-api";
import type { UserInfo } from "../../authentication/user-info.ts";
import type { WatchCache } from "../../cache/watch-cache.ts";

interface Entry {
  /** Where it stands among all of them. */
  readonly position: number;
  readonly binding: V1ClusterRoleBinding;
}

/** Cluster-wide bindings by whom they name: there are many, and a request is about few. Made again when one of them changes. */
export class BindingIndex {
  readonly #cache: WatchCache;
  #version = -1;
  #bySubject = new Map<string, Entry[]>();

  constructor(cache: WatchCache) {
    this.#cache = cache;
  }

  /** Those that may concern the user, in the order of their names. */
  of({ name, groups }: UserInfo): readonly V1ClusterRoleBinding[] {
    if (this.#version !== this.#cache.version) this.#index();
    const found = new Set(this.#bySubject.get(`User/${name}`));
    for (const group of groups) for (const entry of this.#bySubject.get(`Group/${group}`) ?? []) found.add(entry);
    if (found.size === 0) return [];
    return [...found].sort((a, b) => a.position - b.position).map(({ binding }) => binding);
  }

  #index(): void {
    this.#version = this.#cache.version;
    this.#bySubject = new Map();
    let position = 0;
    for (const { object } of this.#cache.scan()) {
      const binding = object as V1ClusterRoleBinding;
      const entry = { position: position++, binding };
      for (const subject of binding.subjects ?? []) {
        const key = keyOf(subject);
        const known = this.#bySubject.get(key);
        if (known) known.push(entry);
        else this.#bySubject.set(key, [entry]);
      }
    }
  }
}

function keyOf({ kind, name, namespace = "" }: RbacV1Subject): string {
  if (kind === "Group") return `Group/${name}`;
  return kind === "User" ? `User/${name}` : `User/system:serviceaccount:${namespace}:${name}`;
}
