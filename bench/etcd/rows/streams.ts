import { randomBytes } from "node:crypto";
import {
  LeaseGrantRequest,
  LeaseKeepAliveRequest,
  PutRequest,
  WatchRequest,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { LoadConnection } from "../../load/load-connection.ts";
import { runLoad } from "../../load/run-load.ts";
import type { Measurement, Row } from "../../rows/row.ts";
import type { Members } from "../members.ts";

const WARM_UP_MS = 700;
const DURATION_MS = Number(process.env["BENCH_SECONDS"] ?? 3) * 1000;

/** One client writes as fast as it is answered; `watchers` streams see each write. Counts events that arrived. */
export function watchFanOutRow(watchers: number): Row<Members> {
  return {
    name: `watch, 1 writer → ${watchers} watchers`,
    unit: " events/s",
    isMoreBetter: true,
    async measure(members): Promise<Measurement> {
      const target = await members.leaderTarget();
      const connections = await Promise.all(Array.from({ length: 10 }, () => LoadConnection.open(target)));
      let events = 0;
      let isCounting = false;
      let created = 0;
      for (let watcher = 0; watcher < watchers; watcher++) {
        const onMessage = () => {
          if (created < watchers) created++;
          else if (isCounting) events++;
        };
        const stream = (connections[watcher % 10] as LoadConnection).stream("/etcdserverpb.Watch/Watch", {
          onMessage,
          onEnd: () => {},
        });
        stream.send(watchPrefix("/watched/"));
      }
      while (created < watchers) await pause(10);
      const writing = runLoad({
        target,
        path: "/etcdserverpb.KV/Put",
        message: put(Buffer.from("/watched/key"), randomBytes(256)),
        concurrency: 16,
        durationMs: DURATION_MS,
        warmUpMs: WARM_UP_MS,
      });
      await pause(WARM_UP_MS);
      isCounting = true;
      await pause(DURATION_MS);
      isCounting = false;
      await writing;
      for (const connection of connections) connection.close();
      return { value: events / (DURATION_MS / 1000) };
    },
  };
}

/** Memory that idle watches of as many prefixes cost on the member that serves them. */
export function idleWatchesRow(watches: number): Row<Members> {
  return {
    name: `${watches.toLocaleString("en-US")} idle watches, 100 streams`,
    unit: " MiB",
    isMoreBetter: false,
    rounds: 1,
    async measure(members): Promise<Measurement> {
      const leader = await members.leader();
      const target = members.targets[leader] as string;
      const before = members.memoryMiB()[leader] ?? 0;
      const connections = await Promise.all(Array.from({ length: 10 }, () => LoadConnection.open(target)));
      let created = 0;
      for (let stream = 0; stream < 100; stream++) {
        const opened = (connections[stream % 10] as LoadConnection).stream("/etcdserverpb.Watch/Watch", {
          onMessage: () => created++,
          onEnd: () => {},
        });
        for (let watch = 0; watch < watches / 100; watch++) opened.send(watchPrefix(`/idle/${stream}/${watch}/`));
      }
      while (created < watches) await pause(20);
      await pause(1000);
      const value = (members.memoryMiB()[leader] ?? 0) - before;
      for (const connection of connections) connection.close();
      return { value: Math.max(1, value) };
    },
  };
}

/** Streams that each renew a lease of their own as fast as they are answered. */
export function keepAliveRow(streams: number): Row<Members> {
  return {
    name: `lease keep-alive, ${streams} streams`,
    unit: "/s",
    isMoreBetter: true,
    async measure(members): Promise<Measurement> {
      const target = await members.leaderTarget();
      const connections = await Promise.all(Array.from({ length: 8 }, () => LoadConnection.open(target)));
      let renewed = 0;
      let isRunning = true;
      for (let number = 0; number < streams; number++) {
        const connection = connections[number % 8] as LoadConnection;
        const ID = String(Date.now() * 1000 + number);
        await grant(connection, ID);
        const renewal = Buffer.from(LeaseKeepAliveRequest.encode({ ID }).finish());
        const stream = connection.stream("/etcdserverpb.Lease/LeaseKeepAlive", {
          onMessage: () => {
            renewed++;
            if (isRunning) stream.send(renewal);
          },
          onEnd: () => {},
        });
        stream.send(renewal);
      }
      await pause(WARM_UP_MS);
      renewed = 0;
      await pause(DURATION_MS);
      const value = renewed / (DURATION_MS / 1000);
      isRunning = false;
      for (const connection of connections) connection.close();
      return { value };
    },
  };
}

function grant(connection: LoadConnection, ID: string): Promise<void> {
  const message = Buffer.from(LeaseGrantRequest.encode({ TTL: 600, ID }).finish());
  return new Promise((resolve, reject) =>
    connection.unary("/etcdserverpb.Lease/LeaseGrant", message, {
      onEnd: (status) => (status === "0" ? resolve() : reject(new Error(`lease not granted: ${status}`))),
    }),
  );
}

function watchPrefix(prefix: string): Buffer {
  const key = Buffer.from(prefix);
  const rangeEnd = Buffer.from(key);
  rangeEnd[rangeEnd.length - 1] = (rangeEnd.at(-1) as number) + 1;
  const value = {
    key,
    rangeEnd,
    startRevision: 0,
    progressNotify: false,
    filters: [],
    prevKv: false,
    watchId: 0,
    fragment: false,
  };
  return Buffer.from(WatchRequest.encode({ requestUnion: { $case: "createRequest", value } }).finish());
}

function put(key: Buffer, value: Buffer): Buffer {
  const request = { key, value, lease: "0", prevKv: false, ignoreValue: false, ignoreLease: false };
  return Buffer.from(PutRequest.encode(request).finish());
}

export function putOf(key: string, bytes: number): Buffer {
  return put(Buffer.from(key), randomBytes(bytes));
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
