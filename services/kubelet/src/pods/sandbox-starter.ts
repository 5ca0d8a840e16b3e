import type { V1Pod } from "@drydock/kube-api";
import type { IpAllocator } from "../network/ip-allocator.ts";
import type { PodNetwork } from "../network/pod-network.ts";
import type { ContainerRuntime, Mount, RuntimeSandbox, SandboxConfig } from "../runtime/runtime.ts";

export interface ClusterDns {
  readonly server: string;
  readonly domain: string;
}

export interface SandboxStarterOptions {
  readonly runtime: ContainerRuntime;
  readonly addresses: IpAllocator;
  readonly network: PodNetwork;
  readonly dns: ClusterDns;
  readonly nodeIp: string;
}

/** Makes a pod's sandbox and connects it. A failure leaves nothing behind that the next try would trip over. */
export class SandboxStarter {
  readonly #options: SandboxStarterOptions;

  constructor(options: SandboxStarterOptions) {
    this.#options = options;
  }

  async start(pod: V1Pod, attempt: number, mounts: readonly Mount[]): Promise<RuntimeSandbox> {
    const { runtime, addresses, network } = this.#options;
    const isHostNetwork = pod.spec?.hostNetwork ?? false;
    const ip = isHostNetwork ? "" : addresses.allocate();
    let sandbox: RuntimeSandbox | undefined;
    try {
      sandbox = await runtime.runSandbox(this.#config(pod, attempt, ip, mounts));
      // An interrupted earlier try may have made it already, with another address.
      if (sandbox.ip !== ip) {
        addresses.release(ip);
        addresses.adopt(sandbox.ip);
      }
      await network.plumb(sandbox);
      return sandbox;
    } catch (error) {
      if (sandbox) await runtime.removeSandbox(sandbox.id).catch(() => {});
      addresses.release(sandbox?.ip ?? ip);
      throw error;
    }
  }

  async remove(sandbox: RuntimeSandbox): Promise<void> {
    await this.#options.runtime.removeSandbox(sandbox.id);
    this.#options.addresses.release(sandbox.ip);
  }

  #config(pod: V1Pod, attempt: number, ip: string, mounts: readonly Mount[]): SandboxConfig {
    const { spec, metadata } = pod;
    const hostname = (spec?.hostname ?? metadata.name).slice(0, 63).replace(/[-.]+$/, "");
    const domain = spec?.subdomain ? `.${spec.subdomain}.${metadata.namespace}.svc.${this.#options.dns.domain}` : "";
    const aliases = (spec?.hostAliases ?? []).flatMap((alias) =>
      (alias.hostnames ?? []).map((name) => `${name}:${alias.ip}`),
    );
    return {
      podUid: metadata.uid ?? "",
      podName: metadata.name,
      podNamespace: metadata.namespace ?? "",
      attempt,
      hostname,
      ip,
      isHostNetwork: spec?.hostNetwork ?? false,
      dns: this.#dns(pod),
      extraHosts: ip ? [...(domain ? [`${hostname}${domain}:${ip}`] : []), `${hostname}:${ip}`, ...aliases] : [],
      sysctls: Object.fromEntries((spec?.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
      mounts,
    };
  }

  #dns({ spec, metadata }: V1Pod): SandboxConfig["dns"] {
    const { server, domain } = this.#options.dns;
    const own = {
      servers: spec?.dnsConfig?.nameservers ?? [],
      searches: spec?.dnsConfig?.searches ?? [],
      options: (spec?.dnsConfig?.options ?? []).map(({ name, value }) =>
        value === undefined ? (name ?? "") : `${name}:${value}`,
      ),
    };
    if (spec?.dnsPolicy === "None" || spec?.dnsPolicy === "Default") return own;
    const searches = [`${metadata.namespace}.svc.${domain}`, `svc.${domain}`, domain];
    return {
      servers: [server, ...own.servers],
      searches: [...searches, ...own.searches],
      options: ["ndots:5", ...own.options],
    };
  }
}
