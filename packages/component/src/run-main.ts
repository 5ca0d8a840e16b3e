import { setFlagsFromString } from "node:v8";
import type { Clock } from "@drydock/base";
import { collectDefaultMetrics, Registry } from "prom-client";
import { choiceFlag, type FlagSet, type FlagValues, parseFlags, renderFlagHelp } from "./flags.ts";
import { createLogger, type Logger } from "./logger.ts";
import { trimMemoryWhenQuiet } from "./memory/memory-trimmer.ts";
import { systemClock } from "./system-clock.ts";
import { installTracing } from "./trace.ts";

/** What the outside provides to a process: a test passes its own. */
export interface Host {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Registry;
  /** Ends the process with status 1 and this error in the log; for work in the background that cannot go on. */
  fail(error: unknown): void;
}

/** A started component. `stop` is graceful and idempotent, and resolves when all its work has ended. */
export interface Running {
  /** How long stopping lasts when all goes well, beyond what any process may take. */
  readonly stopDelayMs?: number;
  stop(): Promise<void>;
}

export interface MainOptions<F extends FlagSet> {
  readonly component: string;
  readonly flags: F;
  /** Prefix of the environment variables that stand in for flags. */
  readonly envPrefix?: string;
  /** In the place of the process's own. */
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For a service with flags of its own in the place of --log-format and --log-level. Throws for settings that make no sense. */
  readonly openLog?: (config: FlagValues<F>) => Logger;
  readonly start: (config: FlagValues<F>, host: Host) => Promise<Running>;
}

const LOG_FLAGS = {
  "log-format": choiceFlag(["json", "text"], { help: "one JSON line an event, or text for people", default: "json" }),
  "log-level": choiceFlag(["trace", "debug", "info", "warn", "error", "fatal"], {
    help: "least level that is logged",
    default: "info",
  }),
} satisfies FlagSet;

/** How long a graceful stop may take, beyond what it takes on purpose, before the process ends anyway. */
const STOP_TIMEOUT_MS = 25_000;

/** The whole of a service's `main`: flags, logger, metrics, then `start` until SIGTERM or SIGINT asks for a graceful stop. */
export async function runMain<F extends FlagSet>(options: MainOptions<F>): Promise<void> {
  const flags = options.openLog ? options.flags : { ...options.flags, ...LOG_FLAGS };
  const parsed = parseFlags(flags, {
    argv: options.argv ?? process.argv.slice(2),
    env: options.env ?? process.env,
    ...(options.envPrefix === undefined ? {} : { envPrefix: options.envPrefix }),
  });
  if (parsed.kind !== "values") {
    printUsage(options.component, flags, parsed.kind === "errors" ? parsed.errors : []);
    process.exitCode = parsed.kind === "errors" ? 2 : 0;
    return;
  }
  const config = parsed.values as FlagValues<F> & FlagValues<typeof LOG_FLAGS>;
  // The young generation is small and little of it lives: waking threads to share its collection costs more than they save. A tenth of a put, and
  // as much of a create.
  setFlagsFromString("--no-parallel-scavenge");
  installTracing();
  const logger = openLog(options, config);
  if (!logger) return;
  const fail = (error: unknown) => {
    logger.fatal({ err: error }, "stopping: the process cannot go on");
    logger.flush();
    process.exit(1);
  };
  process.on("uncaughtException", fail);
  process.on("unhandledRejection", fail);
  trimMemoryWhenQuiet(logger);
  try {
    const running = await options.start(config, {
      clock: systemClock,
      logger,
      metrics: createMetrics(),
      fail,
    });
    stopOnSignal(running, logger);
  } catch (error) {
    fail(error);
  }
}

/** Undefined, and said why, when it cannot be. */
function openLog<F extends FlagSet>(
  { component, openLog: openOwn }: MainOptions<F>,
  config: FlagValues<F> & FlagValues<typeof LOG_FLAGS>,
): Logger | undefined {
  if (!openOwn) return createLogger({ component, format: config.logFormat, level: config.logLevel });
  try {
    return openOwn(config);
  } catch (error) {
    console.error(`${component}: ${(error as Error).message}`);
    process.exitCode = 1;
    return undefined;
  }
}

/** A registry with the process's own figures, without labels of ours: tools look for `process_resident_memory_bytes` as it is. */
function createMetrics(): Registry {
  const metrics = new Registry();
  collectDefaultMetrics({ register: metrics });
  return metrics;
}

function stopOnSignal(running: Running, logger: Logger): void {
  let isStopping = false;
  const stop = async (signal: NodeJS.Signals) => {
    if (isStopping) return;
    isStopping = true;
    logger.info({ signal }, "stopping");
    const timeoutMs = STOP_TIMEOUT_MS + (running.stopDelayMs ?? 0);
    setTimeout(() => {
      logger.error({ timeoutMs }, "graceful stop took too long");
      process.exit(1);
    }, timeoutMs).unref();
    await running.stop();
    logger.info("stopped");
    logger.flush();
    process.exit(0);
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

function printUsage(component: string, flags: FlagSet, errors: readonly string[]): void {
  for (const error of errors) console.error(`${component}: ${error}`);
  const usage = `Usage: ${component} [flags]\n\n${renderFlagHelp(flags)}`;
  if (errors.length > 0) console.error(`Run '${component} --help' for all flags.`);
  else console.log(usage);
}
