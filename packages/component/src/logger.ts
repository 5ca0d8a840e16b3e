import { type DestinationStream, destination, type Logger, type LoggerOptions, pino } from "pino";
import { PinoPretty } from "pino-pretty";
import { currentTraceId } from "./trace.ts";

export type { Logger } from "pino";

export type LogFormat = "json" | "text";

export interface LogSettings {
  /** Name of the process: `apiserver`, `kubelet`, … */
  readonly component: string;
  readonly format: LogFormat;
  readonly level: string;
}

/** One JSON line an event on standard output, or aligned text for people. Each line carries the trace id of the work at hand. */
export function createLogger(settings: LogSettings): Logger {
  const options: LoggerOptions = {
    level: settings.level,
    base: { component: settings.component },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => {
      const traceId = currentTraceId();
      return traceId === undefined ? {} : { traceId };
    },
  };
  // Written before the call returns: the last words of a process that fails are not lost, and no line overtakes another.
  return pino(options, settings.format === "json" ? destination({ fd: 1, sync: true }) : textStream());
}

/** Discards everything: for tests. */
export function silentLogger(): Logger {
  return pino({ level: "silent" });
}

function textStream(): DestinationStream {
  return PinoPretty({
    colorize: process.stdout.isTTY,
    ignore: "pid,hostname,traceId",
    translateTime: "HH:MM:ss.l",
    sync: true,
  });
}
