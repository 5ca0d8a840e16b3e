import { FITS, type PreEnqueuePlugin, unschedulable } from "../framework/types.ts";

export const schedulingGates = {
  name: "SchedulingGates",
  preEnqueue({ spec }) {
    const gates = (spec?.schedulingGates ?? []).map(({ name }) => name);
    return gates.length === 0 ? FITS : unschedulable(`waiting for scheduling gates: [${gates.join(" ")}]`);
  },
} satisfies PreEnqueuePlugin;
