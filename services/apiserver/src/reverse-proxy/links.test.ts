import assert from "node:assert/strict";
import { once } from "node:events";
import { HtmlLinks } from "./html-links.ts";
import { escapePath, proxiedLink } from "./proxied-links.ts";

const page = {
  prefix: "/api/v1/namespaces/ns/pods/web:80/proxy",
  targetHost: "10.0.0.7:80",
  requestHost: "localhost:8001",
};

describe("links of a page behind the proxy", () => {
  const table: [string, string][] = [
    ["/", `${page.prefix}/`],
    ["/a/b?c=/d#e", `${page.prefix}/a/b?c=/d#e`],
    ["/a/../b/", `${page.prefix}/b/`],
    ["http://10.0.0.7:80/a", `${page.prefix}/a`],
    ["http://localhost:8001/a", `http://localhost:8001${page.prefix}/a`],
    ["//localhost:8001/a", `//localhost:8001${page.prefix}/a`],
    [`${page.prefix}/a`, `${page.prefix}/a`],
    ["a/b", "a/b"],
    ["?a=b", "?a=b"],
    ["#a", "#a"],
    ["", ""],
    ["http://example.com/a", "http://example.com/a"],
    ["http://10.0.0.7:80", "http://10.0.0.7:80"],
    ["mailto:a@example.com", "mailto:a@example.com"],
    ["data:text/plain,/a", "data:text/plain,/a"],
  ];
  for (const [link, expected] of table)
    it(`${link || "(empty)"} is followed as ${expected || "(empty)"}`, () =>
      assert.equal(proxiedLink(link, page), expected));

  it("are escaped as Go does", () => {
    assert.equal(escapePath("/a b/ü?#(*)!'%~$&+,:;=@-_."), "/a%20b/%C3%BC%3F%23%28%2A%29%21%27%25~$&+,:;=@-_.");
  });
});

describe("HTML", () => {
  const rewritten = async (html: string, chunkBytes: number) => {
    const links = new HtmlLinks((link) => link.replace(/^\//, "/p/"));
    const parts: Buffer[] = [];
    links.on("data", (part: Buffer) => parts.push(part));
    const bytes = Buffer.from(html);
    for (let at = 0; at < bytes.length; at += chunkBytes) links.write(bytes.subarray(at, at + chunkBytes));
    links.end();
    await once(links, "end");
    return Buffer.concat(parts).toString("utf8");
  };
  const table: [string, string, string][] = [
    [
      "links of all quotings",
      `<a href="/x">ü</a><A HREF='/x'><img src=/x>`,
      `<a href="/p/x">ü</a><A HREF='/p/x'><img src=/p/x>`,
    ],
    ["several attributes", `<img alt="/x" src="/y" longdesc = "/z"/>`, `<img alt="/x" src="/p/y" longdesc = "/p/z"/>`],
    ["attributes without blanks", `<a id="1"href="/x">`, `<a id="1"href="/p/x">`],
    ["lines", `<form\n  action="/x"\n>`, `<form\n  action="/p/x"\n>`],
    ["other attributes", `<a data-href="/x" title="href='/y'">`, `<a data-href="/x" title="href='/y'">`],
    ["other elements", `<p href="/x">`, `<p href="/x">`],
    ["a bracket in quotes", `<a title="a>b" href="/x">`, `<a title="a>b" href="/p/x">`],
    ["comments", `<!-- <a href="/x"> --><a href="/y">`, `<!-- <a href="/x"> --><a href="/p/y">`],
    [
      "scripts",
      `<script src="/s">if (a<b) '<a href="/x">'</SCRIPT><a href="/y">`,
      `<script src="/p/s">if (a<b) '<a href="/x">'</SCRIPT><a href="/p/y">`,
    ],
    ["text areas", `<textarea><a href="/x"></textarea>`, `<textarea><a href="/x"></textarea>`],
    ["what is no tag", `1 < 2 <> <3 <a href="/x`, `1 < 2 <> <3 <a href="/x`],
    ["a doctype", `<!DOCTYPE html><link href="/x">`, `<!DOCTYPE html><link href="/p/x">`],
  ];
  for (const [what, html, expected] of table)
    it(`with ${what} is rewritten, however it comes`, async () => {
      for (const bytes of [1, 7, 1000]) assert.equal(await rewritten(html, bytes), expected);
    });
});
