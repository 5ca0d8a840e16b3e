import { randomBytes } from "node:crypto";
import type { Metadata } from "@grpc/grpc-js";
import {
  type Context,
  context,
  isSpanContextValid,
  propagation,
  ROOT_CONTEXT,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { W3CTraceContextPropagator } from "@opentelemetry/core";

/**
 * W3C trace context, carried through the OpenTelemetry API so that exporting spans later changes nothing here.
 * Every hop keeps the trace id and takes a new span id.
 */
export function installTracing(): void {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
}

/** Runs `work` as a hop of the trace named by `traceparent`, or of a new trace when there is none or it is malformed. */
export function withTrace<T>(traceparent: string | undefined, work: () => T): T {
  const carried = propagation.extract(ROOT_CONTEXT, traceparent ? { traceparent } : {});
  return context.with(nextHop(carried), work);
}

/** The header value for an outgoing call, or undefined outside any trace. */
export function currentTraceparent(): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(context.active(), carrier);
  return carrier.traceparent;
}

export function currentTraceId(): string | undefined {
  return trace.getSpanContext(context.active())?.traceId;
}

/** Adds the current trace context to the metadata of an outgoing gRPC call. */
export function injectTrace(metadata: Metadata): Metadata {
  const traceparent = currentTraceparent();
  if (traceparent !== undefined) metadata.set("traceparent", traceparent);
  return metadata;
}

/** The trace context an incoming gRPC call carries. */
export function traceparentOf(metadata: Metadata): string | undefined {
  return metadata.get("traceparent")[0]?.toString();
}

function nextHop(carried: Context): Context {
  const parent = trace.getSpanContext(carried);
  const isKnown = parent !== undefined && isSpanContextValid(parent);
  return trace.setSpanContext(carried, {
    traceId: isKnown ? parent.traceId : randomBytes(16).toString("hex"),
    spanId: randomBytes(8).toString("hex"),
    traceFlags: isKnown ? parent.traceFlags : TraceFlags.NONE,
  });
}
