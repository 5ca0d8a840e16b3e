import type { V1Pod } from "@drydock/kube-api";
import { prepareResize, validateResize } from "../resources/core/pod-resize.ts";
import { get } from "../verbs/get.ts";
import { update } from "../verbs/update.ts";
import { isResource, type Subresource } from "./subresource.ts";
import { writtenObject } from "./written-object.ts";

/** How much CPU and memory the containers of a running pod may have: the one way to change that. */
export const resize = {
  name: "resize",
  verbs: ["get", "patch", "update"],
  appliesTo: (definition) => isResource(definition, "", "pods"),
  async run(_services, store, call) {
    const { namespace, name, options, context } = call;
    if (call.verb === "get") {
      const stored = await get(store, namespace, name, options.resourceVersion, context.signal);
      return { kind: "object", code: 200, store, stored };
    }
    const { stored } = await update(store, {
      namespace,
      name,
      subresource: "resize",
      isDryRun: options.dryRun,
      context,
      mayCreate: "never",
      rules: {
        prepareForUpdate: (object, old) => prepareResize(object as V1Pod, old as V1Pod),
        validateUpdate: (object, old) => validateResize(object as V1Pod, old as V1Pod),
      },
      ...writtenObject(store, call),
    });
    return { kind: "object", code: 200, store, stored };
  },
} satisfies Subresource;
