import { stringifyJson } from "@drydock/apimachinery";
import { allSchemas, type Schema } from "@drydock/kube-api";
import type { ServedGroup, ServedResource } from "../discovery/served-groups.ts";
import type { Registry } from "../registry/registry.ts";
import { supportedPatchTypes } from "../verbs/patch.ts";
import type { VirtualResources } from "../virtual/virtual-resource.ts";
import {
  type Content,
  type OpenApiDocument,
  type Operation,
  openApiInfo,
  type Parameter,
  type PathItem,
  securitySchemes,
} from "./openapi-document.ts";

const REF = "#/components/schemas/";
const META = "io.k8s.apimachinery.pkg.apis.meta.v1";

interface GroupVersionKind {
  readonly group: string;
  readonly version: string;
  readonly kind: string;
}

/** The OpenAPI document of one group-version: what kubectl needs to validate, apply and explain its kinds, and what clients are generated from. */
export function groupDocument(group: ServedGroup, registry: Registry, virtual: VirtualResources): OpenApiDocument {
  const paths: Record<string, PathItem> = {};
  const roots = new Set<string>([`${META}.Status`, `${META}.DeleteOptions`, `${META}.APIResourceList`]);
  const kinds = new Map<string, GroupVersionKind>();
  const custom: Record<string, Schema> = {};
  for (const resource of group.resources) {
    const schema = schemaOf(group, resource, registry, virtual);
    if (!schema) continue;
    const definition = registry.find(group.name, group.version, resource.name)?.definition;
    Object.assign(custom, definition?.custom?.schemas);
    const gvk = { group: group.name, version: group.version, kind: resource.kind };
    roots.add(schema);
    kinds.set(schema, gvk);
    if (resource.verbs.includes("list")) {
      roots.add(`${schema}List`);
      kinds.set(`${schema}List`, { ...gvk, kind: definition?.listKind ?? `${resource.kind}List` });
    }
    addPaths(paths, group, resource, schema, gvk);
  }
  return {
    openapi: "3.0.0",
    info: openApiInfo,
    paths,
    components: {
      schemas: closure(roots, kinds, { ...allSchemas(), ...custom }),
      securitySchemes,
    },
  };
}

function schemaOf(
  group: ServedGroup,
  resource: ServedResource,
  registry: Registry,
  virtual: VirtualResources,
): string | undefined {
  const stored = registry.find(group.name, group.version, resource.name)?.definition.schema;
  return stored ?? virtual.find(group.name, group.version, resource.name)?.definition.schema;
}

function addPaths(
  paths: Record<string, PathItem>,
  group: ServedGroup,
  resource: ServedResource,
  schema: string,
  gvk: GroupVersionKind,
): void {
  const base = group.name === "" ? `/api/${group.version}` : `/apis/${group.name}/${group.version}`;
  const scoped = resource.isNamespaced ? `${base}/namespaces/{namespace}/${resource.name}` : `${base}/${resource.name}`;
  const operations = new Operations(schema, gvk, resource);
  const namespaceParameter = resource.isNamespaced ? [pathParameter("namespace")] : [];
  paths[scoped] = {
    ...operations.collection(),
    parameters: [...namespaceParameter, queryParameter("pretty", "string")],
  };
  if (resource.isNamespaced && resource.verbs.includes("list"))
    paths[`${base}/${resource.name}`] = { get: operations.list("ForAllNamespaces") };
  if (!resource.verbs.includes("get")) return;
  const parameters = [pathParameter("name"), ...namespaceParameter, queryParameter("pretty", "string")];
  paths[`${scoped}/{name}`] = { ...operations.item(), parameters };
  if (resource.subresources.some(({ name }) => name === "status"))
    paths[`${scoped}/{name}/status`] = { ...operations.status(), parameters };
}

/** The operations of one kind. */
class Operations {
  readonly #schema: string;
  readonly #gvk: GroupVersionKind;
  readonly #resource: ServedResource;

  constructor(schema: string, gvk: GroupVersionKind, resource: ServedResource) {
    this.#schema = schema;
    this.#gvk = gvk;
    this.#resource = resource;
  }

