import assert from "node:assert/strict";
import type { V1APIService } from "@drydock/kube-api";
import type { RemoteConnections } from "./remote-connections.ts";
import { fetchOpenApi, noDocuments } from "./remote-openapi.ts";
import { swaggerToV3 } from "./swagger-to-v3.ts";

describe("OpenAPI v3 made of v2", () => {
  it("has what was there, at its place in v3", () => {
    const cookie = { $ref: "#/definitions/com.example.Cookie" };
    const v3 = swaggerToV3({
      info: { title: "Cookies", version: "v1" },
      produces: ["application/yaml"],
      paths: {
        "/apis/g/v1/cookies/{name}": {
          parameters: [{ name: "name", in: "path", required: true, type: "string", uniqueItems: true }],
          put: {
            operationId: "replaceCookie",
            consumes: ["application/json", "application/yaml"],
            produces: ["application/json"],
            schemes: ["https"],
            parameters: [
              { name: "body", in: "body", required: true, schema: cookie },
              { name: "dryRun", in: "query", type: "string", description: "no" },
            ],
            responses: { "200": { description: "OK", schema: cookie }, "401": { description: "Unauthorized" } },
            "x-kubernetes-action": "put",
          },
          get: { responses: { "200": { description: "OK", schema: { type: "array", items: cookie } } } },
        },
      },
      definitions: {
        "com.example.Cookie": {
          type: "object",
          properties: {
            next: { ...cookie, description: "the next" },
            all: { type: "array", items: cookie },
            byName: { type: "object", additionalProperties: cookie },
          },
          "x-kubernetes-group-version-kind": [{ group: "g", version: "v1", kind: "Cookie" }],
        },
      },
    });
    const reference = { $ref: "#/components/schemas/com.example.Cookie" };
    assert.deepEqual(v3, {
      openapi: "3.0.0",
      info: { title: "Cookies", version: "v1" },
      paths: {
        "/apis/g/v1/cookies/{name}": {
          parameters: [{ name: "name", in: "path", required: true, schema: { type: "string", uniqueItems: true } }],
          put: {
            operationId: "replaceCookie",
            parameters: [{ name: "dryRun", in: "query", description: "no", schema: { type: "string" } }],
            requestBody: {
              required: true,
              content: { "application/json": { schema: reference }, "application/yaml": { schema: reference } },
            },
            responses: {
              "200": { description: "OK", content: { "application/json": { schema: reference } } },
              "401": { description: "Unauthorized" },
            },
            "x-kubernetes-action": "put",
          },
          get: {
            responses: {
              "200": {
                description: "OK",
                content: { "application/yaml": { schema: { type: "array", items: reference } } },
              },
            },
          },
        },
      },
      components: {
        schemas: {
          "com.example.Cookie": {
            type: "object",
            properties: {
              next: { description: "the next", allOf: [reference] },
              all: { type: "array", items: reference },
              byName: { type: "object", additionalProperties: reference },
            },
            "x-kubernetes-group-version-kind": [{ group: "g", version: "v1", kind: "Cookie" }],
          },
        },
      },
    });
  });
});

describe("a server that has only OpenAPI v2", () => {
  it("is documented in v3 all the same, with the paths of its group-version", async () => {
    const v2 = { swagger: "2.0", paths: { "/apis/g/v1/as": {}, "/version": {} }, definitions: { A: {} } };
    const connections = {
      get: async (_service: unknown, path: string) =>
        path === "/openapi/v2"
          ? { code: 200, etag: "1", body: Buffer.from(JSON.stringify(v2)) }
          : { code: 404, etag: "", body: Buffer.from("") },
    } as unknown as RemoteConnections;
    const apiService = { metadata: { name: "v1.g" }, spec: { group: "g", version: "v1" } } as V1APIService;
    const documents = await fetchOpenApi(connections, apiService, noDocuments);
    assert.deepEqual(JSON.parse(String(documents.v3)), {
      openapi: "3.0.0",
      paths: { "/apis/g/v1/as": {} },
      components: { schemas: { A: {} } },
    });
    assert.equal(await fetchOpenApi(connections, apiService, documents), documents);
  });
});
