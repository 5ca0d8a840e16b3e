import type { KubeObject } from "@drydock/apimachinery";
import type { ResourceDefinition } from "../../registry/definition.ts";
import type { Registry } from "../../registry/registry.ts";
import type { AdmittedResource } from "../admission.ts";

/** Which resources are the same objects in other versions, and how one becomes the other. */
export class Versions {
  readonly #registry: Registry;
  #byPrefix = new Map<string, ResourceDefinition[]>();
  #version = -1;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** All others that show the same stored objects. */
  equivalentsOf({ storagePrefix, group, version }: AdmittedResource): readonly ResourceDefinition[] {
    if (storagePrefix === undefined) return [];
    if (this.#version !== this.#registry.version) this.#index();
    return (this.#byPrefix.get(storagePrefix) ?? []).filter(
      (candidate) => candidate.group !== group || candidate.version !== version,
    );
  }

  #index(): void {
    this.#version = this.#registry.version;
    this.#byPrefix = new Map();
    for (const { definition } of this.#registry.stores) {
      const known = this.#byPrefix.get(definition.storagePrefix);
      if (known) known.push(definition);
      else this.#byPrefix.set(definition.storagePrefix, [definition]);
    }
  }
}

/** The object as another version shows it. The one given is not changed, but may share parts with the result. */
export async function convertObject(
  object: KubeObject,
  from: AdmittedResource,
  to: AdmittedResource,
): Promise<KubeObject> {
  if (from.group === to.group && from.version === to.version) return object;
  const stored = await toStored(object, from);
  const { conversion } = to;
  if (!conversion) return stored;
  if (!conversion.fromStorageLater) return conversion.fromStorage(stored);
  return (await conversion.fromStorageLater([stored]))[0] as KubeObject;
}

async function toStored(object: KubeObject, { conversion }: AdmittedResource): Promise<KubeObject> {
  if (!conversion) return object;
  return conversion.toStorageLater ? conversion.toStorageLater(object) : conversion.toStorage(object);
}
