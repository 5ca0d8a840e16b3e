import { runMain } from "@drydock/component";
import { kubeletFlags } from "./config.ts";
import { start } from "./start.ts";

await runMain({ component: "kubelet", flags: kubeletFlags, start });
