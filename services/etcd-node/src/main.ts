#!/usr/bin/env node
import { setFlagsFromString } from "node:v8";
import { runMain } from "@drydock/component";
import { etcdFlags } from "./config.ts";
import { start } from "./start.ts";

// V8 marks the whole heap, the index of all keys in it, for every 64 MiB of buffers: with values of 2 KiB that is twice a second and a third of
// the work. With the first flag buffers count towards the same limit as everything else; the second keeps that limit at 2.5 times what is alive,
// where V8 would allow four.
setFlagsFromString("--external-memory-accounted-in-global-limit");
setFlagsFromString("--heap-growing-percent=150");

await runMain({ component: "etcd-node", flags: etcdFlags, envPrefix: "ETCD_", start });
