import { StatusError } from "@drydock/apimachinery";
import { defineController, defineWatch } from "@drydock/client";
import { namespaces, serviceAccounts } from "@drydock/kube-api";

/** Every namespace has a service account called `default`, also after somebody deleted it. */
export const serviceAccount = defineController({
  name: "serviceaccount-controller",
  primary: namespaces,
  watches: [
    defineWatch({
      resource: serviceAccounts,
      keysFor: ({ metadata }) => (metadata.name === "default" ? [metadata.namespace ?? ""] : []),
    }),
  ],
  create({ client, informers }) {
    const namespaceLister = informers.informer(namespaces).lister;
    const accountLister = informers.informer(serviceAccounts).lister;
    return {
      async reconcile(namespace) {
        const found = namespaceLister.getByKey(namespace);
        if (!found || found.metadata.deletionTimestamp || accountLister.get(namespace, "default")) return undefined;
        const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { namespace, name: "default" } };
        await client.create(serviceAccounts, account).catch((error: unknown) => {
          if (!["AlreadyExists", "NotFound"].includes(StatusError.from(error).reason)) throw error;
        });
        return undefined;
      },
    };
  },
});
