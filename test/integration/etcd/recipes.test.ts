import assert from "node:assert/strict";
import {
  LeaseClient,
  type LeaseGrantResponse,
  type LeaseRevokeResponse,
} from "@drydock/proto/etcd/api/etcdserverpb/rpc";
import {
  type CampaignResponse,
  ElectionClient,
  type LeaderKey,
  type LeaderResponse,
  type ProclaimResponse,
  type ResignResponse,
} from "@drydock/proto/etcd/api/v3electionpb/election";
import { LockClient, type LockResponse, type UnlockResponse } from "@drydock/proto/etcd/api/v3lockpb/lock";
import { type ClientUnaryCall, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { EtcdCluster, type Implementation, until } from "./etcd-cluster.ts";

const implementation = (process.env["DRYDOCK_TEST_ETCD"] ?? "drydock") as Implementation;

type Done<Response> = (error: ServiceError | null, response: Response) => void;

/** The answer, and how to wait for it no longer. */
function ask<Response>(begin: (done: Done<Response>) => ClientUnaryCall) {
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const call = begin((error, response) => (error ? reject(error) : resolve(response)));
  return { answer: promise, cancel: () => call.cancel() };
}

describe("locks and elections on the server", function () {
  this.timeout(60_000);
  let cluster: EtcdCluster;
  let locks: LockClient;
  let elections: ElectionClient;
  let leases: LeaseClient;
  const bytes = (text: string) => Buffer.from(text);

  before(async () => {
    cluster = await EtcdCluster.start({ implementation, isSecure: false });
    const address = new URL(cluster.endpoints[0] as string).host;
    const insecure = credentials.createInsecure();
    locks = new LockClient(address, insecure);
    elections = new ElectionClient(address, insecure);
    leases = new LeaseClient(address, insecure);
  });
  after(async () => {
    for (const client of [locks, elections, leases]) client.close();
    await cluster.dispose();
  });

  const grant = async () =>
    (await ask<LeaseGrantResponse>((done) => leases.leaseGrant({ TTL: 600, ID: "0" }, done)).answer).ID;
  const revoke = (ID: string) => ask<LeaseRevokeResponse>((done) => leases.leaseRevoke({ ID }, done)).answer;
  const hex = (lease: string) => BigInt(lease).toString(16);
  const lock = (name: string, lease: string) =>
    ask<LockResponse>((done) => locks.lock({ name: bytes(name), lease }, done));
  const campaign = (name: string, lease: string, value: string) =>
    ask<CampaignResponse>((done) => elections.campaign({ name: bytes(name), lease, value: bytes(value) }, done));
  const keysBelow = async (prefix: string) =>
    (await cluster.etcdctl(["get", prefix, "--prefix", "--keys-only"])).split("\n").filter((line) => line !== "");

  it("gives a lock to one after the other, in the order in which they came", async () => {
    const [first, second, third] = [await grant(), await grant(), await grant()];
    const { key } = await lock("m", first).answer;
    assert.equal(String(key), `m/${hex(first)}`);
    assert.deepEqual((await lock("m", first).answer).key, key, "who has it gets it again");
    const order: string[] = [];
    const waitFor = async (lease: string, name: string) => {
      const { answer } = lock("m", lease);
      await until(`${name} to stand in line`, async () =>
        (await keysBelow("m/")).includes(`m/${hex(lease)}`) ? true : undefined,
      );
      answer.then(
        () => order.push(name),
        (error: unknown) => order.push(String(error)),
      );
    };
    await waitFor(second, "second");
    await waitFor(third, "third");
    assert.deepEqual(order, []);
    await ask<UnlockResponse>((done) => locks.unlock({ key }, done)).answer;
    await until("the second", async () => (order.length === 1 ? true : undefined));
    // A lease that ends is an unlock too.
    await revoke(second);
    await until("the third", async () => (order.length === 2 ? true : undefined));
    assert.deepEqual(order, ["second", "third"]);
  });

  it("forgets whoever waits no longer", async () => {
    const [holder, quitter] = [await grant(), await grant()];
    await lock("q", holder).answer;
    const { answer, cancel } = lock("q", quitter);
    await until("both in line", async () => ((await keysBelow("q/")).length === 2 ? true : undefined));
    cancel();
    await assert.rejects(answer, { code: status.CANCELLED });
    await until("one in line", async () => ((await keysBelow("q/")).length === 1 ? true : undefined));
  });

  it("elects, proclaims, tells observers, and passes on when a leader resigns", async () => {
    const name = bytes("e");
    const [one, two] = [await grant(), await grant()];
    await assert.rejects(ask<LeaderResponse>((done) => elections.leader({ name }, done)).answer, {
      details: "election: no leader",
    });
    const seen: string[] = [];
    const observer = elections.observe({ name });
    observer.on("data", ({ kv }: LeaderResponse) => seen.push(String(kv?.value)));
    observer.on("error", () => {});
    const { leader } = await campaign("e", one, "one").answer;
    assert.deepEqual([String(leader?.key), leader?.lease], [`e/${hex(one)}`, one]);
    await until("the observer to see the leader", async () => (seen.includes("one") ? true : undefined));
    await ask<ProclaimResponse>((done) => elections.proclaim({ leader, value: bytes("one, still") }, done)).answer;
    assert.equal(
      String((await ask<LeaderResponse>((done) => elections.leader({ name }, done)).answer).kv?.value),
      "one, still",
    );
    await until("the proclamation", async () => (seen.includes("one, still") ? true : undefined));
    const second = campaign("e", two, "two");
    await ask<ResignResponse>((done) => elections.resign({ leader }, done)).answer;
    await second.answer;
    await until("the new leader", async () => (seen.includes("two") ? true : undefined));
    assert.deepEqual(seen, ["one", "one, still", "two"]);
    observer.cancel();
    const old = ask<ProclaimResponse>((done) => elections.proclaim({ leader, value: bytes("x") }, done)).answer;
    await assert.rejects(old, { details: "election: not leader" });
    const missing = { leader: undefined as LeaderKey | undefined, value: bytes("x") };
    await assert.rejects(
      ask<ProclaimResponse>((done) => elections.proclaim(missing, done)).answer,
      /"leader" field must be provided/,
    );
  });
});
