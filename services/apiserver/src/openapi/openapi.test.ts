import assert from "node:assert/strict";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { customSchemas } from "../custom-resources/custom-schema-document.ts";
import { servedGroups } from "../discovery/served-groups.ts";
import { createMemoryRegistry, type MemoryRegistry } from "../registry/memory-registry.ts";
import { VirtualResources } from "../virtual/virtual-resource.ts";
import { encodeSwagger } from "./encode-swagger.ts";
import { groupDocument } from "./group-document.ts";
import type { OpenApiDocument } from "./openapi-document.ts";
import { rootDocuments } from "./root-documents.ts";
import { type SwaggerDocument, swaggerDocument } from "./swagger-document.ts";

describe("OpenAPI", () => {
  let memory: MemoryRegistry;
  let documents: readonly OpenApiDocument[];
  let swagger: SwaggerDocument;

  before(async () => {
    memory = await createMemoryRegistry();
    const virtual = new VirtualResources([]);
    documents = servedGroups(memory.registry, virtual).map((group) => groupDocument(group, memory.registry, virtual));
    swagger = swaggerDocument(documents);
  });

  after(() => memory.stop());

  /** Names that a document refers to and does not define: kubectl 1.20 falls over them. */
  const dangling = (document: object, prefix: string, defined: object) =>
    [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)]
      .map((match) => match[1] as string)
      .filter((reference) => !Object.hasOwn(defined, reference.slice(prefix.length)));

  it("v3 and v2 define all that they refer to", () => {
    for (const document of documents)
      assert.deepEqual(dangling(document, "#/components/schemas/", document.components.schemas ?? {}), []);
    assert.deepEqual(dangling(swagger, "#/definitions/", swagger.definitions), []);
  });

  it("v3 has documents of discovery itself", () => {
    const roots = rootDocuments(servedGroups(memory.registry, new VirtualResources([])));
    for (const document of roots.values())
      assert.deepEqual(dangling(document, "#/components/schemas/", document.components.schemas ?? {}), []);
    const operationOf = (path: string) => roots.get(path)?.paths[`/${path}/`]?.get?.operationId;
    assert.equal(operationOf("apis/rbac.authorization.k8s.io"), "getRbacAuthorizationAPIGroup");
    assert.equal(operationOf("apis/policy"), "getPolicyAPIGroup");
    assert.equal(operationOf("version"), "getCodeVersion");
  });

  it("v2 names the kind of a definition, and the options of a patch", () => {
    const name = "io.k8s.api.apps.v1.Deployment";
    const gvk = { group: "apps", version: "v1", kind: "Deployment" };
    assert.deepEqual(swagger.definitions[name]?.["x-kubernetes-group-version-kind"], [gvk]);
    const patch = swagger.paths["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"]?.patch;
    assert.deepEqual(patch?.["x-kubernetes-group-version-kind"], gvk);
    assert.ok(patch?.parameters.some((parameter) => parameter.name === "dryRun" && parameter.in === "query"));
    assert.ok(patch?.consumes.includes("application/strategic-merge-patch+json"));
  });

  it("v2 has no alternatives: what may be a number or a text is a text with a format", () => {
    const schema = swagger.definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"];
    assert.deepEqual([schema?.type, schema?.format], ["string", "int-or-string"]);
    assert.doesNotMatch(JSON.stringify(swagger.definitions), /"(allOf|oneOf|anyOf)":\[/);
  });

  it("v3 shows a custom kind's schema as it was given, v2 without what it cannot say", () => {
    const spec = {
      type: "object",
      properties: {
        count: { type: "integer", nullable: true, default: 3, minimum: 1 },
        port: { anyOf: [{ type: "integer" }, { type: "string" }], "x-kubernetes-int-or-string": true },
        name: { type: "string", oneOf: [{ pattern: "a" }, { pattern: "b" }], not: { enum: ["x"] } },
        open: { type: "object", "x-kubernetes-preserve-unknown-fields": true, properties: { a: { type: "string" } } },
        list: { type: "array", items: { type: "integer", nullable: true } },
      },
      "x-kubernetes-validations": [{ rule: "self.count > 1" }],
    };
    const schemas = customSchemas("com.example.v1.Foo", "Foo", { type: "object", properties: { spec } });
    assert.deepEqual(schemas["com.example.v1.Foo"]?.properties?.["spec"], spec);
    const [document] = documents as [OpenApiDocument];
    const { definitions } = swaggerDocument([
      { ...document, paths: {}, components: { ...document.components, schemas } },
    ]);
    assert.deepEqual(definitions["com.example.v1.Foo"]?.properties?.["spec"], {
      type: "object",
      properties: {
        count: { minimum: 1 },
        port: { "x-kubernetes-int-or-string": true },
        name: { type: "string" },
        open: { "x-kubernetes-preserve-unknown-fields": true },
        list: { type: "array", items: {} },
      },
      "x-kubernetes-validations": [{ rule: "self.count > 1" }],
    });
  });

  it("v2 says nothing of the fields of a custom kind that takes any, and demands none that may be null", () => {
    const kind = { "x-kubernetes-group-version-kind": [{ group: "example.com", version: "v1", kind: "Foo" }] };
    const open = {
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
      properties: { a: { type: "string" } },
    };
    const closed = {
      type: "object",
      required: ["a", "b"],
      properties: { a: { type: "string", nullable: true }, b: { type: "string" } },
    };
    const schemas = {
      ...customSchemas("Open", "Foo", open, [".a"]),
      ...customSchemas("Closed", "Foo", { type: "object", properties: { spec: closed } }),
    };
    const [document] = documents as [OpenApiDocument];
    const withKind = { ...schemas, Open: { ...schemas["Open"], ...kind } };
    const { definitions } = swaggerDocument([
      { ...document, paths: {}, components: { ...document.components, schemas: withKind } },
    ]);
    const selectable = { "x-kubernetes-selectable-fields": [{ fieldPath: "a" }] };
    assert.deepEqual(definitions["Open"], { type: "object", ...kind, ...selectable });
    assert.deepEqual(definitions["Closed"]?.properties?.["spec"]?.required, ["b"]);
  });

  it("tells what the fields of built-in kinds may be", () => {
    const values = ["Always", "IfNotPresent", "Never"];
    assert.deepEqual(
      swagger.definitions["io.k8s.api.core.v1.Container"]?.properties?.["imagePullPolicy"]?.enum,
      values,
    );
    const modes = swagger.definitions["io.k8s.api.core.v1.PersistentVolumeClaimSpec"]?.properties?.["accessModes"];
    assert.ok(modes?.items?.enum?.includes("ReadWriteOncePod"));
  });

  it("v2 as protobuf holds the same paths and definitions", () => {
    const document = fieldsOf(encodeSwagger(swagger));
    assert.equal(textOf(document.get(1)?.[0]), "2.0");
    const names = (bytes: Uint8Array | undefined, number: number) =>
      (fieldsOf(bytes as Uint8Array).get(number) ?? []).map((pair) => textOf(fieldsOf(pair).get(1)?.[0]));
    assert.deepEqual(names(document.get(8)?.[0], 2), Object.keys(swagger.paths));
    assert.deepEqual(names(document.get(9)?.[0], 1), Object.keys(swagger.definitions));
  });
});

/** The length-delimited fields of a message, by number. */
function fieldsOf(bytes: Uint8Array): Map<number, Uint8Array[]> {
  const reader = new BinaryReader(bytes);
  const fields = new Map<number, Uint8Array[]>();
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (type === WireType.LengthDelimited) fields.set(number, [...(fields.get(number) ?? []), reader.bytes()]);
    else reader.skip(type, number);
  }
  return fields;
}

function textOf(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString("utf8");
}
