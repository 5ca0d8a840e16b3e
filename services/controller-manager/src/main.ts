import { runMain } from "@drydock/component";
import { controllerManagerFlags } from "./config.ts";
import { start } from "./start.ts";

await runMain({ component: "controller-manager", flags: controllerManagerFlags, start });
