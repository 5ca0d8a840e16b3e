import type { QueueSortPlugin } from "../framework/types.ts";

export const prioritySort = {
  name: "PrioritySort",
  isBefore(a, b) {
    const difference = (a.pod.spec?.priority ?? 0) - (b.pod.spec?.priority ?? 0);
    return difference === 0 ? a.queuedAtMs < b.queuedAtMs : difference > 0;
  },
} satisfies QueueSortPlugin;
