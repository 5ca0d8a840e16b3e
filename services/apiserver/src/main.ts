import { runMain } from "@drydock/component";
import { apiserverFlags } from "./config.ts";
import { start } from "./start.ts";

await runMain({ component: "apiserver", flags: apiserverFlags, start });
