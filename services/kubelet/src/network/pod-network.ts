import { fnv1a32 } from "@drydock/base";
import type { RuntimeSandbox } from "../runtime/runtime.ts";
import type { RunCommand } from "./command.ts";
import { BRIDGE, macFor } from "./node-network.ts";

export interface PodNetworkOptions {
  readonly bridgeIp: string;
  readonly run: RunCommand;
}

/**
 * Connects sandboxes to the node's bridge. A pod's address is a /32 with an on-link route to the bridge, so every packet of a pod
 * passes the node's IP layer (and its Service rules) whatever the kernel does with bridged frames; hairpin lets a pod reach itself
 * through its Service.
 */
export class PodNetwork {
  readonly #options: PodNetworkOptions;

  constructor(options: PodNetworkOptions) {
    this.#options = options;
  }

  /** Idempotent; also used after a restart of the node, when running sandboxes have lost their interface. */
  async plumb(sandbox: RuntimeSandbox): Promise<void> {
    if (sandbox.pid === 0 || sandbox.ip === "") return;
    if (await this.#isPlumbed(sandbox)) return;
    const { bridgeIp, run } = this.#options;
    const host = vethName(sandbox.podUid, sandbox.attempt);
    const pid = String(sandbox.pid);
    // What is left of an earlier connection goes first: after a crash of the node its other end may still be in the old namespace.
    await run("ip", ["link", "del", host]).catch(() => {});
    await run("nsenter", ["-t", pid, "-n", "ip", "link", "del", "eth0"]).catch(() => {});
    await run(
      "ip",
      ["-batch", "-"],
      [
        `link add ${host} type veth peer name eth0 address ${macFor(sandbox.ip)} netns ${pid}`,
        `link set ${host} master ${BRIDGE} up`,
        `link set ${host} type bridge_slave hairpin on`,
        "",
      ].join("\n"),
    );
    await run(
      "nsenter",
      ["-t", pid, "-n", "ip", "-batch", "-"],
      [
        `addr add ${sandbox.ip}/32 dev eth0`,
        "link set eth0 up",
        "link set lo up",
        `route add ${bridgeIp} dev eth0 scope link`,
        `route add default via ${bridgeIp} dev eth0`,
        "",
      ].join("\n"),
    );
  }

  async #isPlumbed(sandbox: RuntimeSandbox): Promise<boolean> {
    const { run } = this.#options;
    const pid = String(sandbox.pid);
    try {
      const [host, inside] = await Promise.all([
        run("ip", ["-json", "link", "show", vethName(sandbox.podUid, sandbox.attempt)]),
        run("nsenter", ["-t", pid, "-n", "ip", "-json", "route", "show", "default"]),
      ]);
      return host.includes("ifname") && inside.includes("eth0");
    } catch {
      return false;
    }
  }
}

/** At most 15 characters, the kernel's limit. */
function vethName(podUid: string, attempt: number): string {
  return `veth${fnv1a32(`${podUid}/${attempt}`).toString(16).padStart(8, "0")}`;
}
