import { MaintenanceClient } from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import { credentials } from "@grpc/grpc-js";

export interface MemberHash {
  readonly hash: number;
  readonly compactRevision: number;
  readonly hashRevision: number;
}

/** A member's own hash of everything up to a revision. */
export function hashKv(clientUrl: string, revision: number): Promise<MemberHash> {
  const client = new MaintenanceClient(new URL(clientUrl).host, credentials.createInsecure());
  return new Promise<MemberHash>((resolve, reject) => {
    client.hashKv({ revision }, (error, response) => (error ? reject(error) : resolve(response)));
  }).finally(() => client.close());
}

export function defragment(clientUrl: string): Promise<void> {
  const client = new MaintenanceClient(new URL(clientUrl).host, credentials.createInsecure());
  return new Promise<void>((resolve, reject) => {
    client.defragment({}, (error) => (error ? reject(error) : resolve()));
  }).finally(() => client.close());
}
