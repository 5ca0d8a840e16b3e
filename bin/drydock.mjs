#!/usr/bin/env node
// The way in on a machine that has nothing but Node 20 and npm: puts the dependencies and the generated code in place when they are
// missing or out of date, then hands over to the pinned Node and the command line proper. Plain JavaScript, no dependencies.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binaries = join(root, "node_modules", ".bin");
const environment = { ...process.env, PATH: `${binaries}:${process.env.PATH}` };
// Costs every process of the pinned Node tens of milliseconds and is of no use here.
delete environment.NODE_EXTRA_CA_CERTS;

function run(what, command, args, env = environment) {
  const result = spawnSync(command, args, {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (result.status === 0) return;
  console.error(
    `${what} failed:\n${result.stdout ?? ""}${result.stderr ?? ""}${result.error ? result.error.message : ""}`,
  );
  process.exit(1);
}

/** Does `work` again only when the files it depends on have changed since it last succeeded. */
function once(name, inputs, isDone, work) {
  const hash = createHash("sha256");
  for (const path of inputs) hash.update(readFileSync(path));
  const stamp = join(root, "node_modules", `.drydock-${name}`);
  const digest = hash.digest("hex");
  if (isDone() && existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, digest);
}

function filesBelow(directory) {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .filter((path) => !path.includes("/gen/") && !path.includes("/generated/") && !path.includes("/node_modules/"))
    .sort();
}

once(
  "dependencies",
  [join(root, "package-lock.json")],
  () => existsSync(join(binaries, "mocha")),
  () => {
    console.log("Installing dependencies (npm ci)…");
    // The real environment: npm may need the certificates that the rest does not.
    run("npm ci", "npm", ["ci"], process.env);
  },
);
const generatorInputs = [
  ...filesBelow(join(root, "proto")),
  ...filesBelow(join(root, "packages/kube-api/generate")),
  ...filesBelow(join(root, "packages/kube-api/facts")),
];
once(
  "generated",
  generatorInputs,
  () => existsSync(join(root, "proto/gen")) && existsSync(join(root, "packages/kube-api/generated")),
  () => {
    console.log("Generating code (protocols, Kubernetes types)…");
    run("npm run generate", "npm", ["run", "generate"]);
  },
);
// npm has a pinned Node for Linux; elsewhere the caller's own serves, if it runs TypeScript as it is.
const pinned = join(binaries, "node");
const node = existsSync(pinned) ? pinned : process.execPath;
if (node !== pinned && Number(process.versions.node.split(".")[0]) < 24) {
  console.error(`Drydock needs Node 24 or newer on ${process.platform}; this is ${process.version}.`);
  process.exit(1);
}
const result = spawnSync(node, [join(root, "packages/cli/src/main.ts"), ...process.argv.slice(2)], {
  cwd: root,
  env: { ...environment, DRYDOCK_CALLER_CWD: process.cwd() },
  stdio: "inherit",
});
process.exit(result.status ?? 1);
