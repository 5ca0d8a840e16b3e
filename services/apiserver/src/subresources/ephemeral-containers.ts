import type { KubeObject } from "@drydock/apimachinery";
import type { V1Pod } from "@drydock/kube-api";
import { validateEphemeralUpdate } from "../resources/core/pod-ephemeral.ts";
import { get } from "../verbs/get.ts";
import { update } from "../verbs/update.ts";
import { isResource, type Subresource } from "./subresource.ts";
import { writtenObject } from "./written-object.ts";

interface PodLike extends KubeObject {
  spec: { ephemeralContainers?: unknown };
}

/** Debug containers, the one part of a running pod's spec that can grow. */
export const ephemeralContainers = {
  name: "ephemeralcontainers",
  verbs: ["get", "patch", "update"],
  appliesTo: (definition) => isResource(definition, "", "pods"),
  async run(_services, store, call) {
    const { namespace, name, options, context } = call;
    if (call.verb === "get") {
      return {
        kind: "object",
        code: 200,
        store,
        stored: await get(store, namespace, name, options.resourceVersion, context.signal),
      };
    }
    const { stored } = await update(store, {
      namespace,
      name,
      subresource: "ephemeralcontainers",
      isDryRun: options.dryRun,
      context,
      mayCreate: "never",
      rules: {
        prepareForUpdate: (object, old) => keepAllButEphemeral(object as PodLike, old as PodLike),
        validateUpdate: (object, old) => validateEphemeralUpdate(object as V1Pod, old as V1Pod),
      },
      ...writtenObject(store, call),
    });
    return { kind: "object", code: 200, store, stored };
  },
} satisfies Subresource;

function keepAllButEphemeral(object: PodLike & { status?: unknown }, old: PodLike & { status?: unknown }): void {
  object.spec = { ...old.spec, ephemeralContainers: object.spec.ephemeralContainers };
  object.status = old.status;
  const { resourceVersion, managedFields } = object.metadata;
  object.metadata = { ...old.metadata, resourceVersion };
  if (managedFields) object.metadata.managedFields = managedFields;
}
