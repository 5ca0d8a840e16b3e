import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type Docker from "dockerode";
import { bundle } from "./bundle.ts";
import { hasImage, importImage } from "./import-image.ts";
import { type Recipe, type RecipeContext, recipes } from "./recipes.ts";

const PULL_TIMEOUT_MS = 60_000;
const VERSION_LABEL = "io.drydock.bundle";

/** Every image the lab starts from: those present stay; public ones are pulled where a registry answers, else built here. */
export async function ensureBaseImages(
  docker: Docker,
  root: string,
  progress: (text: string) => void,
): Promise<string> {
  const context: RecipeContext = {
    root,
    work: join(root, ".drydock/build"),
    cache: join(root, ".drydock/packages"),
    progress,
  };
  const made: string[] = [];
  let registryAnswers: boolean | undefined;
  for (const recipe of recipes) {
    if (await haveAllNames(docker, recipe)) continue;
    const name = recipe.names[0] as string;
    if (recipe.isPublic && registryAnswers !== false) {
      progress(`pulling ${name}`);
      registryAnswers = await pullAll(docker, recipe);
      if (registryAnswers) {
        made.push(`pulled ${name}`);
        continue;
      }
    }
    progress(`building ${name}`);
    if (recipe.dockerfile && registryAnswers) {
      const directory = join(root, "images", recipe.dockerfile);
      await follow(docker, await docker.buildImage({ context: directory, src: readdirSync(directory) }, { t: name }));
      made.push(`built ${name}`);
      continue;
    }
    await buildRecipe(docker, recipe, context);
    made.push(`built ${name}`);
  }
  return made.length === 0 ? "all present" : made.join(", ");
}

/** The lab's own image: bundles on top of the base. Rebuilt when the bundles changed. */
export async function ensureLabImage(
  docker: Docker,
  root: string,
  name: string,
  progress: (text: string) => void,
): Promise<string> {
  progress("bundling");
  const dist = await bundle(root);
  const version = hashDirectory(dist);
  const present = await docker
    .getImage(name)
    .inspect()
    .catch(() => undefined);
  if (present?.Config?.Labels?.[VERSION_LABEL] === version) return "unchanged";
  progress("building");
  const context = join(root, ".drydock/build/lab");
  rmSync(context, { recursive: true, force: true });
  mkdirSync(context, { recursive: true });
  cpSync(dist, join(context, "app"), { recursive: true });
  cpSync(join(root, "images/lab/Dockerfile"), join(context, "Dockerfile"));
  const stream = await docker.buildImage(
    { context, src: ["Dockerfile", "app"] },
    { t: name, labels: { [VERSION_LABEL]: version }, buildargs: { BASE_IMAGE: "drydock/base:dev" } },
  );
  await follow(docker, stream);
  return `built ${name}`;
}

async function haveAllNames(docker: Docker, recipe: Recipe): Promise<boolean> {
  for (const name of recipe.names) if (!(await hasImage(docker, name))) return false;
  return true;
}

async function pullAll(docker: Docker, recipe: Recipe): Promise<boolean> {
  for (const name of recipe.names) {
    if (await hasImage(docker, name)) continue;
    const pulled = Promise.race([
      docker.pull(name).then((stream) => follow(docker, stream)),
      new Promise<never>((_, reject) => setTimeout(() => reject(new Error("no answer")), PULL_TIMEOUT_MS).unref()),
    ]);
    if (
      !(await pulled.then(
        () => true,
        () => false,
      ))
    )
      return false;
  }
  return true;
}

async function buildRecipe(docker: Docker, recipe: Recipe, context: RecipeContext): Promise<void> {
  const first = recipe.names[0] as string;
  const directory = join(context.work, first.replace(/[/:]/g, "-"));
  await recipe.build(context, directory);
  await importImage(docker, directory, first, recipe.changes);
  if (recipe.stopSignal) {
    const dockerfile = join(context.work, "Dockerfile");
    writeFileSync(dockerfile, `FROM ${first}\nSTOPSIGNAL ${recipe.stopSignal}\n`);
    await follow(docker, await docker.buildImage({ context: context.work, src: ["Dockerfile"] }, { t: first }));
  }
  for (const name of recipe.names.slice(1)) {
    const colon = name.lastIndexOf(":");
    await docker.getImage(first).tag({ repo: name.slice(0, colon), tag: name.slice(colon + 1) });
  }
  rmSync(directory, { recursive: true, force: true });
}

/** Rejects when a step of the build or pull failed: such errors arrive as ordinary progress. */
function follow(docker: Docker, stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve, reject) => {
    docker.modem.followProgress(stream, (error, output) => {
      const failed = (output as { error?: string }[] | undefined)?.find((item) => item.error);
      if (error || failed) reject(error ?? new Error(failed?.error));
      else resolve();
    });
  });
}

function hashDirectory(directory: string): string {
  const hash = createHash("sha256");
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort())
    hash.update(path.slice(directory.length)).update(readFileSync(path));
  return hash.digest("hex").slice(0, 16);
}
