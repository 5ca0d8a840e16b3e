import assert from "node:assert/strict";
import type { V1Container, V1Pod, V1Service } from "@drydock/kube-api";
import { makeEnvironment } from "./environment.ts";
import { expand } from "./expand.ts";
import type { ObjectSource } from "./object-source.ts";
import { serviceEnvironment } from "./service-environment.ts";

const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: "my-web" },
  spec: {
    clusterIP: "10.96.0.9",
    ports: [
      { name: "http-x", port: 80, protocol: "TCP" },
      { port: 53, protocol: "UDP" },
    ],
  },
} as V1Service;

const objects: ObjectSource = {
  configMap: async (_, name) =>
    name === "cm" ? { apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { a: "1", b: "2" } } : undefined,
  secret: async (_, name) =>
    name === "s"
      ? { apiVersion: "v1", kind: "Secret", metadata: { name }, data: { pw: Buffer.from("geheim").toString("base64") } }
      : undefined,
  requestToken: () => assert.fail("no token is asked for"),
  servicesFor: () => [],
};
const context = {
  podIp: "10.244.1.5",
  hostIp: "172.30.0.11",
  nodeName: "node-1",
  allocatable: { cpu: "2", memory: "1Gi" },
};

function env(container: Partial<V1Container>) {
  const full = { name: "c", ...container } as V1Container;
  const pod: V1Pod = {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace: "d", labels: { app: "x" } },
    spec: { containers: [full], enableServiceLinks: false },
  };
  return makeEnvironment(pod, full, objects, context).then((list) =>
    Object.fromEntries(list.map(({ name, value }) => [name, value])),
  );
}

describe("expand", () => {
  const lookup = (name: string) => ({ A: "1", "B.c": "2" })[name];
  for (const [text, expected] of [
    ["$(A)-$(B.c)", "1-2"],
    ["$(NOPE) $$(A) $$$$", "$(NOPE) $(A) $$"],
    ["$A $( $(A", "$A $( $(A"],
    ["cost: 5$", "cost: 5$"],
  ] as const) {
    it(JSON.stringify(text), () => assert.equal(expand(text, lookup), expected));
  }
});

describe("makeEnvironment", () => {
  it("takes values from everywhere, later ones over earlier ones", async () => {
    assert.deepEqual(
      await env({
        envFrom: [
          { prefix: "P_", configMapRef: { name: "cm" } },
          { secretRef: { name: "s" } },
          { configMapRef: { name: "nope", optional: true } },
        ],
        env: [
          { name: "P_a", value: "own" },
          { name: "REF", value: "$(P_a)/$(pw)" },
          { name: "KEY", valueFrom: { configMapKeyRef: { name: "cm", key: "b" } } },
          { name: "NONE", valueFrom: { secretKeyRef: { name: "s", key: "x", optional: true } } },
          { name: "IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
          { name: "LABEL", valueFrom: { fieldRef: { fieldPath: "metadata.labels['app']" } } },
        ],
      }),
      { P_a: "own", P_b: "2", pw: "geheim", REF: "own/geheim", KEY: "2", IP: "10.244.1.5", LABEL: "x" },
    );
  });

  it("says what is missing, in upstream's words", async () => {
    await assert.rejects(env({ envFrom: [{ configMapRef: { name: "x" } }] }), { message: 'configmap "x" not found' });
    await assert.rejects(env({ env: [{ name: "K", valueFrom: { secretKeyRef: { name: "s", key: "x" } } }] }), {
      message: "couldn't find key x in Secret d/s",
    });
  });
});

describe("serviceEnvironment", () => {
  it("writes the docker-links variables", () => {
    assert.deepEqual(Object.fromEntries(serviceEnvironment([service])), {
      MY_WEB_SERVICE_HOST: "10.96.0.9",
      MY_WEB_SERVICE_PORT: "80",
      MY_WEB_SERVICE_PORT_HTTP_X: "80",
      MY_WEB_PORT: "tcp://10.96.0.9:80",
      MY_WEB_PORT_80_TCP: "tcp://10.96.0.9:80",
      MY_WEB_PORT_80_TCP_PROTO: "tcp",
      MY_WEB_PORT_80_TCP_PORT: "80",
      MY_WEB_PORT_80_TCP_ADDR: "10.96.0.9",
      MY_WEB_PORT_53_UDP: "udp://10.96.0.9:53",
      MY_WEB_PORT_53_UDP_PROTO: "udp",
      MY_WEB_PORT_53_UDP_PORT: "53",
      MY_WEB_PORT_53_UDP_ADDR: "10.96.0.9",
    });
  });
});
