import type { KubeObject } from "@drydock/apimachinery";
import type { V1CertificateSigningRequest } from "@drydock/kube-api";
import { prepareApproval } from "../resources/certificates/certificate-signing-request.ts";
import { validateKept, validateRequestConditions } from "../resources/certificates/validate-request.ts";
import { get } from "../verbs/get.ts";
import { update } from "../verbs/update.ts";
import { isResource, type Subresource } from "./subresource.ts";
import { writtenObject } from "./written-object.ts";

/** Where an approver says yes or no to a request for a certificate; never changed again once said. */
export const approval = {
  name: "approval",
  verbs: ["get", "patch", "update"],
  appliesTo: (definition) => isResource(definition, "certificates.k8s.io", "certificatesigningrequests"),
  async run(_services, store, call) {
    const { name, options, context } = call;
    if (call.verb === "get") {
      const stored = await get(store, "", name, options.resourceVersion, context.signal);
      return { kind: "object", code: 200, store, stored };
    }
    const { stored } = await update(store, {
      namespace: "",
      name,
      subresource: "approval",
      isDryRun: options.dryRun,
      context,
      mayCreate: "never",
      rules: {
        prepareForUpdate: (object, old) => prepareApproval(asRequest(object), asRequest(old), context.nowMs),
        validateUpdate: (object, old) => [
          ...validateRequestConditions(asRequest(object)),
          ...validateKept(asRequest(object), asRequest(old), ["Approved", "Denied", "Failed"]),
        ],
      },
      ...writtenObject(store, call),
    });
    return { kind: "object", code: 200, store, stored };
  },
} satisfies Subresource;

function asRequest(object: KubeObject): V1CertificateSigningRequest {
  return object as V1CertificateSigningRequest;
}
