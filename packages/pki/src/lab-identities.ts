import type { CertificateRequest } from "./certificate.ts";

/** Which authority signs what: etcd trusts its own authority only, so that no cluster identity opens the store. */
export type AuthorityName = "ca" | "etcd/ca";

export interface Identity {
  /** Path below the PKI directory, without `.crt`/`.key`. */
  readonly path: string;
  readonly authority: AuthorityName;
  readonly request: CertificateRequest;
  /** Also write `<path>.conf`, a kubeconfig for the component port (or for people, the REST port). */
  readonly kubeconfig?: { readonly server: string };
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

/** Every identity of a lab: one a process, as kubeadm names them where it has a name for it. */
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
    { path: "etcd/client", authority: "etcd/ca", request: { commonName: "root", usages: ["client"] } },
    {
      path: "apiserver-etcd-client",
      authority: "etcd/ca",
      request: { commonName: "kube-apiserver-etcd-client", usages: ["client"] },
    },
    { path: "apiserver", authority: "ca", request: apiserverRequest(lab) },
    {
      path: "apiserver-kubelet-client",
      authority: "ca",
      request: { commonName: "kube-apiserver-kubelet-client", organizations: ["system:masters"], usages: ["client"] },
    },
    component("controller-manager", "system:kube-controller-manager"),
    component("scheduler", "system:kube-scheduler"),
    ...lab.nodes.flatMap((node) => [
      component(`${node.name}/kubelet`, `system:node:${node.name}`, ["system:nodes"]),
      component(`${node.name}/kube-proxy`, "system:kube-proxy", ["system:node-proxier"]),
      kubeletServing(node),
    ]),
    {
      path: "admin",
      authority: "ca",
      request: { commonName: "kubernetes-admin", organizations: ["system:masters"], usages: ["client"] },
      kubeconfig: { server: lab.publicServer },
    },
  ];
}

function etcdMember(member: HostIdentity): Identity[] {
  const subjectAltNames = [member.name, member.ip, ...LOOPBACK];
  return [
    {
      path: `etcd/${member.name}-server`,
      authority: "etcd/ca",
      request: { commonName: member.name, subjectAltNames, usages: ["server", "client"] },
    },
    {
      path: `etcd/${member.name}-peer`,
      authority: "etcd/ca",
      request: { commonName: member.name, subjectAltNames, usages: ["server", "client"] },
    },
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
    path: `${node.name}/kubelet-serving`,
    authority: "ca",
    request: {
      commonName: `system:node:${node.name}`,
      organizations: ["system:nodes"],
      subjectAltNames: [node.name, node.ip],
      usages: ["server"],
    },
  };
}
