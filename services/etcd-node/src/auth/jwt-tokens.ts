import { createPrivateKey, createPublicKey, createSecretKey, type KeyObject } from "node:crypto";
import { readFile } from "node:fs/promises";
import { parseDurationMs } from "@drydock/component";
import type { Requester } from "@drydock/proto/drydock/raft/v1/raft";
import { jwtVerify, SignJWT } from "jose";
import { parseTokenOptions, type TokenOptions } from "./token-options.ts";

/** Signed tokens: any member with the key knows whose they are. Claims are etcd's: `username`, `revision`, `exp`. */
export class JwtTokens {
  readonly #algorithm: string;
  readonly #ttlSeconds: number;
  readonly #signKey: KeyObject | undefined;
  readonly #verifyKey: KeyObject;

  private constructor(algorithm: string, ttlSeconds: number, signKey: KeyObject | undefined, verifyKey: KeyObject) {
    this.#algorithm = algorithm;
    this.#ttlSeconds = ttlSeconds;
    this.#signKey = signKey;
    this.#verifyKey = verifyKey;
  }

  /** Throws when a key is missing, does not fit, or cannot be read. */
  static async open(options: Extract<TokenOptions, { kind: "jwt" }>): Promise<JwtTokens> {
    const { algorithm, ttlSeconds, privateKeyFile, publicKeyFile } = options;
    const read = (path: string | undefined) => (path ? readFile(path) : undefined);
    const [privateText, publicText] = await Promise.all([read(privateKeyFile), read(publicKeyFile)]);
    if (algorithm.startsWith("HS")) {
      const secret = createSecretKey((privateText ?? publicText) as Buffer);
      return new JwtTokens(algorithm, ttlSeconds, secret, secret);
    }
    const signKey = privateText && createPrivateKey(privateText);
    const derived = privateText && createPublicKey(privateText);
    const verifyKey = publicText ? createPublicKey(publicText) : (derived as KeyObject);
    if (derived && !derived.equals(verifyKey)) throw new Error("--auth-token: pub-key and priv-key do not match");
    const tokens = new JwtTokens(algorithm, ttlSeconds, signKey, verifyKey);
    // A key of the wrong kind for the method shows at the first signature: better now than at the first login.
    if (signKey) await tokens.verify(await tokens.sign("", 0));
    return tokens;
  }

  /** Throws when this member can only verify. */
  async sign(username: string, revision: number): Promise<string> {
    if (!this.#signKey) throw new Error("auth: token signing attempted with verify-only key");
    const expiresAt = Math.floor(Date.now() / 1000) + this.#ttlSeconds;
    return new SignJWT({ username, revision })
      .setProtectedHeader({ alg: this.#algorithm, typ: "JWT" })
      .setExpirationTime(expiresAt)
      .sign(this.#signKey);
  }

  /** Who the token speaks for; undefined when it is not good. */
  async verify(token: string): Promise<Requester | undefined> {
    try {
      const { payload } = await jwtVerify(token, this.#verifyKey, { algorithms: [this.#algorithm] });
      const { username, revision } = payload;
      if (typeof username !== "string" || typeof revision !== "number") return undefined;
      return { name: username, authRevision: revision };
    } catch {
      return undefined;
    }
  }
}

/** As `--auth-token` says; undefined for simple tokens. Throws when it makes no sense. */
export async function openJwtTokens(flag: string): Promise<JwtTokens | undefined> {
  const options = parseTokenOptions(flag, parseDurationMs);
  return options.kind === "jwt" ? JwtTokens.open(options) : undefined;
}
