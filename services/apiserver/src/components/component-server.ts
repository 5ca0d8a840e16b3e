import {
  badRequest,
  forbidden,
  genericNotFoundPath,
  internal,
  type KubeObject,
  type Status,
} from "@drydock/apimachinery";
import { type Logger, withTrace } from "@drydock/component";
import {
  type ClientFrame,
  ComponentApiService,
  type Reply,
  type ServerFrame,
  type Call as WireCall,
} from "@drydock/proto/drydock/api/v1/api";
import { PayloadDecoder, PayloadEncoder, TickBatcher } from "@drydock/wire";
import { Server, type ServerDuplexStream } from "@grpc/grpc-js";
import type { RelayedWatch, RemoteCalls } from "../aggregation/remote-calls.ts";
import type { Auditor } from "../audit/auditor.ts";
import { userOfCertificate } from "../authentication/client-certificate.ts";
import { anonymousUser, type UserInfo } from "../authentication/user-info.ts";
import { type Authorizer, forbiddenReason } from "../authorization/authorizer.ts";
import { selectorsOf } from "../authorization/selectors.ts";
import type { StoredObject } from "../cache/stored-object.ts";
import { dispatch, type Services } from "../endpoints/dispatch.ts";
import type { WatchTracker } from "../flow-control/work/watch-tracker.ts";
import { listMetadata } from "../http/render-outcome.ts";
import type { Call, CallBody, PatchType } from "../registry/call.ts";
import { parseCallOptions, type RawOptions } from "../registry/call-options.ts";
import type { Verb } from "../registry/definition.ts";
import { parseDeleteOptions } from "../registry/delete-options.ts";
import { managerOfComponent } from "../registry/field-managers.ts";
import type { ResourceStore } from "../registry/registry.ts";
import { toStatusError } from "../registry/status-errors.ts";
import type { TlsSource } from "../tls/serving-tls.ts";
import type { Outcome } from "../verbs/outcome.ts";
import { auditCall, type CallAudit } from "./component-audit.ts";
import { componentCredentials } from "./component-credentials.ts";

export interface ComponentServerOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: TlsSource;
  readonly services: Services;
  readonly remoteCalls: RemoteCalls;
  readonly authorizer: Authorizer;
  readonly watches: WatchTracker;
  readonly auditor: Auditor | undefined;
  readonly requestTimeoutMs: number;
  readonly logger: Logger;
}

const readVerbs: ReadonlySet<string> = new Set(["get", "list", "watch"]);

type Stream = ServerDuplexStream<ClientFrame, ServerFrame>;

/** A component this far behind is cut off; it lists and watches anew. */
const MAX_BUFFERED_BYTES = 128 * 1024 * 1024;

/** The components' way in: the same authentication, authorization, admission and registry as REST, in batched frames. */
export async function serveComponents(
  options: ComponentServerOptions,
): Promise<{ port: number; stop(): Promise<void> }> {
  // One encoder for all streams, so that an object's bytes are made once for everybody who watches it.
  const encoder = new PayloadEncoder();
  const sessions = new Set<ComponentSession>();
  const server = new Server({
    "grpc.max_receive_message_length": -1,
    "grpc.max_send_message_length": -1,
    "grpc.keepalive_permit_without_calls": 1,
    "grpc.http2.min_time_between_pings_ms": 500,
    "grpc.enable_channelz": 0,
  });
  server.addService(ComponentApiService, {
    session(stream: Stream) {
      const session = new ComponentSession(stream, options, encoder);
      sessions.add(session);
      const close = () => {
        session.close();
        sessions.delete(session);
      };
      stream.on("cancelled", close);
      stream.on("error", close);
      stream.on("end", () => {
        close();
        stream.end();
      });
    },
  });
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`${options.host}:${options.port}`, componentCredentials(options.tls), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  return {
    port,
    async stop() {
      for (const session of sessions) session.close();
      server.forceShutdown();
    },
  };
}

class ComponentSession {
  readonly #stream: Stream;
  readonly #options: ComponentServerOptions;
  readonly #encoder: PayloadEncoder;
  readonly #decoder = new PayloadDecoder();
  readonly #user: UserInfo | undefined;
  readonly #address: string;
  readonly #calls = new Map<number, AbortController>();
  /** What to call when a call is over. */
  readonly #endings = new Map<number, () => void>();
  readonly #batch: TickBatcher<Reply>;
  #structuresSent = 0;
  #isClosed = false;

