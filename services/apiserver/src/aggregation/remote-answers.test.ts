import assert from "node:assert/strict";
import { mergeSwagger } from "../openapi/merge-swagger.ts";
import { forwardedHeaders } from "../reverse-proxy/forwarded-headers.ts";
import { frontProxyHeaders } from "./front-proxy-headers.ts";
import { fromLegacy } from "./remote-discovery.ts";

describe("what other servers say", () => {
  it("in the old form of discovery is put into the new", () => {
    const resources = fromLegacy("example.com", "v1", [
      { name: "cookies", singularName: "cookie", namespaced: true, kind: "Cookie", verbs: ["get"], shortNames: ["ck"] },
      { name: "cookies/scale", kind: "Scale", group: "autoscaling", version: "v1", verbs: ["get", "update"] },
      { name: "jars", kind: "Jar", verbs: ["list"] },
    ]);
    assert.deepEqual(resources, [
      {
        resource: "cookies",
        responseKind: { group: "example.com", version: "v1", kind: "Cookie" },
        scope: "Namespaced",
        singularResource: "cookie",
        verbs: ["get"],
        shortNames: ["ck"],
        subresources: [
          {
            subresource: "scale",
            responseKind: { group: "autoscaling", version: "v1", kind: "Scale" },
            verbs: ["get", "update"],
          },
        ],
      },
      {
        resource: "jars",
        responseKind: { group: "example.com", version: "v1", kind: "Jar" },
        scope: "Cluster",
        singularResource: "",
        verbs: ["list"],
      },
    ]);
  });

  it("of schemas keeps its meaning where a name means something else here", () => {
    const own = {
      swagger: "2.0" as const,
      info: { title: "", version: "" },
      paths: {},
      definitions: { Same: { type: "object" }, Other: { type: "string" } },
    };
    const item = { get: { responses: { "200": { schema: { $ref: "#/definitions/Other" } } } } };
    const remote = {
      paths: { "/apis/g/v1/x": item },
      definitions: { Same: { type: "object" }, Other: { type: "object" }, New: { $ref: "#/definitions/Other" } },
    };
    const merged = mergeSwagger(own, [remote]);
    assert.deepEqual(merged.definitions, {
      Same: { type: "object" },
      Other: { type: "string" },
      Other_v2: { type: "object" },
      New: { $ref: "#/definitions/Other_v2" },
    });
    assert.match(JSON.stringify(merged.paths), /definitions\/Other_v2/);
  });
});

describe("what other servers are told", () => {
  it("is who asks, with keys that a header can bear", () => {
    const user = { name: "jane", uid: "7", groups: ["a", "b"], extra: { "example.com/Scopes%": ["x"] } };
    assert.deepEqual(frontProxyHeaders(user), {
      "X-Remote-User": "jane",
      "X-Remote-Uid": "7",
      "X-Remote-Group": ["a", "b"],
      "X-Remote-Extra-example.com%2Fscopes%25": ["x"],
    });
  });

  it("is nothing that the client says of itself, nor what concerns its connection", () => {
    const headers = {
      ":path": "/",
      host: "h",
      accept: "a",
      authorization: "Bearer t",
      connection: "close, X-Here",
      "x-here": "c",
      "x-remote-user": "root",
      "x-remote-extra-a": "b",
      "impersonate-user": "root",
      "transfer-encoding": "chunked",
    };
    assert.deepEqual(forwardedHeaders(headers), { accept: "a" });
  });
});
