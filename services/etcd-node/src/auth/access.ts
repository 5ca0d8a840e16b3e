import type { Clock } from "@drydock/base";
import type { KeyRange } from "@drydock/mvcc";
import type { Command, Requester } from "@drydock/proto/drydock/raft/v1/raft";
import type { Metadata, ServerUnaryCall } from "@grpc/grpc-js";
import type { Driver } from "../driver/driver.ts";
import { errors, RpcError } from "../rpc/errors.ts";
import { authorize } from "./authorize.ts";
import type { JwtTokens } from "./jwt-tokens.ts";

/** What a call tells about who makes it. */
export interface Caller {
  readonly metadata: Metadata;
  getAuthContext(): Pick<ReturnType<ServerUnaryCall<unknown, unknown>["getAuthContext"]>, "sslPeerCertificate">;
}

export interface AccessOptions {
  readonly driver: Driver;
  readonly clock: Clock;
  /** Absent with simple tokens. */
  readonly jwt: JwtTokens | undefined;
  /** Of simple tokens, from their last use. */
  readonly tokenTtlMs: number;
  /** `--client-cert-auth`: a certificate's common name is a user's. */
  readonly trustsCertificates: boolean;
}

/** Set by the JSON gateway; with it, upstream never takes the certificate for the client's own. */
const GATEWAY_HEADER = "grpcgateway-accept";

/** The door of every service: who calls, and whether they may. Does nothing while authentication is off. Throws RpcError. */
export class Access {
  readonly #options: AccessOptions;

  constructor(options: AccessOptions) {
    this.#options = options;
  }

  get #auth() {
    return this.#options.driver.state.machine.auth;
  }

  /** Authentication is off: everybody may do everything. */
  get isOpen(): boolean {
    return !this.#auth.isEnabled;
  }

  /** Lets a command through to the log, and names the requester it must carry. */
  async command(caller: Caller, request: Command["request"]): Promise<Requester | undefined> {
    if (!this.#auth.isEnabled) return undefined;
    const requester = await this.requester(caller);
    await this.#permit(() => {
      const { auth, lessor } = this.#options.driver.state.machine;
      authorize(auth, lessor, requester, request);
    });
    return requester;
  }

  /** A read that is served here. Returns a check to make once it was: users and roles must not have changed meanwhile. */
  async read(caller: Caller, range: KeyRange): Promise<() => void> {
    if (!this.#auth.isEnabled) return () => {};
    const requester = await this.requester(caller);
    await this.#permit(() => this.#auth.checkKeys(requester, range, "read"));
    return () => {
      if (requester && requester.authRevision !== this.#auth.revision) throw errors.authOldRevision();
    };
  }

  /** For what any user may do. */
  async user(caller: Caller): Promise<void> {
    if (!this.#auth.isEnabled) return;
    if (!(await this.requester(caller))) throw errors.userEmpty();
  }

  /** For what only root may do. */
  async admin(caller: Caller): Promise<void> {
    if (!this.#auth.isEnabled) return;
    const requester = await this.requester(caller);
    await this.#permit(() => this.#auth.checkAdmin(requester));
  }

  /** For root, and for those whom `isAllowed` lets through. */
  async adminOr(caller: Caller, isAllowed: (name: string) => boolean): Promise<void> {
    if (!this.#auth.isEnabled) return;
    const requester = await this.requester(caller);
    await this.#permit(() => {
      if (!requester || !isAllowed(requester.name)) this.#auth.checkAdmin(requester);
    });
  }

  /** Who calls: by token, else by certificate; undefined when nobody says. */
  async requester(caller: Caller): Promise<Requester | undefined> {
    const { jwt, trustsCertificates } = this.#options;
    const { metadata } = caller;
    const [token] = [...metadata.get("token"), ...metadata.get("authorization")];
    if (token !== undefined) {
      const text = String(token);
      const requester = await (jwt ? jwt.verify(text) : this.#bySimpleToken(text));
      if (!requester) throw errors.invalidAuthToken();
      return requester;
    }
    if (!trustsCertificates || metadata.get(GATEWAY_HEADER).length > 0) return undefined;
    const name = caller.getAuthContext().sslPeerCertificate?.subject.CN;
    return name === undefined ? undefined : { name: String(name), authRevision: this.#auth.revision };
  }

  /** The token's own number is the entry that made it: a member behind that does not know it yet. */
  async #bySimpleToken(token: string): Promise<Requester | undefined> {
    const index = Number(/^[^.]+\.(\d+)$/.exec(token)?.[1] ?? Number.NaN);
    if (Number.isNaN(index)) return undefined;
    if (index > this.#options.driver.status.applied) await this.#options.driver.linearize();
    const name = this.#auth.tokens.userOf(token, this.#options.clock.monotonicMs(), this.#options.tokenTtlMs);
    return name === undefined ? undefined : { name, authRevision: this.#auth.revision };
  }

  /** A member that lags may refuse what has been allowed meanwhile: it looks again when it is up to date. */
  async #permit(check: () => void): Promise<void> {
    try {
      check();
    } catch (error) {
      if (!(error instanceof RpcError)) throw error;
      await this.#options.driver.linearize();
      check();
    }
  }
}
