import assert from "node:assert/strict";
import type { ResourceDefinition } from "../registry/definition.ts";
import { resources } from "../resources/index.ts";
import { plainJson } from "./negotiate.ts";
import { createWatchEncoder } from "./watch-encoder.ts";

const request = { includeObject: "None", nowMs: 0, metaVersion: "v1" } as const;

function bookmarkOf(resource: string, transform: "none" | "Table", group?: string) {
  const definition = resources.find((one) => one.resource === resource && (group ?? one.group) === one.group);
  return eventOf(definition as ResourceDefinition, transform);
}

function eventOf(definition: ResourceDefinition, transform: "none" | "Table") {
  const encoder = createWatchEncoder(definition, { ...plainJson, transform }, request);
  return JSON.parse(encoder.bookmark(7, true).toString());
}

const metadata = { resourceVersion: "7", annotations: { "k8s.io/initial-events-end": "true" } };

describe("bookmarks", () => {
  it("show the object that nobody has filled", () => {
    assert.deepEqual(bookmarkOf("pods", "none"), {
      type: "BOOKMARK",
      object: { kind: "Pod", apiVersion: "v1", metadata, spec: { containers: null }, status: {} },
    });
    assert.deepEqual(bookmarkOf("deployments", "none").object.spec, {
      replicas: 0,
      selector: null,
      template: { metadata: {}, spec: { containers: null } },
      strategy: {},
    });
    assert.deepEqual(bookmarkOf("events", "none", "").object.firstTimestamp, null);
  });

  it("are rows of tables, with the columns in the first", () => {
    const { columnDefinitions, rows } = bookmarkOf("pods", "Table").object;
    assert.equal(columnDefinitions[0].name, "Name");
    const object = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
    assert.deepEqual(rows, [
      { cells: ["", "0/0", "", "0", "<unknown>", "<none>", "<none>", "<none>", "<none>"], object },
    ]);
  });

  it("leave the columns out of later tables, as Go writes what is not there", () => {
    const pods = resources.find((one) => one.resource === "pods") as ResourceDefinition;
    const encoder = createWatchEncoder(pods, { ...plainJson, transform: "Table" }, request);
    encoder.bookmark(7, true);
    assert.equal(JSON.parse(encoder.bookmark(8, false).toString()).object.columnDefinitions, null);
  });

  it("can be rows of every kind", () => {
    for (const definition of resources) assert.equal(eventOf(definition, "Table").object.rows.length, 1);
  });
});
