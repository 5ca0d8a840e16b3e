import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { createContext } from "./commands/context.ts";
import { down, stop } from "./commands/down.ts";
import { test } from "./commands/test.ts";
import { start, up } from "./commands/up.ts";
import { UserError } from "./report/steps.ts";

const USAGE = `drydock <command>

  up       bring the lab up (installs what is missing, builds images, waits until all is well)
  down     remove everything the lab made: containers, networks, volumes, kubeconfig entries
  stop     remove all containers, keep all data
  start    bring back what was stopped
  test     run all tests, or the named suites: types lint tidy unit integration e2e`;

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const [command, ...args] = process.argv.slice(2);

try {
  const context = createContext(root);
  if (command === "up") await up(context);
  else if (command === "down") await down(context);
  else if (command === "stop") await stop(context);
  else if (command === "start") await start(context);
  else if (command === "test") process.exitCode = await test(context, args);
  else {
    console.log(USAGE);
    process.exitCode = command === undefined || command === "help" ? 0 : 2;
  }
} catch (error) {
  // What a person can mend is told in a sentence; anything else with all there is to know.
  console.error(error instanceof UserError ? `\n${error.message}` : error);
  process.exitCode = 1;
}
