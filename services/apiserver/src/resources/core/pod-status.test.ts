import assert from "node:assert/strict";
import { fieldErrorMessage } from "@drydock/apimachinery";
import type { V1Pod, V1PodStatus } from "@drydock/kube-api";
import { validatePodStatusUpdate } from "./pod-status.ts";

describe("the status of a pod", () => {
  const old: V1Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p" },
    spec: { nodeName: "node-1", containers: [{ name: "c", image: "i", resources: { requests: { cpu: "1" } } }] },
    status: { qosClass: "Burstable", podIPs: [{ ip: "was-let-in" }] },
  };
  const errors = (status: V1PodStatus) =>
    validatePodStatusUpdate({ ...old, status: { qosClass: "Burstable", ...status } }, old).map(fieldErrorMessage);

  const cases: readonly (readonly [what: string, status: V1PodStatus, ...expected: string[]])[] = [
    ["has named conditions", { conditions: [{ type: "Ready", status: "True" }] }],
    [
      "is of one quality of service",
      { qosClass: "Guaranteed" },
      'status.qosClass: Invalid value: "Guaranteed": field is immutable',
    ],
    [
      "nominates no node for a pod that has one",
      { nominatedNodeName: "node-2" },
      "status.nominatedNodeName: Forbidden: may not be set on pods that are already bound to a node",
    ],
    ["keeps addresses that were there", { podIPs: [{ ip: "was-let-in" }] }],
    [
      "has addresses",
      { podIPs: [{ ip: "10.0.0.x" }] },
      'status.podIPs[0]: Invalid value: "10.0.0.x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
    ],
    [
      "has one address of a family",
      { hostIP: "10.0.0.1", hostIPs: [{ ip: "10.0.0.1" }, { ip: "10.0.0.2" }] },
      'status.hostIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.2"}]: may specify no more than one IP for each IP family',
    ],
    [
      "tells of claims that the pod has",
      { resourceClaimStatuses: [{ name: "x" }] },
      'status.resourceClaimStatuses[0].name: Invalid value: "x": must match the name of an entry in `spec.resourceClaims`',
    ],
    [
      "tells of what a container asked for",
      {
        containerStatuses: [
          {
            ...{ name: "c", image: "i", imageID: "", ready: false, restartCount: 0 },
            allocatedResourcesStatus: [{ name: "memory", resources: [{ resourceID: "a", health: "Fine" }] }],
          },
        ],
      },
      'status.containerStatuses[0].allocatedResourcesStatus[0].name: Invalid value: "memory": must match one of the container\'s resource requests',
      'status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].health: Unsupported value: "Fine": supported values: "Healthy", "Unhealthy", "Unknown"',
    ],
  ];
  for (const [what, status, ...expected] of cases) it(what, () => assert.deepEqual(errors(status), expected));
});
