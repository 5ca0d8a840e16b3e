import type { ProcessPage } from "./process-pages.ts";
import { versionInfo } from "./version-info.ts";

const PATHS = ["/flagz", "/healthz", "/livez", "/metrics", "/readyz", "/statusz", "/version"];

export function statuszPage(startedAtMs: number, nowMs: number): ProcessPage {
  const uptimeSeconds = Math.floor((nowMs - startedAtMs) / 1000);
  const started = new Date(startedAtMs);
  const binaryVersion = versionInfo.gitVersion.slice(1);
  const emulationVersion = `${versionInfo.emulationMajor}.${versionInfo.emulationMinor}`;
  const goVersion = versionInfo.goVersion;
  const rows = {
    Started: unixDate(started),
    Up: hoursMinutesSeconds(uptimeSeconds),
    "Go version": goVersion,
    "Binary version": binaryVersion,
    "Emulation version": emulationVersion,
    Paths: PATHS.join(" "),
  };
  const startTime = started.toISOString().replace(/\.\d+Z$/, "Z");
  return {
    kind: "Statusz",
    lines: Object.entries(rows).map(([name, value]) => `${name}: ${value}`),
    fields: { startTime, uptimeSeconds, goVersion, binaryVersion, emulationVersion, paths: PATHS },
  };
}

/** Such as `Fri Nov 27 10:26:35 UTC 2026`. */
function unixDate(date: Date): string {
  const [weekday = "", day = "", month = "", year = "", time = ""] = date.toUTCString().replace(",", "").split(" ");
  return `${weekday} ${month} ${String(Number(day)).padStart(2)} ${time} UTC ${year}`;
}

function hoursMinutesSeconds(seconds: number): string {
  const two = (count: number) => String(Math.floor(count)).padStart(2, "0");
  return `${Math.floor(seconds / 3600)} hr ${two((seconds / 60) % 60)} min ${two(seconds % 60)} sec`;
}
