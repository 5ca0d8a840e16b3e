import { StatusError } from "@drydock/apimachinery";
import { type ControllerContext, defineController, defineWatch } from "@drydock/client";
import { configMaps, namespaces, serviceAccounts } from "@drydock/kube-api";

const ROOT_CA = "kube-root-ca.crt";

/** Every namespace has a `default` service account, and the authority of the API server's certificate to check it by. */
export const serviceAccount = (rootCaPem: string) =>
  defineController({
    name: "service-account",
    primary: namespaces,
    watches: [
      defineWatch({
        resource: serviceAccounts,
        keysFor: ({ metadata }) => (metadata.name === "default" ? [metadata.namespace ?? ""] : []),
      }),
      defineWatch({
        resource: configMaps,
        keysFor: ({ metadata }) => (metadata.name === ROOT_CA ? [metadata.namespace ?? ""] : []),
      }),
    ],
    create: (context) => ({
      async reconcile(namespace) {
        const found = context.informers.informer(namespaces).lister.getByKey(namespace);
        if (!found || found.metadata.deletionTimestamp) return undefined;
        await ensureDefaultAccount(context, namespace);
        await ensureRootCa(context, namespace, rootCaPem);
        return undefined;
      },
    }),
  });

async function ensureDefaultAccount({ client, informers }: ControllerContext, namespace: string): Promise<void> {
  if (informers.informer(serviceAccounts).lister.get(namespace, "default")) return;
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace } };
  await client.create(serviceAccounts, account).catch(unlessThere);
}

async function ensureRootCa({ client, informers }: ControllerContext, namespace: string, pem: string): Promise<void> {
  const current = informers.informer(configMaps).lister.get(namespace, ROOT_CA);
  const data = { "ca.crt": pem };
  if (!current) {
    const annotations = {
      "kubernetes.io/description":
        "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
    };
    await client
      .create(configMaps, {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata: { name: ROOT_CA, namespace, annotations },
        data,
      })
      .catch(unlessThere);
  } else if (current.data?.["ca.crt"] !== pem) {
    await client.update(configMaps, { ...current, data });
  }
}

function unlessThere(error: unknown): void {
  if (StatusError.from(error).reason !== "AlreadyExists") throw error;
}
