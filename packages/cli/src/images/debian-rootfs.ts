import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { updatePackageLists } from "../host/apt.ts";
import { run, tryRun } from "../host/run.ts";
import { UserError } from "../report/steps.ts";

/** What packages ask for only to be configured by the package manager, which never runs in these images. */
const NOT_NEEDED =
  /^(debconf|cdebconf|dpkg|install-info|gawk|mawk|original-awk|tar|perl.*|libperl.*|libdebian-installer4|libnewt.*|libslang2|libtextwrap1|libelogind0|libmpfr6|libsigsegv2|lsb-base|sysvinit-utils|adduser|passwd|init-system-helpers|libcap2-bin|util-linux-extra|libpam.*|login|ucf|sensible-utils|debianutils|readline-common|fonts-.*|libjs-.*)$/;

/**
 * Unpacks Debian packages with all they depend on into an empty directory, as the root of an image. Nothing is installed on the
 * host, and no maintainer script runs.
 */
export async function unpackPackages(
  packages: readonly string[],
  directory: string,
  cache: string,
  onLine: (line: string) => void,
): Promise<void> {
  await updatePackageLists(onLine);
  const wanted = await withDependencies(packages);
  const files = await download(wanted, cache, onLine);
  rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  // Packages still name /bin and /lib; on a merged-usr system these are links.
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    mkdirSync(join(directory, "usr", name), { recursive: true });
    symlinkSync(`usr/${name}`, join(directory, name));
  }
  // `dpkg -x` would replace the links by directories.
  const unpack = 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink -C "$2"';
  for (const file of files) await run("sh", ["-ec", unpack, "sh", file, directory]);
  for (const name of [
    "usr/share/doc",
    "usr/share/man",
    "usr/share/locale",
    "usr/share/bash-completion",
    "usr/share/lintian",
  ]) {
    rmSync(join(directory, name), { recursive: true, force: true });
  }
  for (const name of ["tmp", "run", "root", "proc", "sys", "dev", "etc", "var/log", "var/lib"])
    mkdirSync(join(directory, name), { recursive: true });
  writeFileSync(
    join(directory, "etc/passwd"),
    "root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\nnobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
  );
  writeFileSync(join(directory, "etc/group"), "root:x:0:\nadm:x:4:\nwww-data:x:33:\nnogroup:x:65534:\n");
  if (!existsSync(join(directory, "etc/nsswitch.conf")))
    writeFileSync(join(directory, "etc/nsswitch.conf"), "hosts: files dns\n");
}

async function withDependencies(packages: readonly string[]): Promise<string[]> {
  const flags = ["recommends", "suggests", "conflicts", "breaks", "replaces", "enhances"].map(
    (relation) => `--no-${relation}`,
  );
  const text = await run("apt-cache", ["depends", "--recurse", ...flags, ...packages]);
  const names = [...new Set(text.split("\n").filter((line) => /^[a-z0-9]/.test(line)))];
  return names.filter((name) => packages.includes(name) || !NOT_NEEDED.test(name)).sort();
}

/** Fetches what is not in the cache yet; returns the files. Virtual packages have none. */
async function download(packages: readonly string[], cache: string, onLine: (line: string) => void): Promise<string[]> {
  mkdirSync(cache, { recursive: true });
  const find = (name: string) =>
    readdirSync(cache).find((file) => file.startsWith(`${name}_`) && file.endsWith(".deb"));
  const missing = packages.filter((name) => !find(name));
  const policies = missing.length > 0 ? await run("apt-cache", ["policy", ...missing]) : "";
  const real = missing.filter((name) =>
    new RegExp(`^${name.replace(/[+.]/g, "\\$&")}:\\n.*\\n  Candidate: (?!\\(none\\))`, "m").test(policies),
  );
  if (real.length > 0) {
    const result = await tryRun("apt-get", ["download", "-q", "-o", "APT::Sandbox::User=root", ...real], {
      cwd: cache,
      onLine,
    });
    if (result.code !== 0) throw new UserError(`packages for the images could not be downloaded:\n${result.stderr}`);
  }
  return packages.flatMap((name) => {
    const file = find(name);
    return file ? [join(cache, file)] : [];
  });
}
