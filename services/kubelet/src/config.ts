import {
  booleanFlag,
  choiceFlag,
  durationMsFlag,
  type FlagSet,
  type FlagValues,
  integerFlag,
  portFlag,
  stringFlag,
} from "@drydock/component";

/** Flags as upstream's kubelet has them; those that upstream has not are marked. */
export const kubeletFlags = {
  "hostname-override": stringFlag({ help: "name of the node" }),
  "node-ip": stringFlag({ help: "address of the node; empty takes the one its name resolves to", default: "" }),
  kubeconfig: stringFlag({ help: "how to reach the apiserver's component port, and as whom" }),
  address: stringFlag({ help: "address the node API listens on", default: "0.0.0.0" }),
  port: portFlag({ help: "port the node API listens on", default: 10250 }),
  "client-ca-file": stringFlag({ help: "authority that callers of the node API must be signed by" }),
  "tls-cert-file": stringFlag({ help: "certificate of the node API" }),
  "tls-private-key-file": stringFlag({ help: "private key of the node API" }),
  "anonymous-auth": booleanFlag({
    help: "whether who shows no credentials may ask as system:anonymous (upstream's flag says yes, its configuration file no)",
    default: false,
  }),
  "authentication-token-webhook": booleanFlag({
    help: "whether the apiserver is asked whose bearer token that is",
    default: true,
  }),
  "authentication-token-webhook-cache-ttl": durationMsFlag({
    help: "how long what the apiserver said of a token holds",
    default: 120_000,
  }),
  "authorization-mode": choiceFlag(["AlwaysAllow", "Webhook"], {
    help: "whether the apiserver is asked who may see what",
    default: "Webhook",
  }),
  "authorization-webhook-cache-authorized-ttl": durationMsFlag({
    help: "how long what was allowed stays so",
    default: 300_000,
  }),
  "authorization-webhook-cache-unauthorized-ttl": durationMsFlag({
    help: "how long what was not allowed stays so",
    default: 30_000,
  }),
  "enable-debugging-handlers": booleanFlag({
    help: "whether logs can be read, and commands run, through the node API",
    default: true,
  }),
  "healthz-bind-address": stringFlag({ help: "address of health checks and metrics", default: "127.0.0.1" }),
  "healthz-port": portFlag({ help: "port of health checks and metrics", default: 10248 }),
  "root-dir": stringFlag({
    help: "directory of pods and volumes; must be a volume that the runtime's daemon sees",
    default: "/var/lib/kubelet",
  }),
  "container-runtime-endpoint": stringFlag({ help: "Docker's socket", default: "unix:///var/run/docker.sock" }),
  "pod-infra-container-image": stringFlag({ help: "image of the sandbox", default: "drydock/pause:dev" }),
  "cluster-dns": stringFlag({ help: "address pods ask for names", default: "10.96.0.10" }),
  "cluster-domain": stringFlag({ help: "domain of cluster names", default: "cluster.local" }),
  "cluster-cidr": stringFlag({
    help: "range of all pod addresses (not upstream's: its network plugin knows)",
    default: "10.244.0.0/16",
  }),
  "service-cluster-ip-range": stringFlag({
    help: "range of Service addresses (not upstream's)",
    default: "10.96.0.0/12",
  }),
  "max-pods": integerFlag({ help: "how many pods the node takes", default: 110, min: 1 }),
  "node-labels": stringFlag({ help: "labels to register with, k=v,k=v", default: "" }),
  "node-status-update-frequency": durationMsFlag({ help: "how often the node's status is looked at", default: 10_000 }),
  "lab-name": stringFlag({
    help: "keeps several labs on one Docker daemon apart (not upstream's)",
    default: "drydock",
  }),
  "self-container": stringFlag({ help: "name of this container (not upstream's)" }),
  "kube-proxy-container": stringFlag({
    help: "container to restart when the node's network namespace is new (not upstream's)",
    default: "",
  }),
} satisfies FlagSet;

export type KubeletConfig = FlagValues<typeof kubeletFlags>;
