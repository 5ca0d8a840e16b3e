import assert from "node:assert/strict";
import type { KubeObject } from "@drydock/apimachinery";
import { createMemoryRegistry } from "./memory-registry.ts";

describe("privileged containers", () => {
  const template = (fields: object) => ({
    metadata: { labels: { a: "b" } },
    spec: { containers: [{ name: "c", image: "i", ...fields }] },
  });
  const set = (name: string, fields: object) =>
    ({
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name, namespace: "default" },
      spec: { selector: { matchLabels: { a: "b" } }, template: template(fields) },
    }) as KubeObject;
  const privileged = { securityContext: { privileged: true } };

  it("are refused", async () => {
    const { put, stop } = await createMemoryRegistry();
    await put("apps", "daemonsets", set("plain", {}));
    await assert.rejects(put("apps", "daemonsets", set("much", privileged)), {
      message:
        'DaemonSet.apps "much" is invalid: spec.template.spec.containers[0].securityContext.privileged: Forbidden: disallowed by cluster policy',
    });
    stop();
  });

  it("are taken where the cluster allows them, what else is wrong is not", async () => {
    const { put, stop } = await createMemoryRegistry([], true);
    await put("apps", "daemonsets", set("much", privileged));
    const wrong = { securityContext: { privileged: true, runAsUser: -1 } };
    await assert.rejects(put("apps", "daemonsets", set("wrong", wrong)), {
      message: /is invalid: spec.template.spec.containers\[0\].securityContext.runAsUser: Invalid value: -1/,
    });
    stop();
  });
});
