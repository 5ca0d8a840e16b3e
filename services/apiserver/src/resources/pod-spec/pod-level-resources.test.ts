import assert from "node:assert/strict";
import { FieldPath, fieldErrorMessage } from "@drydock/apimachinery";
import type { V1PodSpec } from "@drydock/kube-api";
import { findings } from "../meta/rules.ts";
import { setPodLevelDefaults, validatePodResources } from "./pod-level-resources.ts";
import { validateForSystem, validateHostProcesses, validateWindowsOptions } from "./validate-windows.ts";

const SPEC = FieldPath.of("spec");
const container = (name: string, resources: object = {}, more: object = {}) => ({
  name,
  image: "i",
  resources,
  ...more,
});

describe("resources of a pod as a whole", () => {
  const defaulted = (spec: object) => {
    const object = structuredClone(spec) as V1PodSpec;
    setPodLevelDefaults(object);
    return object.resources;
  };

  it("ask for what the containers do, else for the limit", () => {
    const spec = {
      resources: { limits: { cpu: "2", memory: "1Gi" } },
      initContainers: [container("sidecar", { requests: { cpu: "100m" } }, { restartPolicy: "Always" })],
      containers: [container("c", { requests: { cpu: "1500m" } })],
    };
    assert.deepEqual(defaulted(spec)?.requests, { cpu: "1600m", memory: "1Gi" });
  });

  it("have the limits of huge pages, and nothing where the pod says nothing", () => {
    const containers = [container("c", { limits: { "hugepages-2Mi": "4Mi", cpu: "1m" } })];
    const resources = { requests: { cpu: "10m" } };
    assert.deepEqual(defaulted({ resources, containers }), {
      limits: { "hugepages-2Mi": "4Mi" },
      requests: { cpu: "10m", "hugepages-2Mi": "4Mi" },
    });
    assert.equal(defaulted({ containers }), undefined);
  });

  it("hold what the containers want", () => {
    const spec = {
      resources: { requests: { cpu: "1" }, limits: { cpu: "2", "ephemeral-storage": "1Gi" } },
      containers: [container("c", { requests: { cpu: "1500m" }, limits: { cpu: "3" } })],
    } as V1PodSpec;
    assert.deepEqual(findings(validatePodResources(spec, SPEC)).map(fieldErrorMessage), [
      'spec.resources.limits[ephemeral-storage]: Unsupported value: "ephemeral-storage": supported values: "cpu", "hugepages-", "memory"',
      'spec.resources.requests[cpu]: Invalid value: "1": must be greater than or equal to aggregate container requests of 1500m',
      'spec.resources.containers[0][cpu].limits: Invalid value: "3": must be less than or equal to pod limits of 2',
    ]);
  });
});

describe("pods of one system or the other", () => {
  const errors = (spec: object) =>
    findings(validateHostProcesses(spec as V1PodSpec, SPEC), validateForSystem(spec as V1PodSpec, SPEC)).map(
      fieldErrorMessage,
    );

  it("say nothing of the other", () => {
    const securityContext = { windowsOptions: {}, runAsUser: 1, sysctls: [] };
    assert.deepEqual(errors({ os: { name: "linux" }, securityContext }), [
      "spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod",
    ]);
    const containers = [container("c", {}, { securityContext: { privileged: false } })];
    assert.deepEqual(errors({ os: { name: "windows" }, hostPID: false, securityContext, containers }), [
      "spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod",
      "spec.containers[0].securityContext.privileged: Forbidden: cannot be set for a windows pod",
    ]);
  });

  it("name users as Windows does", () => {
    const texts = (runAsUserName: string) =>
      validateWindowsOptions({ runAsUserName }, SPEC).map(({ detail }) => detail.replace(/^runAsUserName/, ""));
    assert.deepEqual(texts("NT AUTHORITY\\SYSTEM"), []);
    assert.deepEqual(texts("a\\b\\c"), [" cannot contain more than one backslash"]);
    assert.deepEqual(texts('bad"dom\\...'), [
      "'s Domain doesn't match the NetBios nor the DNS format",
      "'s User cannot contain only periods or spaces",
    ]);
  });

  it("are processes of the host altogether, in its network", () => {
    const host = { securityContext: { windowsOptions: { hostProcess: true } } };
    assert.deepEqual(errors({ containers: [container("c", {}, host), container("d")] }), [
      'spec: Invalid value: "": If pod contains any hostProcess containers then all containers must be HostProcess containers',
      "spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers",
      "spec: Forbidden: hostProcess containers are disallowed by cluster policy",
    ]);
  });
});
