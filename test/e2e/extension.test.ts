import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAuthority, issueCertificate } from "@drydock/pki";
import { eventually, explainFailures, getJson, kubectl, podsOf, readyPods, tryKubectl, useNamespace } from "./lab.ts";

const NAMESPACE = "extension";
const SERVICE = "server-in-pod";
const IMAGE = process.env["DRYDOCK_IMAGE"] ?? "drydock/lab:dev";
const API_SERVICE = "v1.lab.example.com";

const deployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: SERVICE },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: SERVICE } },
    template: {
      metadata: { labels: { app: SERVICE } },
      spec: {
        containers: [
          {
            name: "server",
            image: IMAGE,
            command: ["node", "/program/server-in-pod.mjs"],
            readinessProbe: { httpGet: { scheme: "HTTPS", path: "/healthz", port: 8443 }, periodSeconds: 1 },
            volumeMounts: [
              { name: "program", mountPath: "/program" },
              { name: "tls", mountPath: "/tls" },
            ],
          },
        ],
        volumes: [
          { name: "program", configMap: { name: "program" } },
          { name: "tls", secret: { secretName: "tls" } },
        ],
      },
    },
  },
};

const service = {
  apiVersion: "v1",
  kind: "Service",
  metadata: { name: SERVICE },
  spec: { selector: { app: SERVICE }, ports: [{ port: 443, targetPort: 8443 }] },
};

function hooks(caBundle: string): object[] {
  const common = {
    rules: [{ apiGroups: [""], apiVersions: ["v1"], resources: ["configmaps"], operations: ["CREATE"] }],
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": NAMESPACE } },
    admissionReviewVersions: ["v1"],
    sideEffects: "None",
  };
  const at = (path: string) => ({ service: { namespace: NAMESPACE, name: SERVICE, path }, caBundle });
  return [
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "MutatingWebhookConfiguration",
      metadata: { name: SERVICE },
      webhooks: [{ ...common, name: "mutate.lab.example.com", clientConfig: at("/mutate") }],
    },
    {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: "ValidatingWebhookConfiguration",
      metadata: { name: SERVICE },
      webhooks: [{ ...common, name: "validate.lab.example.com", clientConfig: at("/validate") }],
    },
  ];
}

const apiService = (caBundle: string) => ({
  apiVersion: "apiregistration.k8s.io/v1",
  kind: "APIService",
  metadata: { name: API_SERVICE },
  spec: {
    group: "lab.example.com",
    version: "v1",
    groupPriorityMinimum: 1000,
    versionPriority: 10,
    caBundle,
    service: { namespace: NAMESPACE, name: SERVICE },
  },
});

const apply = (object: object) => kubectl(`apply -n ${NAMESPACE} -f -`, { input: JSON.stringify(object) });
const removeConfigurations = async () => {
  for (const kind of ["mutatingwebhookconfiguration", "validatingwebhookconfiguration"])
    await kubectl(`delete ${kind} ${SERVICE} --ignore-not-found`);
  await kubectl(`delete apiservice ${API_SERVICE} --ignore-not-found`);
};

describe("servers of the API in pods of the lab", () => {
  let caBundle = "";
  useNamespace(NAMESPACE);
  explainFailures(NAMESPACE);

  before(async () => {
    const authority = await createAuthority("pods");
    caBundle = Buffer.from(authority.certPem).toString("base64");
    const name = `${SERVICE}.${NAMESPACE}.svc`;
    const { certPem, keyPem } = await issueCertificate(authority, {
      commonName: name,
      usages: ["server"],
      subjectAltNames: [name],
    });
    const folder = mkdtempSync(join(tmpdir(), "drydock-pods-"));
    writeFileSync(join(folder, "tls.crt"), certPem);
    writeFileSync(join(folder, "tls.key"), keyPem);
    await kubectl(`create secret tls tls -n ${NAMESPACE} --cert=${folder}/tls.crt --key=${folder}/tls.key`);
    rmSync(folder, { recursive: true });
    const program = new URL("server-in-pod.mjs", import.meta.url).pathname;
    await kubectl(`create configmap program -n ${NAMESPACE} --from-file=${program}`);
    await apply(deployment);
    await apply(service);
    await readyPods(NAMESPACE, `app=${SERVICE}`, 2);
  });
  after(removeConfigurations);

  it("a webhook changes what is created, and refuses it", async () => {
    for (const hook of hooks(caBundle)) await apply(hook);
    const pods = (await podsOf(NAMESPACE, `app=${SERVICE}`)).map(({ metadata }) => metadata.name);
    await eventually("a webhook is asked", async () => {
      await kubectl(`delete configmap welcome -n ${NAMESPACE} --ignore-not-found`);
      await kubectl(`create configmap welcome -n ${NAMESPACE}`);
      const { metadata } = await getJson<{ metadata: { labels?: Record<string, string> } }>(
        `configmap welcome -n ${NAMESPACE}`,
      );
      return pods.includes(metadata.labels?.["seen-by"] ?? "");
    });
    const { code, stderr } = await tryKubectl(`create configmap unwelcome -n ${NAMESPACE}`);
    assert.equal(code, 1);
    assert.match(stderr, /admission webhook "validate\.lab\.example\.com" denied the request: not here/);
  });

  it("the API that a pod serves is one of the cluster's", async () => {
    await apply(apiService(caBundle));
    await kubectl(`wait --for=condition=Available apiservice/${API_SERVICE} --timeout=60s`);
    await eventually("it is among the resources", async () =>
      /^notes +lab\.example\.com\/v1 +true +Note/.test(
        await kubectl("api-resources --api-group=lab.example.com --no-headers"),
      ),
    );
    const { items } = await getJson<{ items: { metadata: { name: string; annotations: object } }[] }>(
      `notes -n ${NAMESPACE}`,
    );
    assert.deepEqual(
      items.map(({ metadata }) => [metadata.name, metadata.annotations]),
      [["who", { asker: "kubernetes-admin" }]],
    );
  });

  it("without its pods, the webhook fails closed and the API is not available", async () => {
    await kubectl(`scale deployment ${SERVICE} -n ${NAMESPACE} --replicas=0`);
    await eventually("its pods are gone", async () => (await podsOf(NAMESPACE, `app=${SERVICE}`)).length === 0);
    const { code, stderr } = await tryKubectl(`create configmap orphan -n ${NAMESPACE}`);
    assert.equal(code, 1);
    assert.match(stderr, /failed calling webhook "mutate\.lab\.example\.com": failed to call webhook: /);
    await kubectl(`wait --for=condition=Available=False apiservice/${API_SERVICE} --timeout=60s`);
    await removeConfigurations();
    await eventually("nobody is asked any more", () => kubectl(`create configmap orphan -n ${NAMESPACE}`));
  });
});
