import assert from "node:assert/strict";
import type { V1APIService, V1EndpointSlice, V1Service } from "@drydock/kube-api";
import { checkService, resolveService } from "./check-service.ts";

const reference = { namespace: "ns", name: "ext", port: 443 };
const apiService: V1APIService = {
  apiVersion: "apiregistration.k8s.io/v1",
  kind: "APIService",
  metadata: { name: "v1.example.com" },
  spec: { group: "example.com", version: "v1", groupPriorityMinimum: 1, versionPriority: 1, service: reference },
};
const service = (spec: V1Service["spec"]): V1Service => ({
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "ext", namespace: "ns" },
  spec: { type: "ClusterIP", clusterIP: "10.96.0.9", ports: [{ name: "https", port: 443 }], ...spec },
});
const slice = (ready: boolean | undefined, name = "https"): V1EndpointSlice => ({
  apiVersion: "discovery.k8s.io/v1",
  kind: "EndpointSlice",
  metadata: { name: "ext-1", namespace: "ns" },
  addressType: "IPv4",
  endpoints: [{ addresses: ["10.244.0.7"], ...(ready !== undefined && { conditions: { ready } }) }],
  ports: [{ name, port: 8443 }],
});

describe("a remote APIService", () => {
  const table: [V1Service | undefined, V1EndpointSlice[], string | undefined][] = [
    [undefined, [], 'ServiceNotFound: service/ext in "ns" is not present'],
    [service({ ports: [{ port: 80 }] }), [], 'ServicePortError: service/ext in "ns" is not listening on port 443'],
    [service({}), [], 'EndpointsNotFound: cannot find endpointslices for service/ext in "ns"'],
    [
      service({}),
      [slice(false), slice(true, "http")],
      'MissingEndpoints: endpointslices for service/ext in "ns" have no addresses with port name "https"',
    ],
    [service({}), [slice(undefined)], undefined],
    [service({ type: "ExternalName", externalName: "a.example" }), [], undefined],
  ];
  for (const [subject, slices, expected] of table)
    it(expected ?? `is asked when it is a ${subject?.spec?.type} that leads somewhere`, () => {
      const verdict = checkService(apiService, subject, slices);
      assert.equal(verdict && `${verdict.reason}: ${verdict.message}`, expected);
    });

  const resolved: [string, V1Service | undefined, V1EndpointSlice[], boolean, string][] = [
    ["its Service's address", service({}), [slice(true)], false, "10.96.0.9:443"],
    ["an endpoint", service({}), [slice(false), slice(true)], true, "10.244.0.7:8443"],
    ["a name", service({ type: "ExternalName", externalName: "a.example" }), [], true, "a.example:443"],
    ["nowhere without a Service", undefined, [], false, 'service "ext" not found'],
    ["nowhere without the port", service({ ports: [] }), [], false, 'no service port 443 found for service "ext"'],
    [
      "nowhere without an address",
      service({ clusterIP: "None" }),
      [],
      false,
      'cannot route to service with ClusterIP "None"',
    ],
    ["nowhere without endpoints", service({}), [slice(false)], true, 'no endpoints available for service "ext"'],
  ];
  for (const [where, subject, slices, toEndpoints, expected] of resolved)
    it(`is reached at ${where}`, () => {
      const resolve = () => {
        const { host, port } = resolveService(reference, subject, slices, { toEndpoints, random: () => 0 });
        return `${host}:${port}`;
      };
      if (expected.includes(" ")) assert.throws(resolve, { message: expected });
      else assert.equal(resolve(), expected);
    });
});
