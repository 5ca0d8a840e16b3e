import { runMain } from "@drydock/component";
import { schedulerFlags } from "./config.ts";
import { start } from "./start.ts";

await runMain({ component: "scheduler", flags: schedulerFlags, start });
