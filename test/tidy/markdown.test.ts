import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { files, read, root } from "./repository.ts";

const pages = files.filter((path) => path.endsWith(".md"));
const PATH = /^(?:addons|bench|bin|docs|examples|images|packages|proto|services|test)\/[\w./-]+$/;

describe("the pages in Markdown", () => {
  it("link to files and headings that are there", () => {
    const broken = pages.flatMap((page) =>
      linksOf(page)
        .filter((link) => !resolves(page, link))
        .map((link) => `${page}: ${link}`),
    );
    assert.ok(pages.length > 5);
    assert.deepEqual(broken, []);
  });

  it("name paths that are there", () => {
    const broken = pages.flatMap((page) =>
      [...withoutFences(read(page)).matchAll(/`([^`\n]+)`/g)]
        .map(([, code]) => code as string)
        .filter((code) => PATH.test(code) && !existsSync(join(root, code)))
        .map((code) => `${page}: ${code}`),
    );
    assert.deepEqual(broken, []);
  });

  it("speak of code that is in the file they link to", () => {
    const broken = pages.flatMap((page) =>
      [...withoutFences(read(page)).matchAll(/\[`(\w+)`\]\(([^)#\s]+\.ts)\)/g)]
        .filter(([, name, path]) => {
          const target = join(root, dirname(page), path as string);
          return existsSync(target) && !new RegExp(`\\b${name}\\b`).test(readFileSync(target, "utf8"));
        })
        .map(([link]) => `${page}: ${link}`),
    );
    assert.deepEqual(broken, []);
  });

  it("tell of npm scripts that are there", () => {
    const { scripts } = JSON.parse(read("package.json")) as { scripts: Record<string, string> };
    const broken = pages.flatMap((page) =>
      [...read(page).matchAll(/\bnpm run ([a-z][a-z0-9:-]*)/g)]
        .filter(([, name]) => !((name as string) in scripts))
        .map(([call]) => `${page}: ${call}`),
    );
    assert.deepEqual(broken, []);
  });
});

function withoutFences(text: string): string {
  return text.replace(/^( *)(```|~~~).*\n[\s\S]*?^\1\2 *$/gm, "");
}

/** Targets of inline links, images and reference definitions; addresses of the web are not looked up. */
function linksOf(page: string): string[] {
  const text = withoutFences(read(page)).replace(/`[^`\n]*`/g, "");
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)];
  const references = [...text.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)];
  return [...inline, ...references].map(([, target]) => target as string).filter((target) => !/^[a-z]+:/.test(target));
}

function resolves(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : posix.normalize(posix.join(dirname(page), decodeURIComponent(path)));
  if (!existsSync(join(root, target))) return false;
  return anchor === undefined || (target.endsWith(".md") && anchorsOf(target).has(anchor));
}

/** The anchors a forge makes of headings: lower case, no punctuation, dashes for blanks, a number for the second of a kind. */
function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading] of withoutFences(read(page)).matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)) {
    const slug = (heading as string)
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    let anchor = slug;
    for (let number = 1; anchors.has(anchor); number++) anchor = `${slug}-${number}`;
    anchors.add(anchor);
  }
  return anchors;
}
