export {
  type Authority,
  type CertificateRequest,
  createAuthority,
  describeCertificate,
  isSignedBy,
  issueCertificate,
  type KeyPair,
  loadAuthority,
  organizationsOfRequest,
} from "./certificate.ts";
export { ensurePki, type PkiReport } from "./ensure-pki.ts";
export {
  type Connection,
  connectionOf,
  createKubeconfig,
  type Kubeconfig,
  type KubeconfigUser,
  mergeKubeconfig,
  parseKubeconfig,
  removeFromKubeconfig,
  renderKubeconfig,
} from "./kubeconfig.ts";
export {
  type AuthorityName,
  type HostIdentity,
  type Identity,
  type LabTopology,
  labIdentities,
} from "./lab-identities.ts";
export { createSelfSigned, type SelfSignedRequest } from "./self-signed.ts";
export { createServiceAccountKeys } from "./service-account-keys.ts";
