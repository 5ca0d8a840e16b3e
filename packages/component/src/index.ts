export * from "./flags.ts";
export {
  type HealthCheck,
  type HealthServer,
  type HealthServerOptions,
  runHealthChecks,
  serveHealth,
} from "./health-server.ts";
export {
  createLogger,
  type LogFormat,
  type Logger,
  type LogOutput,
  type LogSettings,
  type LogSink,
  silentLogger,
} from "./logger.ts";
export { type Host, type MainOptions, type Running, runMain } from "./run-main.ts";
export { systemClock } from "./system-clock.ts";
export { grpcChannelCredentials, loadTls, type TlsFiles, type TlsMaterial } from "./tls.ts";
export { currentTraceId, currentTraceparent, injectTrace, installTracing, traceparentOf, withTrace } from "./trace.ts";
