import { runMain } from "@drydock/component";
import { kubeProxyFlags } from "./config.ts";
import { start } from "./start.ts";

await runMain({ component: "kube-proxy", flags: kubeProxyFlags, start });
