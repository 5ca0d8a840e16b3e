import assert from "node:assert/strict";
import type { V1APIService } from "@drydock/kube-api";
import { planConditions, unknownGroups } from "./plan-conditions.ts";

const apiService = (group: string, isRemote: boolean, status?: string): V1APIService => ({
  apiVersion: "apiregistration.k8s.io/v1",
  kind: "APIService",
  metadata: { name: `v1.${group}` },
  spec: {
    group,
    version: "v1",
    groupPriorityMinimum: 1,
    versionPriority: 1,
    ...(isRemote && { service: { namespace: "ns", name: "s" } }),
  },
  status: { conditions: status ? [{ type: "Available", status }] : [] },
});

describe("a namespace that is to go", () => {
  it("waits for group-versions of other servers that do not answer", () => {
    const all = [
      apiService("a.example", true, "False"),
      apiService("b.example", true, "True"),
      apiService("c.example", true),
      apiService("apps", false),
    ];
    assert.deepEqual(unknownGroups(all), ["a.example/v1", "c.example/v1"]);
  });

  it("says what it waits for, and since when", () => {
    const first = planConditions(
      [],
      {
        left: ["pods. has 1 resource instances"],
        finalizers: new Map([
          ["b.example/f", 2],
          ["a.example/f", 1],
        ]),
        failed: ["no"],
        unknown: ["a.example/v1"],
      },
      "t1",
    );
    assert.deepEqual(
      first.map(({ type, status, reason, message }) => [type, status, reason, message].join(" | ")),
      [
        "NamespaceDeletionDiscoveryFailure | True | DiscoveryFailed | Discovery failed for some groups, 1 failing: unable to retrieve the complete list of server APIs: a.example/v1: stale GroupVersion discovery: a.example/v1",
        "NamespaceDeletionGroupVersionParsingFailure | False | ParsedGroupVersions | All legacy kube types successfully parsed",
        "NamespaceDeletionContentFailure | True | ContentDeletionFailed | Failed to delete all resource types, 1 remaining: no",
        "NamespaceContentRemaining | True | SomeResourcesRemain | Some resources are remaining: pods. has 1 resource instances",
        "NamespaceFinalizersRemaining | True | SomeFinalizersRemain | Some content in the namespace has finalizers remaining: a.example/f in 1 resource instances, b.example/f in 2 resource instances",
      ],
    );
    const later = planConditions(
      first,
      { left: [], finalizers: new Map(), failed: [], unknown: ["a.example/v1"] },
      "t2",
    );
    assert.deepEqual(
      later.map(({ status, lastTransitionTime }) => `${status} ${lastTransitionTime}`),
      ["True t1", "False t1", "False t2", "False t2", "False t2"],
    );
  });
});
