import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { LoadConnection } from "../../load/load-connection.ts";
import { median } from "../../rows/compare-rows.ts";
import type { Measurement, Row } from "../../rows/row.ts";
import type { Plane } from "../plane.ts";
import { podsPath } from "../pods.ts";
import { expectOnce } from "../rest.ts";

const AGAIN = 7;

export interface ListTimes {
  readonly octets: number;
  readonly firstMs: number;
  readonly againMs: number;
  /** The same octets from a server that has them in one buffer: what TLS, HTTP/2 and the client cost. */
  readonly copyMs: number;
}

/** How long a list of the namespace takes, the first time and when nothing has changed since. */
export async function listTimes(plane: Plane, namespace: string): Promise<ListTimes> {
  const connection = await plane.open();
  const list = async () => {
    const beganAt = performance.now();
    const { octets } = await expectOnce(connection, plane.target, "GET", podsPath(namespace));
    return { octets, ms: performance.now() - beganAt };
  };
  const first = await list();
  const again = [];
  for (let round = 0; round < AGAIN; round++) again.push((await list()).ms);
  connection.close();
  return {
    octets: first.octets,
    firstMs: first.ms,
    againMs: median(again),
    copyMs: await copyTime(plane, first.octets),
  };
}

/** Lists again, one after the other. */
export function listRow(namespace: string, pods: number): Row<Plane> {
  return {
    name: `list ${pods.toLocaleString("en-US")} pods, unchanged`,
    unit: " ms",
    isMoreBetter: false,
    async measure(plane): Promise<Measurement> {
      const connection = await plane.open();
      const times = [];
      for (let round = 0; round < AGAIN; round++) {
        const beganAt = performance.now();
        await expectOnce(connection, plane.target, "GET", podsPath(namespace));
        times.push(performance.now() - beganAt);
      }
      connection.close();
      return { value: median(times) };
    },
  };
}

async function copyTime({ identity }: Plane, octets: number): Promise<number> {
  const program = new URL("../plain-server.ts", import.meta.url).pathname;
  const server: ChildProcess = spawn(process.execPath, [program, String(octets)], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [hello] = (await once(server.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  const { port, ca } = JSON.parse(hello.toString()) as { port: number; ca: string };
  const target = `127.0.0.1:${port}`;
  const connection = await LoadConnection.open(target, {}, { ...identity, ca });
  const times = [];
  for (let round = 0; round < AGAIN; round++) {
    const beganAt = performance.now();
    await expectOnce(connection, target, "GET", "/");
    times.push(performance.now() - beganAt);
  }
  connection.close();
  server.kill("SIGKILL");
  return median(times);
}
