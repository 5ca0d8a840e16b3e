import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDurationMs } from "@drydock/component";
import { JwtTokens } from "./jwt-tokens.ts";
import { hashPassword, verifyPassword } from "./password.ts";
import { parseTokenOptions } from "./token-options.ts";

const parse = (text: string) => parseTokenOptions(text, parseDurationMs);

describe("--auth-token", () => {
  it("is simple, or jwt with keys and a method", () => {
    assert.deepEqual(parse("simple"), { kind: "simple" });
    assert.deepEqual(parse("jwt,pub-key=a,priv-key=b,sign-method=RS256,ttl=10m"), {
      kind: "jwt",
      algorithm: "RS256",
      publicKeyFile: "a",
      privateKeyFile: "b",
      ttlSeconds: 600,
    });
  });

  for (const text of ["", "other", "simple,x=y", "jwt", "jwt,pub-key=a", "jwt,pub-key=a,sign-method=none"])
    it(`is not ${JSON.stringify(text)}`, () => assert.throws(() => parse(text), /--auth-token/));
  for (const part of ["ttl", "ttl=0", "ttl=1", "sign-method=RS512", "color=red", "priv-key=a=b"])
    it(`takes no ${part}`, () => assert.throws(() => parse(`jwt,pub-key=a,sign-method=RS256,${part}`)));
});

describe("signed tokens", () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "drydock-jwt-"));
  });
  after(() => rm(directory, { recursive: true }));

  const write = async (name: string, text: string | Buffer) => {
    await writeFile(join(directory, name), text);
    return join(directory, name);
  };
  const open = (algorithm: string, privateKeyFile: string | undefined, publicKeyFile: string | undefined) =>
    JwtTokens.open({ kind: "jwt", algorithm, privateKeyFile, publicKeyFile, ttlSeconds: 60 });

  it("speak for a user at a revision, to whoever has the public key", async () => {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const signFile = await write("rsa", privateKey.export({ type: "pkcs1", format: "pem" }));
    const verifyFile = await write("rsa.pub", publicKey.export({ type: "spki", format: "pem" }));
    const token = await (await open("RS256", signFile, undefined)).sign("alice", 7);
    const verifier = await open("RS256", undefined, verifyFile);
    assert.deepEqual(await verifier.verify(token), { name: "alice", authRevision: 7 });
    const middle = Math.floor(token.length / 2);
    const forged = token.slice(0, middle) + (token[middle] === "A" ? "B" : "A") + token.slice(middle + 1);
    assert.equal(await verifier.verify(forged), undefined);
    await assert.rejects(verifier.sign("alice", 7), /verify-only/);
    await assert.rejects(open("ES256", signFile, undefined));
    const other = generateKeyPairSync("rsa", { modulusLength: 2048 }).publicKey;
    const otherFile = await write("other.pub", other.export({ type: "spki", format: "pem" }));
    await assert.rejects(open("RS256", signFile, otherFile), /do not match/);
  });

  it("work with curves and with a shared secret", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const curve = await open(
      "ES256",
      await write("ec", privateKey.export({ type: "pkcs8", format: "pem" })),
      undefined,
    );
    assert.equal((await curve.verify(await curve.sign("bob", 1)))?.name, "bob");
    const shared = await open("HS256", await write("secret", "a secret of more than 32 characters, please"), undefined);
    assert.equal((await shared.verify(await shared.sign("eve", 2)))?.name, "eve");
    assert.equal(await shared.verify(await curve.sign("eve", 2)), undefined);
  });
});

describe("passwords", () => {
  it("are kept as salted hashes", async () => {
    const hash = await hashPassword("right", 4);
    assert.ok(!hash.includes("right"));
    assert.notEqual(hash, await hashPassword("right", 4));
    assert.equal(await verifyPassword("right", hash), true);
    assert.equal(await verifyPassword("wrong", hash), false);
    assert.equal(await verifyPassword("", ""), false);
    await assert.rejects(hashPassword("é".repeat(37), 4), /^RpcError: bcrypt: password length exceeds 72 bytes$/);
  });
});
