import assert from "node:assert/strict";
import type { V1APIService } from "@drydock/kube-api";
import { planLocalServices } from "./plan-local-services.ts";

const apps = { name: "apps", version: "v1" };
const custom = { name: "example.com", version: "v1beta1" };

/** What planning for `groups` from nothing makes. */
const made = (...groups: { name: string; version: string }[]) =>
  planLocalServices(groups, [], true).flatMap((action) => (action.kind === "create" ? [action.object] : []));

describe("the APIServices of what a server has itself", () => {
  const text = (...args: Parameters<typeof planLocalServices>) =>
    planLocalServices(...args).map((action) =>
      action.kind === "delete" ? `delete ${action.name}` : `${action.kind} ${action.object.metadata.name}`,
    );

  it("rank as upstream's do", () => {
    const core = { name: "", version: "v1" };
    const specs = made(core, apps, { name: "autoscaling", version: "v2" }, custom).map(({ metadata, spec }) =>
      [metadata.name, ...Object.values(metadata.labels ?? {}), spec?.groupPriorityMinimum, spec?.versionPriority].join(
        " ",
      ),
    );
    assert.deepEqual(specs, [
      "v1. onstart 18000 1",
      "v1.apps onstart 17800 15",
      "v2.autoscaling onstart 17500 30",
      "v1beta1.example.com true 1000 100",
    ]);
  });

  it("come back at start, those of custom kinds always", () => {
    assert.deepEqual(text([apps, custom], [], true), ["create v1.apps", "create v1beta1.example.com"]);
    assert.deepEqual(text([apps, custom], [], false), ["create v1beta1.example.com"]);
    assert.deepEqual(text([{ name: "apiregistration.k8s.io", version: "v1" }], [], true), []);
  });

  it("go with the custom kinds they stand for", () => {
    assert.deepEqual(text([], made(apps, custom), false), ["delete v1beta1.example.com"]);
  });

  it("are put right, unless somebody took them over", () => {
    const [object] = made(custom) as [V1APIService];
    const changed = { ...object, spec: { ...object.spec, versionPriority: 1 } } as V1APIService;
    assert.deepEqual(text([custom], [changed], false), ["update v1beta1.example.com"]);
    const taken = { ...changed, metadata: { ...changed.metadata, labels: {} } };
    assert.deepEqual(text([custom], [taken], false), []);
    assert.deepEqual(text([], [taken], false), []);
  });
});
