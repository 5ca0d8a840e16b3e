#!/usr/bin/env node
import { runMain } from "@drydock/component";
import { etcdFlags } from "./config.ts";
import { start } from "./start.ts";

await runMain({ component: "etcd-node", flags: etcdFlags, envPrefix: "ETCD_", start });
