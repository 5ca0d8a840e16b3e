import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { createSelfSigned } from "./self-signed.ts";

describe("a self-signed certificate", () => {
  it("is for its names, vouches for itself, and comes with its key", async () => {
    const notAfter = new Date(Date.now() + 3600_000);
    const pair = await createSelfSigned({ organization: "etcd", subjectAltNames: ["127.0.0.1", "store"], notAfter });
    const certificate = new X509Certificate(pair.certPem);
    assert.equal(certificate.subject, "O=etcd");
    assert.equal(certificate.subjectAltName, "IP Address:127.0.0.1, DNS:store");
    assert.ok(certificate.verify(certificate.publicKey));
    assert.ok(Math.abs(certificate.validToDate.getTime() - notAfter.getTime()) < 1000);
    assert.match(pair.keyPem, /^-----BEGIN EC PRIVATE KEY-----\n/);
    assert.ok(certificate.checkPrivateKey(createPrivateKey(pair.keyPem)));
  });
});
