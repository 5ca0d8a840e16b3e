import { booleanFlag, choiceFlag, type FlagSet, stringFlag, stringListFlag } from "@drydock/component";

export const logFlags = {
  "log-outputs": stringListFlag({
    help: "where the log goes: stdout, stderr, or files, several of them if need be; default is stderr",
    default: ["default"],
  }),
  "log-level": choiceFlag(["trace", "debug", "info", "warn", "error", "dpanic", "panic", "fatal"], {
    help: "least level that is logged; the panics are as fatal",
    default: "info",
  }),
  "log-format": choiceFlag(["json", "console", "text"], {
    help: "one JSON line an event, or text for people, by either name",
    default: "json",
  }),
  "enable-log-rotation": booleanFlag({
    help: "begin the one file of --log-outputs anew when it is large",
    default: false,
  }),
  "log-rotation-config-json": stringFlag({
    help: "size in MiB, age in days and number of the files kept, 0 for no limit; whether their names tell local time; whether they are compressed",
    default: '{"maxsize": 100, "maxage": 0, "maxbackups": 0, "localtime": false, "compress": false}',
  }),
} satisfies FlagSet;
