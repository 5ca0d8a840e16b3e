import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { build } from "esbuild";

/** Entry points of the lab image: one file each, because a dozen processes start at once. */
const ENTRIES: Readonly<Record<string, string>> = {
  "etcd-node": "services/etcd-node/src/main.ts",
  apiserver: "services/apiserver/src/main.ts",
  scheduler: "services/scheduler/src/main.ts",
  "controller-manager": "services/controller-manager/src/main.ts",
  kubelet: "services/kubelet/src/main.ts",
  "kube-proxy": "services/kube-proxy/src/main.ts",
  certificates: "packages/cli/src/certificates.ts",
};

/** Kept beside the bundles: they load native modules by their own paths. */
const EXTERNAL = ["koffi", "lmdb", "@node-rs/bcrypt"];
/** CommonJS parts of a bundle want `require` and the file's name, which ES modules do not have. */
const BANNER =
  'import{createRequire as __createRequire}from"node:module";import{fileURLToPath as __toPath}from"node:url";import{dirname as __dirnameOf}from"node:path";' +
  "const require=__createRequire(import.meta.url);const __filename=__toPath(import.meta.url);const __dirname=__dirnameOf(__filename);";

/** Writes `dist/<service>.js` for every service, and the external modules with all they need below `dist/node_modules`. */
export async function bundle(root: string): Promise<string> {
  const directory = join(root, "dist");
  rmSync(directory, { recursive: true, force: true });
  const present = Object.entries(ENTRIES).filter(([, path]) => existsSync(join(root, path)));
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(present),
    outdir: directory,
    bundle: true,
    platform: "node",
    target: "node24",
    format: "esm",
    banner: { js: BANNER },
    external: [...EXTERNAL, "cpu-features", "*.node"],
    legalComments: "none",
    sourcemap: false,
    minifySyntax: true,
    logLevel: "error",
    loader: { ".json": "json" },
  });
  for (const name of readdirSync(directory)) if (name.endsWith(".js")) writeAsAscii(join(directory, name));
  // What the API machinery reads beside its own code, at the same relative place: `../generated` and `../facts` of the bundle.
  for (const name of ["generated/schemas.json", "facts"])
    cpSync(join(root, "packages/kube-api", name), join(directory, "data", name), { recursive: true });
  for (const name of EXTERNAL) copyModule(root, name, join(directory, "node_modules"), new Set());
  return directory;
}

/**
 * V8 keeps a program's text as long as it runs, two octets a character where only one of them needs two: with a sign of a comment outside ASCII every
 * process holds some megabytes more. In code an escape means the same as its character.
 */
function writeAsAscii(path: string): void {
  const text = readFileSync(path, "utf8");
  writeFileSync(
    path,
    text.replace(/[^\0-\x7f]/g, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, "0")}`),
  );
}

function copyModule(root: string, name: string, target: string, done: Set<string>): void {
  if (done.has(name)) return;
  done.add(name);
  const source = join(root, "node_modules", name);
  if (!existsSync(source)) return;
  mkdirSync(target, { recursive: true });
  cpSync(source, join(target, name), { recursive: true, dereference: true });
  const manifest = createRequire(import.meta.url)(join(source, "package.json")) as {
    dependencies?: object;
    optionalDependencies?: object;
  };
  for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.optionalDependencies }))
    copyModule(root, dependency, target, done);
}
