import type { FilterPlugin, PreEnqueuePlugin, PreFilterPlugin, ScorePlugin } from "../framework/types.ts";
import { balancedAllocation } from "./balanced-allocation.ts";
import { imageLocality } from "./image-locality.ts";
import { nodeAffinity } from "./node-affinity.ts";
import { nodeName } from "./node-name.ts";
import { nodePorts } from "./node-ports.ts";
import { nodeResourcesFit } from "./node-resources-fit.ts";
import { nodeUnschedulable } from "./node-unschedulable.ts";
import { podTopologySpread } from "./pod-topology-spread.ts";
import { schedulingGates } from "./scheduling-gates.ts";
import { taintToleration } from "./taint-toleration.ts";

/** A new plugin is a file and a line in the lists of the points it extends. Cheap filters come first; weights are upstream's. */
export const preEnqueuePlugins: readonly PreEnqueuePlugin[] = [schedulingGates];
export const preFilterPlugins: readonly PreFilterPlugin[] = [podTopologySpread];
export const filterPlugins: readonly FilterPlugin[] = [
  nodeUnschedulable,
  nodeName,
  taintToleration,
  nodeAffinity,
  nodePorts,
  nodeResourcesFit,
  podTopologySpread,
];
export const scorePlugins: readonly { readonly plugin: ScorePlugin; readonly weight: number }[] = [
  { plugin: taintToleration, weight: 3 },
  { plugin: nodeAffinity, weight: 2 },
  { plugin: podTopologySpread, weight: 2 },
  { plugin: nodeResourcesFit, weight: 1 },
  { plugin: balancedAllocation, weight: 1 },
  { plugin: imageLocality, weight: 1 },
];