  constructor(stream: Stream, options: ComponentServerOptions, encoder: PayloadEncoder) {
    this.#stream = stream;
    this.#options = options;
    this.#encoder = encoder;
    this.#address = stream.getPeer().replace(/:\d+$/, "");
    this.#user = userOfCertificate(stream.getAuthContext().sslPeerCertificate);
    this.#batch = new TickBatcher((replies) => this.#write(replies));
    stream.on("data", (frame: ClientFrame) => this.#receive(frame));
  }

  close(): void {
    this.#isClosed = true;
    for (const controller of this.#calls.values())
      controller.abort(new DOMException("the component went away", "AbortError"));
    this.#calls.clear();
    for (const id of [...this.#endings.keys()]) this.#end(id);
  }

  #receive(frame: ClientFrame): void {
    try {
      if (frame.structures.length > 0) this.#decoder.learn(frame.structures);
      for (const id of frame.cancels) {
        this.#calls.get(id)?.abort(new DOMException("cancelled", "AbortError"));
        this.#calls.delete(id);
        this.#end(id);
      }
      for (const call of frame.calls) this.#start(call);
    } catch (error) {
      this.#options.logger.warn({ err: error, user: this.#user?.name }, "malformed frame from a component");
      this.close();
      this.#stream.end();
    }
  }

  #start(wire: WireCall): void {
    const controller = new AbortController();
    this.#calls.set(wire.id, controller);
    const audit = auditCall(this.#options.auditor, wire, this.#user ?? anonymousUser, this.#address);
    const forget = wire.verb === "watch" ? this.#options.watches.register(wire) : undefined;
    this.#endings.set(wire.id, () => {
      forget?.();
      audit.end();
    });
    // Decoded here, in the order of the frames: later shapes must not be applied to earlier bytes.
    const options = (wire.options.length > 0 ? this.#decoder.decode(wire.options) : {}) as RawOptions;
    const body: unknown = wire.body.length > 0 ? this.#decoder.decode(wire.body) : undefined;
    audit.request(body);
    const timer =
      wire.verb === "watch"
        ? undefined
        : setTimeout(
            () => controller.abort(new DOMException("request timed out", "TimeoutError")),
            this.#options.requestTimeoutMs,
          );
    withTrace(wire.traceparent || undefined, async () => {
      try {
        if (audit.received && !(await audit.received)) throw internal("failed to store audit event");
        const call = await this.#toCall(wire, options, body, controller.signal, audit);
        if (!readVerbs.has(wire.verb)) await this.#options.services.turns.take();
        const outcome = await this.#run(wire, options, body, call);
        audit.answered(outcome);
        this.#answer(wire.id, outcome, controller.signal);
      } catch (error) {
        const { status } = toStatusError(error);
        audit.failed(status);
        this.#fail(wire.id, status);
      } finally {
        clearTimeout(timer);
      }
    });
  }

  async #run(wire: WireCall, options: RawOptions, body: unknown, call: Call): Promise<Outcome | RelayedWatch> {
    const { services, remoteCalls } = this.#options;
    if (!remoteCalls.handles(wire)) return dispatch(services, call);
    const { user, signal } = call.context;
    return remoteCalls.run({ wire, options, body, user, signal });
  }

  async #toCall(
    wire: WireCall,
    raw: RawOptions,
    body: unknown,
    signal: AbortSignal,
    { annotations }: CallAudit,
  ): Promise<Call> {
    const user = this.#user;
    const { verb, group, version, resource, subresource, namespace, name } = wire;
    const attributes = {
      user: user ?? { name: "", groups: [] },
      isResourceRequest: true,
      path: "",
      verb,
      group,
      resource,
      subresource,
      namespace,
      name: name || nameFrom(raw),
      ...selectorsOf(verb, String(raw["fieldSelector"] ?? ""), String(raw["labelSelector"] ?? "")),
    };
    const decision = user
      ? await this.#options.authorizer.authorize(attributes)
      : { verdict: "no-opinion", reason: "" };
    if (annotations) {
      annotations["authorization.k8s.io/decision"] = decision.verdict === "allow" ? "allow" : "forbid";
      annotations["authorization.k8s.io/reason"] = decision.reason;
    }
    if (decision.verdict !== "allow" || !user)
      throw forbidden({ group, resource }, name, forbiddenReason(attributes, decision.reason));
    return {
      verb: verb as Verb,
      group,
      version,
      resource,
      subresource,
      namespace,
      name,
      options: parseCallOptions({ ...raw, fieldValidation: "Ignore" }),
      body: toBody(wire, body),
      context: {
        user,
        nowMs: Date.now(),
        signal,
        fieldManager: managerOfComponent(user.name),
        isComponent: true,
        warn: () => {},
        ...(annotations && {
          annotate: (key: string, value: string) => void Object.assign(annotations, { [key]: value }),
        }),
      },
    };
  }

