import { allSchemas, type Schema } from "@drydock/kube-api";
import type { ServedGroup } from "../discovery/served-groups.ts";
import { closureOf, reference } from "./group-document.ts";
import { type OpenApiDocument, openApiInfo, securitySchemes } from "./openapi-document.ts";

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
const KIND_TYPES = ["application/json", "application/vnd.kubernetes.protobuf", "application/yaml"];

/** What one path of discovery answers. */
interface Root {
  readonly tag: string;
  readonly description: string;
  readonly operationId: string;
  /** Without one, a text. */
  readonly schema?: string;
  readonly types: readonly string[];
}

/** The documents of discovery itself, by their names in the index: each group's, and those of the server as a whole. */
export function rootDocuments(groups: readonly ServedGroup[]): ReadonlyMap<string, OpenApiDocument> {
  const names = new Set(groups.map(({ name }) => name).filter((name) => name !== ""));
  const roots = new Map<string, Root>([
    ["api", versions("core", "getCoreAPIVersions", "APIVersions")],
    ["apis", versions("apis", "getAPIVersions", "APIGroupList")],
    ...[...names].map((name) => [`apis/${name}`, groupRoot(name)] as const),
    ["version", codeVersion],
    [".well-known/openid-configuration", issuer],
    ["openid/v1/jwks", keys],
  ]);
  return new Map([...roots].map(([path, root]) => [path, documentOf(path, root)]));
}

function versions(tag: string, operationId: string, kind: string): Root {
  const description = "get available API versions";
  return { tag, description, operationId, schema: `${META}.${kind}`, types: KIND_TYPES };
}

function groupRoot(name: string): Root {
  const tag = name.replace(/\.k8s\.io$/, "").replaceAll(/\.(\w)/g, (_match, letter: string) => letter.toUpperCase());
  const operationId = `get${tag.charAt(0).toUpperCase()}${tag.slice(1)}APIGroup`;
  const description = "get information of a group";
  return { tag, description, operationId, schema: `${META}.APIGroup`, types: KIND_TYPES };
}

const codeVersion: Root = {
  tag: "version",
  description: "get the version information for this server",
  operationId: "getCodeVersion",
  schema: "io.k8s.apimachinery.pkg.version.Info",
  types: ["application/json"],
};

const issuer: Root = {
  tag: "WellKnown",
  description: "get service account issuer OpenID configuration, also known as the 'OIDC discovery doc'",
  operationId: "getServiceAccountIssuerOpenIDConfiguration",
  types: ["application/json"],
};

const keys: Root = {
  tag: "openid",
  description: "get service account issuer OpenID JSON Web Key Set (contains public token verification keys)",
  operationId: "getServiceAccountIssuerOpenIDKeyset",
  types: ["application/jwk-set+json"],
};

function documentOf(path: string, { tag, description, operationId, schema, types }: Root): OpenApiDocument {
  const answer: Schema = schema === undefined ? { type: "string" } : reference(schema);
  const content = Object.fromEntries(types.map((type) => [type, { schema: answer }]));
  const responses = { "200": { description: "OK", content }, "401": { description: "Unauthorized" } };
  return {
    openapi: "3.0.0",
    info: openApiInfo,
    paths: { [`/${path}/`]: { get: { tags: [tag], description, operationId, responses } } },
    components: {
      ...(schema !== undefined && { schemas: closureOf([schema], allSchemas()) }),
      securitySchemes,
    },
  };
}
