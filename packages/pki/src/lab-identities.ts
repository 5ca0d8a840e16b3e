import type { CertificateRequest } from "./certificate.ts";

/**
 * Which authority signs what: etcd trusts its own authority only, so that no cluster identity opens the store; and who shows a certificate
 * of the front proxy's may say whom it speaks for, so it signs that one alone.
 */
export type AuthorityName = "ca" | "etcd-ca" | "front-proxy-ca";

/** Where authorities and service-account keys lie; no container but the one that issues certificates sees this directory. */
export const AUTHORITY_DIRECTORY = "authority";

export interface Identity {
  /** Path below the PKI directory, without `.crt`/`.key`; its first part names the process that owns it. */
  readonly path: string;
  readonly authority: AuthorityName;
  readonly request: CertificateRequest;
  /** Also write `<path>.conf`, a kubeconfig. */
  readonly kubeconfig?: { readonly server: string };
}

/** A file of the authority directory that a process needs too. */
export interface SharedFile {
  readonly from: string;
  readonly to: string;
  readonly isSecret: boolean;
}

/** The shape of the lab, as far as its certificates must know it. */
export interface LabTopology {
  readonly etcdMembers: readonly HostIdentity[];
  readonly nodes: readonly HostIdentity[];
  readonly apiserver: HostIdentity;
  /** First address of the Service range: the `kubernetes` Service. */
  readonly kubernetesServiceIp: string;
  /** `https://127.0.0.1:6443`: what people's clients use. */
  readonly publicServer: string;
}

export interface HostIdentity {
  /** Its name in the lab's network. */
  readonly name: string;
  readonly ip: string;
}

const COMPONENT_PORT = 6444;
const LOOPBACK = ["localhost", "127.0.0.1", "::1"];

/** Every identity of a lab: one directory a process, so that each container is given its own keys and no others. */
export function labIdentities(lab: LabTopology): Identity[] {
  const componentServer = `https://${lab.apiserver.name}:${COMPONENT_PORT}`;
  const component = (path: string, commonName: string, organizations: string[] = []): Identity => ({
    path,
    authority: "ca",
    request: { commonName, organizations, usages: ["client"] },
    kubeconfig: { server: componentServer },
  });
  return [
    ...lab.etcdMembers.flatMap(etcdMember),
    { path: "apiserver/server", authority: "ca", request: apiserverRequest(lab) },
    {
      path: "apiserver/etcd-client",
      authority: "etcd-ca",
      request: { commonName: "kube-apiserver-etcd-client", usages: ["client"] },
    },
    {
      path: "apiserver/kubelet-client",
      authority: "ca",
      request: { commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"], usages: ["client"] },
    },
    {
      path: "apiserver/front-proxy-client",
      authority: "front-proxy-ca",
      request: { commonName: "front-proxy-client", usages: ["client"] },
    },
    component("controller-manager/client", "system:kube-controller-manager"),
    component("scheduler/client", "system:kube-scheduler"),
    ...lab.nodes.flatMap((node) => [
      component(`${node.name}/kubelet`, `system:node:${node.name}`, ["system:nodes"]),
      component(`${proxyOf(node)}/client`, "system:kube-proxy", ["system:node-proxier"]),
      kubeletServing(node),
    ]),
    {
      path: "admin/admin",
      authority: "ca",
      request: { commonName: "kubernetes-admin", organizations: ["system:masters"], usages: ["client"] },
      kubeconfig: { server: lab.publicServer },
    },
    { path: "admin/etcd-client", authority: "etcd-ca", request: { commonName: "root", usages: ["client"] } },
  ];
}

/** How the apiserver encrypts what it stores. */
export const ENCRYPTION_CONFIG = "encryption.yaml";

/** How the apiserver finds out who asks, beyond certificates and tokens. */
export const AUTHENTICATION_CONFIG = "authentication.yaml";

/** What each process needs of the authorities: whom to trust, and for two of them the keys of service-account tokens. */
export function sharedFiles(lab: LabTopology): SharedFile[] {
  const trust = (process: string, authority: AuthorityName, name = "ca"): SharedFile => ({
    from: `${authority}.crt`,
    to: `${process}/${name}.crt`,
    isSecret: false,
  });
  return [
    ...lab.etcdMembers.map(({ name }) => trust(name, "etcd-ca")),
    ...lab.nodes.map(({ name }) => trust(name, "ca")),
    trust("apiserver", "ca"),
    trust("apiserver", "etcd-ca", "etcd-ca"),
    trust("apiserver", "front-proxy-ca", "front-proxy-ca"),
    { from: "sa.key", to: "apiserver/sa.key", isSecret: true },
    { from: "sa.pub", to: "apiserver/sa.pub", isSecret: false },
    { from: ENCRYPTION_CONFIG, to: `apiserver/${ENCRYPTION_CONFIG}`, isSecret: true },
    { from: AUTHENTICATION_CONFIG, to: `apiserver/${AUTHENTICATION_CONFIG}`, isSecret: false },
    trust("controller-manager", "ca"),
    { from: "sa.key", to: "controller-manager/sa.key", isSecret: true },
    trust("admin", "ca"),
    trust("admin", "etcd-ca", "etcd-ca"),
  ];
}

/** `node-1`'s proxy is `kube-proxy-1`. */
function proxyOf(node: HostIdentity): string {
  return node.name.replace(/^node-/, "kube-proxy-");
}

function etcdMember(member: HostIdentity): Identity[] {
  const request: CertificateRequest = {
    commonName: member.name,
    subjectAltNames: [member.name, member.ip, ...LOOPBACK],
    usages: ["server", "client"],
  };
  return [
    { path: `${member.name}/server`, authority: "etcd-ca", request },
    { path: `${member.name}/peer`, authority: "etcd-ca", request },
  ];
}

function apiserverRequest(lab: LabTopology): CertificateRequest {
  const serviceNames = [
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
  ];
  return {
    commonName: "kube-apiserver",
    subjectAltNames: [lab.apiserver.name, ...serviceNames, lab.kubernetesServiceIp, lab.apiserver.ip, ...LOOPBACK],
    usages: ["server"],
  };
}

function kubeletServing(node: HostIdentity): Identity {
  return {
    path: `${node.name}/serving`,
    authority: "ca",
    request: {
      commonName: `system:node:${node.name}`,
      organizations: ["system:nodes"],
      subjectAltNames: [node.name, node.ip],
      usages: ["server"],
    },
  };
}
