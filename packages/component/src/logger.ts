import { Writable } from "node:stream";
import { isatty } from "node:tty";
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
  /** Where each line goes, in this order; standard output alone unless said otherwise. */
  readonly outputs?: readonly LogOutput[];
}

/** A descriptor, or something that takes lines, and has written them when the call returns. */
export type LogOutput = number | LogSink;

export interface LogSink {
  write(text: string): void;
}

/** One JSON line an event, or aligned text for people. Each line carries the trace id of the work at hand. */
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
  const outputs = settings.outputs ?? [1];
  const lines = together(outputs);
  return pino(options, settings.format === "json" ? lines : textStream(lines, outputs));
}

/** Discards everything: for tests. */
export function silentLogger(): Logger {
  return pino({ level: "silent" });
}

/** Written before the call returns: the last words of a process that fails are not lost, and no line overtakes another. */
function together(outputs: readonly LogOutput[]): LogSink {
  const sinks = outputs.map((output) =>
    typeof output === "number" ? destination({ fd: output, sync: true }) : output,
  );
  return {
    write(text) {
      for (const sink of sinks) sink.write(text);
    },
  };
}

function textStream(lines: LogSink, outputs: readonly LogOutput[]): DestinationStream {
  return PinoPretty({
    colorize: outputs.every((output) => typeof output === "number" && isatty(output)),
    ignore: "pid,hostname,traceId",
    translateTime: "HH:MM:ss.l",
    sync: true,
    destination: new Writable({
      decodeStrings: false,
      write(text: string, _, done) {
        lines.write(text);
        done();
      },
    }),
  });
}
