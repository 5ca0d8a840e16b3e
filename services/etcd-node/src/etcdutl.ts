#!/usr/bin/env node
import { runOffline } from "./offline/run-offline.ts";

await runOffline(process.argv.slice(2));
