import { forbidden } from "@drydock/apimachinery";
import type { V1CertificateSigningRequest } from "@drydock/kube-api";
import type { Authorizer } from "../authorization/authorizer.ts";
import type { AdmissionPlugin, AdmissionRequest } from "./admission.ts";

const RESOURCE = { group: "certificates.k8s.io", resource: "certificatesigningrequests" };

/** Who approves or signs must be allowed to by the signer's name, or by `domain/*` (CertificateApproval and CertificateSigning). */
export function certificateSigners(authorizer: Authorizer): AdmissionPlugin {
  const may = async ({ context }: AdmissionRequest, verb: string, name: string) => {
    const { verdict } = await authorizer.authorize({
      user: context.user,
      isResourceRequest: true,
      path: "",
      verb,
      group: RESOURCE.group,
      resource: "signers",
      subresource: "",
      namespace: "",
      name,
    });
    return verdict === "allow";
  };
  return {
    name: "CertificateSigners",
    async validate(request) {
      const { definition, subresource, object, oldObject, operation } = request;
      if (definition.kind !== "CertificateSigningRequest" || operation !== "update") return;
      const current = object as V1CertificateSigningRequest;
      const old = oldObject as V1CertificateSigningRequest;
      const signer = old.spec?.signerName ?? "";
      const isIssuing =
        subresource === "status" &&
        (current.status?.certificate !== old.status?.certificate ||
          (current.status?.conditions ?? []).some(
            ({ type }) => type === "Failed" && !old.status?.conditions?.some((before) => before.type === type),
          ));
      const verb = subresource === "approval" ? "approve" : isIssuing ? "sign" : "";
      if (verb === "" || (await may(request, verb, signer))) return;
      if (await may(request, verb, `${signer.split("/")[0]}/*`)) return;
      const text = `user not permitted to ${verb} requests with signerName ${JSON.stringify(signer)}`;
      throw forbidden(RESOURCE, old.metadata.name, text);
    },
  };
}
