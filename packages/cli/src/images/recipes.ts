import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { run } from "../host/run.ts";
import { unpackPackages } from "./debian-rootfs.ts";

export interface RecipeContext {
  readonly root: string;
  /** Where root directories are put together. */
  readonly work: string;
  readonly cache: string;
  progress(text: string): void;
}

/** How one image is made from the distribution's packages and npm alone, where no registry answers. */
export interface Recipe {
  /** Names the image gets; the first is looked for to see whether it is there. */
  readonly names: readonly string[];
  readonly changes: readonly string[];
  /** What asks the main process to end; TERM unless given. An import cannot set it. */
  readonly stopSignal?: string;
  /** Pulled under the first name where a registry answers; absent for images that are ours. */
  readonly isPublic: boolean;
  /** Folder below `images/` whose Dockerfile makes the same image from public bases, where a registry answers. */
  readonly dockerfile?: string;
  build(context: RecipeContext, directory: string): Promise<void>;
}

/** The pinned Node and everything a node needs to plumb networks. */
const base: Recipe = {
  names: ["drydock/base:dev"],
  changes: ["ENV PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "ENV NODE_ENV=production", 'CMD ["node"]'],
  isPublic: false,
  dockerfile: "base",
  async build({ root, cache, progress }, directory) {
    await unpackPackages(
      [
        "iptables",
        "iproute2",
        "conntrack",
        "util-linux",
        "dash",
        "bash",
        "coreutils",
        "libstdc++6",
        "busybox-static",
        "curl",
      ],
      directory,
      cache,
      progress,
    );
    mkdirSync(join(directory, "usr/local/bin"), { recursive: true });
    copyFileSync(realpathSync(join(root, "node_modules/.bin/node")), join(directory, "usr/local/bin/node"));
    link(directory, "usr/bin/sh", "dash");
    // What the packages' alternatives system would have set up.
    for (const name of [
      "iptables",
      "iptables-save",
      "iptables-restore",
      "ip6tables",
      "ip6tables-save",
      "ip6tables-restore",
    ]) {
      link(directory, `usr/sbin/${name}`, "xtables-nft-multi");
    }
    for (const name of ["iptables-legacy", "iptables-legacy-save", "iptables-legacy-restore"])
      link(directory, `usr/sbin/${name}`, "xtables-legacy-multi");
  },
};

const pause: Recipe = {
  names: ["drydock/pause:dev"],
  changes: ['ENTRYPOINT ["/pause"]'],
  isPublic: false,
  dockerfile: "pause",
  async build({ root, cache, progress }, directory) {
    await unpackBusybox(directory, cache, progress, ["sh", "sleep"]);
    cpSync(join(root, "images/pause/pause"), join(directory, "pause"));
    chmodSync(join(directory, "pause"), 0o755);
  },
};

const busybox: Recipe = {
  names: ["busybox:latest", "busybox:stable", "busybox:1.36"],
  changes: ['CMD ["sh"]', "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
  isPublic: true,
  async build({ cache, progress }, directory) {
    await unpackBusybox(directory, cache, progress, undefined);
  },
};

const NGINX_CONFIG = `worker_processes auto;
error_log /dev/stderr notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  default_type application/octet-stream;
  access_log /dev/stdout;
  sendfile on;
  keepalive_timeout 65;
  server {
    listen 80;
    server_name localhost;
    root /usr/share/nginx/html;
    index index.html;
  }
}
`;

const nginx: Recipe = {
  names: ["nginx:latest", "nginx:stable", "nginx:1.22"],
  // Lets requests under way finish, as the usual image does.
  stopSignal: "SIGQUIT",
  changes: ["ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin", "EXPOSE 80", 'CMD ["nginx", "-g", "daemon off;"]'],
  isPublic: true,
  async build({ cache, progress }, directory) {
    await unpackPackages(["nginx-light", "nginx-common", "busybox-static"], directory, cache, progress);
    linkApplets(directory, [
      "sh",
      "cat",
      "ls",
      "echo",
      "env",
      "hostname",
      "wget",
      "sleep",
      "id",
      "ps",
      "grep",
      "touch",
      "rm",
      "mkdir",
      "test",
      "date",
      "printenv",
      "ip",
      "mount",
      "head",
      "tail",
      "vi",
    ]);
    writeFileSync(join(directory, "etc/nginx/nginx.conf"), NGINX_CONFIG);
    rmSync(join(directory, "etc/nginx/modules-enabled"), { recursive: true, force: true });
    for (const path of ["var/log/nginx", "var/lib/nginx", "var/cache/nginx"])
      mkdirSync(join(directory, path), { recursive: true });
    const html = join(directory, "usr/share/nginx/html");
    mkdirSync(html, { recursive: true });
    if (!existsSync(join(html, "index.html")))
      writeFileSync(
        join(html, "index.html"),
        "<!DOCTYPE html>\n<html><head><title>Welcome to nginx!</title></head><body><h1>Welcome to nginx!</h1></body></html>\n",
      );
  },
};

/** All images of the lab but its own. */
/** Public ones first: whether they can be pulled decides how the others are made. */
export const recipes: readonly Recipe[] = [busybox, nginx, base, pause];

async function unpackBusybox(
  directory: string,
  cache: string,
  progress: (text: string) => void,
  applets: readonly string[] | undefined,
): Promise<void> {
  await unpackPackages(["busybox-static"], directory, cache, progress);
  const all = (await run(join(directory, "usr/bin/busybox"), ["--list"]))
    .split("\n")
    .filter((name) => name !== "" && name !== "busybox");
  linkApplets(directory, applets ?? all);
}

function linkApplets(directory: string, applets: readonly string[]): void {
  for (const name of applets)
    if (!existsSync(join(directory, "usr/bin", name))) link(directory, `usr/bin/${name}`, "busybox");
}

function link(directory: string, path: string, target: string): void {
  const full = join(directory, path);
  if (isLink(full)) rmSync(full);
  if (!existsSync(full)) symlinkSync(target, full);
}

function isLink(path: string): boolean {
  try {
    readlinkSync(path);
    return true;
  } catch {
    return false;
  }
}
