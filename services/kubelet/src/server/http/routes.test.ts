import assert from "node:assert/strict";
import { requestAttributes } from "../access/request-attributes.ts";
import { findRoute } from "./routes.ts";

describe("paths of a kubelet", () => {
  const route = (path: string, methods?: readonly string[]) => ({
    path,
    ...(methods && { methods }),
    handle: () => {},
  });
  const routes = [
    route("/metrics"),
    route("/pods", ["GET"]),
    route("/exec/{ns}/{pod}", ["GET", "POST"]),
    route("/exec/{ns}/{pod}/{uid}", ["POST"]),
    route("/logs/{rest:*}"),
  ];
  const table: [method: string, path: string, expected: string][] = [
    ["PUT", "/metrics", "found"],
    ["GET", "/metrics/more", "unknown"],
    ["GET", "/pods/", "found"],
    ["HEAD", "/pods", "methodNotAllowed GET"],
    ["GET", "/exec/a/b", "found ns=a,pod=b"],
    ["POST", "/exec/a/b/c", "found ns=a,pod=b,uid=c"],
    ["DELETE", "/exec/a/b", "methodNotAllowed GET,POST"],
    ["GET", "/exec/a", "notFound"],
    ["GET", "/exec", "notFound"],
    ["GET", "/logs", "found rest="],
    ["GET", "/logs/a/b", "found rest=a/b"],
    ["GET", "/", "unknown"],
    ["GET", "/executive", "unknown"],
  ];
  for (const [method, path, expected] of table)
    it(`${method} ${path}: ${expected}`, () => {
      const verdict = findRoute(routes, method, path);
      const details =
        verdict.kind === "found"
          ? Object.entries(verdict.parameters).map((pair) => pair.join("="))
          : verdict.kind === "methodNotAllowed"
            ? verdict.allowed
            : [];
      assert.equal([verdict.kind, details.join(",")].filter((text) => text !== "").join(" "), expected);
    });
});

describe("the right that a request to a kubelet needs", () => {
  const table: [method: string, path: string, verb: string, subresources: string][] = [
    ["GET", "/metrics/cadvisor", "get", "metrics"],
    ["GET", "/metricsfoo", "get", "proxy"],
    ["GET", "/stats/summary", "get", "stats"],
    ["GET", "/logs/syslog", "get", "log"],
    ["GET", "/pods", "get", "pods proxy"],
    ["GET", "/runningpods/", "get", "pods proxy"],
    ["GET", "/healthz/ping", "get", "healthz proxy"],
    ["GET", "/configz", "get", "configz proxy"],
    ["POST", "/run/a/b/c", "create", "proxy"],
    ["GET", "/containerLogs/a/b/c", "get", "proxy"],
    ["PUT", "/debug/flags/v", "update", "proxy"],
    ["HEAD", "/pods", "", "pods proxy"],
  ];
  for (const [method, path, verb, subresources] of table)
    it(`${method} ${path}: ${verb} nodes/${subresources}`, () =>
      assert.deepEqual(requestAttributes(method, path), { verb, subresources: subresources.split(" ") }));
});
