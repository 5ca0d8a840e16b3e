import { hostPorts } from "../framework/node-info.ts";
import { FITS, type FilterPlugin, unschedulable } from "../framework/types.ts";

export const nodePorts = {
  name: "NodePorts",
  wakesOn: ["node-added", "pod-deleted"],
  filter: (pod, node) =>
    hostPorts(pod).some(({ protocol, ip, port }) => node.hasPort(protocol, ip, port))
      ? unschedulable("node(s) didn't have free ports for the requested pod ports")
      : FITS,
} satisfies FilterPlugin;
