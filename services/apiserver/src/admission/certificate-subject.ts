import { forbidden } from "@drydock/apimachinery";
import type { V1CertificateSigningRequest } from "@drydock/kube-api";
import { organizationsOfRequest } from "@drydock/pki";
import type { AdmissionPlugin } from "./admission.ts";

const SIGNER = "kubernetes.io/kube-apiserver-client";

/** Nobody becomes a superuser by a certificate (CertificateSubjectRestriction). */
export const certificateSubjectRestriction: AdmissionPlugin = {
  name: "CertificateSubjectRestriction",
  validate({ definition, operation, subresource, object }) {
    if (definition.kind !== "CertificateSigningRequest" || operation !== "create" || subresource !== "") return;
    const { spec, metadata } = object as V1CertificateSigningRequest;
    if (spec?.signerName !== SIGNER) return;
    const problem = subjectProblem(Buffer.from(spec.request, "base64").toString());
    if (problem) throw forbidden({ group: definition.group, resource: definition.resource }, metadata.name, problem);
  },
};

function subjectProblem(pem: string): string | undefined {
  try {
    const isSuperuser = organizationsOfRequest(pem).includes("system:masters");
    return isSuperuser ? `use of ${SIGNER} signer with system:masters group is not allowed` : undefined;
  } catch (error) {
    return `failed to parse CSR: ${(error as Error).message}`;
  }
}
