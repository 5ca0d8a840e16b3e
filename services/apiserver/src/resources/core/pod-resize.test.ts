import assert from "node:assert/strict";
import { fieldErrorMessage } from "@drydock/apimachinery";
import type { V1Pod, V1ResourceRequirements } from "@drydock/kube-api";
import { pod } from "./pod.ts";
import { prepareResize, validateResize } from "./pod-resize.ts";

const podWith = (resources: V1ResourceRequirements, image = "i"): V1Pod => {
  const object: V1Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "n" },
    spec: { containers: [{ name: "c", image, resources }] },
  };
  pod.strategy.setDefaults(object);
  return object;
};

const TABLE: readonly [after: V1ResourceRequirements, ...errors: string[]][] = [
  [{ requests: { cpu: "2" } }],
  [
    { requests: { cpu: "1" }, limits: { cpu: "1", memory: "1Gi" } },
    'spec: Invalid value: "Guaranteed": Pod QOS Class may not change as a result of resizing',
  ],
  [
    { requests: { memory: "1" } },
    "spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed",
  ],
  [
    { requests: { cpu: "1", "ephemeral-storage": "1Gi" } },
    "spec.containers[0].resources.requests[ephemeral-storage]: Forbidden: only cpu and memory resources are mutable",
  ],
];

describe("a resize of a pod", () => {
  for (const [after, ...errors] of TABLE)
    it(JSON.stringify(after), () => {
      const old = podWith({ requests: { cpu: "1" } });
      const wanted = podWith(after, "other");
      prepareResize(wanted, old);
      assert.equal(wanted.spec?.containers[0]?.image, "i", "only resources are taken over");
      assert.deepEqual(validateResize(wanted, old).map(fieldErrorMessage), errors);
    });
});
