import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@drydock/component";
import { ensureSelfSigned } from "./self-signed.ts";

const YEAR_MS = 365 * 24 * 3600 * 1000;

describe("a listener's own certificate", () => {
  const root = mkdtempSync(join(tmpdir(), "drydock-self-signed-"));
  after(() => rmSync(root, { recursive: true, force: true }));
  const urls = ["https://127.0.0.1:2379", "https://[::1]:2379", "https://store.example:2379"];
  const directory = join(root, "fixtures", "client");
  const make = (validityYears: number) =>
    ensureSelfSigned({ directory, urls, validityYears, nowMs: Date.now() }, silentLogger());

  it("is refused where it would be good for no time", async () => {
    await assert.rejects(make(0), { message: "selfSignedCertValidity is invalid,it should be greater than 0" });
  });

  it("is made once, for the hosts it is shown by", async () => {
    const files = await make(2);
    const pem = readFileSync(files.certFile);
    const { subjectAltName, validToDate } = new X509Certificate(pem);
    assert.equal(subjectAltName, "IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, DNS:store.example");
    assert.ok(Math.abs(validToDate.getTime() - Date.now() - 2 * YEAR_MS) < 60_000);
    assert.equal(statSync(files.keyFile).mode & 0o777, 0o600);
    assert.deepEqual(await make(3), files);
    assert.deepEqual(readFileSync(files.certFile), pem);
  });
});