  collection(): PathItem {
    const { verbs } = this.#resource;
    return {
      ...(verbs.includes("list") ? { get: this.list("") } : {}),
      ...(verbs.includes("create") ? { post: this.#write("create", "post", 201) } : {}),
      ...(verbs.includes("deletecollection") ? { delete: this.#delete("deletecollection", "deleteCollection") } : {}),
    };
  }

  item(): PathItem {
    return {
      get: this.#read(""),
      put: this.#write("replace", "put", 200),
      patch: this.#patch(""),
      delete: this.#delete("delete", "delete"),
    };
  }

  status(): PathItem {
    return { get: this.#read("Status"), put: this.#write("replaceStatus", "put", 200), patch: this.#patch("Status") };
  }

  list(suffix: string): Operation {
    const names = ["labelSelector", "fieldSelector", "resourceVersion", "resourceVersionMatch", "continue"];
    const parameters = [
      ...names.map((name) => queryParameter(name, "string")),
      queryParameter("limit", "integer"),
      queryParameter("watch", "boolean"),
      queryParameter("timeoutSeconds", "integer"),
    ];
    return { ...this.#head("list", `list${suffix}`), parameters, responses: answers(`${this.#schema}List`, [200]) };
  }

  #read(suffix: string): Operation {
    return { ...this.#head("get", `read${suffix}`), responses: answers(this.#schema, [200]) };
  }

  #write(operation: string, action: string, code: number): Operation {
    return {
      ...this.#head(action, operation),
      parameters: writeParameters(),
      requestBody: { required: true, content: { "*/*": { schema: reference(this.#schema) } } },
      responses: answers(this.#schema, code === 201 ? [200, 201, 202] : [200, 201]),
    };
  }

  #patch(suffix: string): Operation {
    const content = Object.fromEntries(
      supportedPatchTypes.map((type) => [type, { schema: reference(`${META}.Patch`) }]),
    );
    const parameters = [...writeParameters(), queryParameter("force", "boolean")];
    return {
      ...this.#head("patch", `patch${suffix}`),
      parameters,
      requestBody: { required: true, content },
      responses: answers(this.#schema, [200, 201]),
    };
  }

  #delete(action: string, operation: string): Operation {
    const parameters = [
      queryParameter("dryRun", "string"),
      queryParameter("gracePeriodSeconds", "integer"),
      queryParameter("orphanDependents", "boolean"),
      queryParameter("propagationPolicy", "string"),
    ];
    return {
      ...this.#head(action, operation),
      parameters,
      requestBody: { content: { "*/*": { schema: reference(`${META}.DeleteOptions`) } } },
      responses: answers(`${META}.Status`, [200, 202]),
    };
  }

  #head(action: string, operation: string): Pick<Operation, "operationId" | `x-${string}`> {
    const { group, version, kind } = this.#gvk;
    const scope = this.#resource.isNamespaced ? "Namespaced" : "";
    const prefix = group === "" ? "Core" : group.split(".")[0]?.replace(/^./, (letter) => letter.toUpperCase());
    return {
      operationId: `${operation}${prefix}${version.toUpperCase()}${scope}${kind}`,
      "x-kubernetes-action": action,
      "x-kubernetes-group-version-kind": this.#gvk,
    };
  }
}

function writeParameters(): Parameter[] {
  return ["dryRun", "fieldManager", "fieldValidation"].map((name) => queryParameter(name, "string"));
}

function queryParameter(name: string, type: NonNullable<Schema["type"]>): Parameter {
  return { name, in: "query", schema: { type } };
}

function pathParameter(name: string): Parameter {
  return { name, in: "path", required: true, schema: { type: "string" } };
}

function answers(schema: string, codes: readonly number[]): Operation["responses"] {
  const content: Content = Object.fromEntries(
    ["application/json", "application/yaml"].map((type) => [type, { schema: reference(schema) }]),
  );
  return {
    ...Object.fromEntries(
      codes.map((code) => [
        String(code),
        { description: code === 200 ? "OK" : code === 201 ? "Created" : "Accepted", content },
      ]),
    ),
    "401": { description: "Unauthorized" },
  };
}

export function reference(schema: string): Schema {
  return { $ref: `${REF}${schema}` };
}

/** The same; those of kinds say which kind they are. */
function closure(
  roots: ReadonlySet<string>,
  kinds: ReadonlyMap<string, GroupVersionKind>,
  all: Readonly<Record<string, Schema>>,
): Record<string, Schema> {
  const found: Record<string, Schema> = {
    [`${META}.Patch`]: {
      description: "Patch is provided to give a concrete name and type to the Kubernetes PATCH request body.",
      type: "object",
    },
  };
  for (const [name, schema] of Object.entries(closureOf(roots, all))) {
    const gvk = kinds.get(name);
    found[name] = gvk ? { ...schema, "x-kubernetes-group-version-kind": [gvk] } : schema;
  }
  return found;
}

/** The named schemas and all they refer to. */
export function closureOf(roots: Iterable<string>, all: Readonly<Record<string, Schema>>): Record<string, Schema> {
  const found: Record<string, Schema> = {};
  const pending = [...roots];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const schema = all[name];
    if (found[name] || !schema) continue;
    found[name] = schema;
    for (const match of stringifyJson(schema).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g))
      pending.push(match[1] as string);
  }
  return found;
}
