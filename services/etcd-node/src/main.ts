#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { runMain } from "@drydock/component";
import { etcdFlags } from "./config.ts";
import { start } from "./start.ts";

// Without it V8 marks the whole heap, the index of all keys in it, for every 64 MiB of buffers: with values of 2 KiB that is twice a second
// and a third of the work. With it buffers count towards the same limit as everything else.
setFlagsFromString("--external-memory-accounted-in-global-limit");

await runMain({ component: "etcd-node", flags: etcdFlags, envPrefix: "ETCD_", start });
