import assert from "node:assert/strict";
import { isGlobalUnicast } from "./global-unicast.ts";
import { parseSchemeNamePort } from "./scheme-name-port.ts";

describe("whom a proxied request is for", () => {
  const table: [string, string | undefined][] = [
    ["web", "http web "],
    ["web:80", "http web 80"],
    ["web:", "http web "],
    ["https:web:", "https web "],
    ["https:web:443", "https web 443"],
    ["http:web:metrics", "http web metrics"],
    [":web:80", "http web 80"],
    ["ftp:web:21", undefined],
    [":80", undefined],
    ["https::443", undefined],
    ["a:b:c:d", undefined],
  ];
  for (const [text, expected] of table)
    it(`${text} is ${expected ?? "nobody"}`, () => {
      const found = parseSchemeNamePort(text);
      assert.equal(found && `${found.scheme} ${found.name} ${found.port}`, expected);
    });

  it("is never the server's own loopback or link", () => {
    for (const address of ["10.0.0.1", "8.8.8.8", "fd00::1"]) assert.equal(isGlobalUnicast(address), true, address);
    const others = ["127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "", "host"];
    for (const address of [...others, "::1", "fe80::1", "ff02::1", "::", "::ffff:127.0.0.1"])
      assert.equal(isGlobalUnicast(address), false, address);
  });
});
