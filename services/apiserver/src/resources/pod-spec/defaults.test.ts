import assert from "node:assert/strict";
import type { V1PodSpec } from "@drydock/kube-api";
import { dropDisabledFields, setPodDefaults, setPodSpecDefaults } from "./defaults.ts";

describe("defaults of pods and of their templates", () => {
  const container = (fields: object) => ({ name: "c", image: "i", ...fields });
  const spec = (fields: object): V1PodSpec => ({ hostNetwork: true, containers: [container(fields)] });
  const fields = () => ({ ports: [{ containerPort: 80 }], resources: { limits: { cpu: "1" } } });

  it("make requests of limits, and ports of the host, in pods alone", () => {
    const template = spec(fields());
    setPodSpecDefaults(template);
    const [own] = template.containers;
    assert.deepEqual([own?.resources, own?.ports?.[0]?.hostPort], [{ limits: { cpu: "1" } }, undefined]);
    const pod = spec(fields());
    setPodSpecDefaults(pod);
    setPodDefaults(pod);
    const [made] = pod.containers;
    assert.deepEqual([made?.resources?.requests, made?.ports?.[0]?.hostPort], [{ cpu: "1" }, 80]);
  });

  it("leave stop signals to be dropped later, with what is empty without them", () => {
    const sleep = { sleep: { seconds: 1 } };
    const pod: V1PodSpec = {
      containers: [
        container({ lifecycle: { stopSignal: "SIGTERM" } }),
        container({ lifecycle: { stopSignal: "SIGTERM", preStop: sleep } }),
      ],
    };
    setPodSpecDefaults(pod);
    assert.equal(pod.containers[0]?.lifecycle?.stopSignal, "SIGTERM");
    dropDisabledFields(pod);
    assert.deepEqual(
      pod.containers.map(({ lifecycle }) => lifecycle),
      [undefined, { preStop: sleep }],
    );
  });
});