  #answer(id: number, outcome: Outcome | RelayedWatch, signal: AbortSignal): void {
    switch (outcome.kind) {
      case "object":
        return this.#finish(id, { $case: "result", value: this.#bytesOf(outcome.stored) });
      case "plain":
        return this.#finish(id, { $case: "result", value: this.#encoder.encode(outcome.object) });
      case "status":
        return this.#fail(id, outcome.status);
      case "list": {
        const { definition } = outcome.store;
        const apiVersion = definition.group ? `${definition.group}/${definition.version}` : definition.version;
        const list = {
          apiVersion,
          kind: `${definition.kind}List`,
          metadata: listMetadata(outcome.page),
          items: outcome.page.items.map(({ object }) => object),
        };
        return this.#finish(id, { $case: "result", value: this.#encoder.encode(list) });
      }
      case "watch":
        return this.#watch(id, outcome.store, outcome.run, signal);
      case "relay":
        return outcome.start({
          event: (type, object) => this.#event(id, type, this.#encoder.encode(object)),
          error: (status) => this.#fail(id, status),
          end: () => this.#finish(id, { $case: "end", value: true }),
        });
    }
  }

  #watch(id: number, store: ResourceStore, run: Extract<Outcome, { kind: "watch" }>["run"], signal: AbortSignal): void {
    if (signal.aborted) return;
    const stop = run.start({
      event: (type, stored) => this.#event(id, type, this.#bytesOf(stored)),
      bookmark: (revision, isInitialEnd) => {
        const annotations = isInitialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
        this.#event(
          id,
          "BOOKMARK",
          this.#encoder.encode({
            kind: store.definition.kind,
            metadata: { resourceVersion: String(revision), ...annotations },
          }),
        );
      },
      error: (status) => this.#fail(id, status),
      end: () => this.#finish(id, { $case: "end", value: true }),
    });
    signal.addEventListener("abort", stop, { once: true });
  }

  #event(id: number, type: string, object: Buffer): void {
    if (!this.#isClosed) this.#batch.add({ id, kind: { $case: "events", value: { events: [{ type, object }] } } });
  }

  #bytesOf(stored: StoredObject): Buffer {
    return stored.encoding("component", (object) => this.#encoder.encode(object));
  }

  #fail(id: number, status: Status): void {
    this.#finish(id, { $case: "status", value: this.#encoder.encode(status) });
  }

  #end(id: number): void {
    this.#endings.get(id)?.();
    this.#endings.delete(id);
  }

  #finish(id: number, kind: NonNullable<Reply["kind"]>): void {
    this.#end(id);
    if (!this.#calls.delete(id) || this.#isClosed) return;
    this.#batch.add({ id, kind });
  }

  #write(replies: Reply[]): void {
    if (this.#isClosed) return;
    if (this.#stream.writableLength > MAX_BUFFERED_BYTES) {
      this.#options.logger.warn({ user: this.#user?.name }, "a component reads too slowly and is cut off");
      this.close();
      this.#stream.end();
      return;
    }
    const hasNewStructures = this.#encoder.generation > this.#structuresSent;
    this.#structuresSent = this.#encoder.generation;
    this.#stream.write({
      structures: hasNewStructures ? this.#encoder.structures() : Buffer.alloc(0),
      replies: merged(replies),
    });
  }
}

/** Events of one watch that came in one turn travel as one reply; order is kept. */
function merged(replies: readonly Reply[]): Reply[] {
  const result: Reply[] = [];
  const open = new Map<number, Reply>();
  for (const reply of replies) {
    const before = open.get(reply.id);
    if (reply.kind?.$case === "events" && before?.kind?.$case === "events") {
      before.kind.value.events.push(...reply.kind.value.events);
      continue;
    }
    result.push(reply);
    open.set(reply.id, reply);
  }
  return result;
}

function toBody(wire: WireCall, body: unknown): CallBody {
  switch (wire.verb) {
    case "create":
    case "update":
      if (typeof body !== "object" || body === null) throw badRequest("the call has no object");
      return { kind: "object", object: body as KubeObject };
    case "patch":
      return { kind: "patch", patchType: wire.patchType as PatchType, patch: body };
    case "delete":
    case "deletecollection":
      return { kind: "delete", options: parseDeleteOptions(body, {}) };
    case "get":
    case "list":
    case "watch":
      return { kind: "none" };
    default:
      throw genericNotFoundPath();
  }
}

function nameFrom(raw: RawOptions): string {
  return /(?:^|,)metadata\.name==?([^,]+)(?:,|$)/.exec(String(raw["fieldSelector"] ?? ""))?.[1] ?? "";
}
