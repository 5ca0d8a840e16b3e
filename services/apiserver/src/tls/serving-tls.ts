import { createPrivateKey, X509Certificate } from "node:crypto";
import type { Logger, TlsMaterial } from "@drydock/component";
import { WatchedFile } from "./watched-file.ts";

/** What a server shows and whom it trusts, as it is now. */
export interface TlsSource {
  current(): TlsMaterial;
  /** Called after it has changed. */
  onChange(listener: () => void): void;
}

/** Something that comes from files and may change. */
export interface Changing<T> {
  current(): T;
  onChange(listener: () => void): void;
}

export interface ServingPair {
  readonly cert: Buffer;
  readonly key: Buffer;
}

/** A certificate and its key. While only one of the files has been replaced, both stay what they were. */
export class ServingCertificate implements Changing<ServingPair> {
  readonly #cert: WatchedFile<Buffer>;
  readonly #key: WatchedFile<Buffer>;
  readonly #listeners: (() => void)[] = [];
  #pair: ServingPair;

  private constructor(cert: WatchedFile<Buffer>, key: WatchedFile<Buffer>) {
    this.#cert = cert;
    this.#key = key;
    this.#pair = { cert: cert.current, key: key.current };
    for (const file of [cert, key]) file.onChange(() => this.#update());
  }

  static async open(certFile: string, keyFile: string, logger: Logger): Promise<ServingCertificate> {
    const cert = await WatchedFile.open(certFile, certificateOf, logger);
    const key = await WatchedFile.open(keyFile, keyOf, logger);
    if (!fits({ cert: cert.current, key: key.current })) throw new Error(`${keyFile} is not the key of ${certFile}`);
    return new ServingCertificate(cert, key);
  }

  current(): ServingPair {
    return this.#pair;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  stop(): void {
    this.#cert.stop();
    this.#key.stop();
  }

  #update(): void {
    const pair = { cert: this.#cert.current, key: this.#key.current };
    if (!fits(pair)) return;
    this.#pair = pair;
    for (const listener of this.#listeners) listener();
  }
}

export function tlsSource(pair: Changing<ServingPair>, authorities: Changing<Buffer>): TlsSource {
  return {
    current: () => ({ ...pair.current(), ca: authorities.current() }),
    onChange(listener) {
      pair.onChange(listener);
      authorities.onChange(listener);
    },
  };
}

function fits({ cert, key }: ServingPair): boolean {
  return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
}

function certificateOf(bytes: Buffer): Buffer {
  new X509Certificate(bytes);
  return bytes;
}

function keyOf(bytes: Buffer): Buffer {
  createPrivateKey(bytes);
  return bytes;
}
