import assert from "node:assert/strict";
import { FakeClock } from "@drydock/base";
import { QueueSet, type Ticket } from "./queue-set.ts";
import { dealHand, hashFlow } from "./shuffle-sharding.ts";

const QUEUING = { queues: 16, handSize: 4, queueLengthLimit: 10 };
const SERVICE_MS = 20;

const work = (initialSeats: number) => ({ initialSeats, finalSeats: 0, additionalMs: 0 });

/** Requests that each last 20 ms, served by so many seats; what was done is counted by user. */
class Served {
  readonly clock = new FakeClock();
  readonly set: QueueSet<string>;
  readonly done = new Map<string, number>();
  readonly rejected = new Map<string, number>();
  readonly waitedMs = new Map<string, number>();

  constructor(seats: number, queuing: typeof QUEUING | undefined = QUEUING) {
    this.set = new QueueSet(this.clock);
    this.set.configure(queuing);
    this.set.setLimit(seats);
  }

  send(user: string): Ticket<string> | undefined {
    const arrival = this.set.arrive(hashFlow("schema", user), work(1), user);
    if (arrival.kind === "rejected") {
      count(this.rejected, user, 1);
      return undefined;
    }
    const { ticket } = arrival;
    const serve = () => {
      const waited = this.clock.monotonicMs() - ticket.arrivedAtMs;
      this.waitedMs.set(user, Math.max(waited, this.waitedMs.get(user) ?? 0));
      this.clock.setTimer(SERVICE_MS, () => {
        this.set.finish(ticket);
        count(this.done, user, 1);
      });
    };
    if (ticket.state === "executing") serve();
    else ticket.onTurn = serve;
    return ticket;
  }
}

function count(map: Map<string, number>, key: string, add: number): void {
  map.set(key, (map.get(key) ?? 0) + add);
}

describe("QueueSet", () => {
  it("a flood does not keep a trickle waiting", () => {
    const served = new Served(2);
    for (let step = 0; step < 500; step++) {
      for (let burst = 0; burst < 3; burst++) served.send("flood");
      if (step % 6 === 0) served.send("trickle");
      served.clock.advance(5);
    }
    served.clock.advance(10_000);
    assert.ok((served.rejected.get("flood") ?? 0) > 500, "the flood overflows its own queues");
    assert.deepEqual([served.rejected.get("trickle"), served.done.get("trickle")], [undefined, 84]);
    // One request of each of the flood's four queues may come first.
    assert.ok(
      (served.waitedMs.get("trickle") ?? 0) <= QUEUING.handSize * SERVICE_MS,
      `${served.waitedMs.get("trickle")} ms`,
    );
    assert.ok((served.waitedMs.get("flood") ?? 0) > 10 * SERVICE_MS);
  });

  it("two floods get the same", () => {
    const served = new Served(3, { queues: 64, handSize: 1, queueLengthLimit: 10 });
    for (let step = 0; step < 400; step++) {
      for (let burst = 0; burst < 4; burst++) served.send("one");
      for (let burst = 0; burst < 2; burst++) served.send("two");
      served.clock.advance(5);
    }
    const [one = 0, two = 0] = [served.done.get("one"), served.done.get("two")];
    assert.ok(one + two > 280 && Math.abs(one - two) <= 4, `${one} and ${two}`);
  });

  it("what is full turns away, what is withdrawn makes room", () => {
    const served = new Served(1, { queues: 1, handSize: 1, queueLengthLimit: 2 });
    const [running, first, second] = [served.send("a"), served.send("a"), served.send("a")];
    assert.deepEqual([running?.state, first?.state, second?.state], ["executing", "waiting", "waiting"]);
    assert.equal(served.send("a"), undefined);
    assert.ok(second && served.set.withdraw(second) && !served.set.withdraw(second));
    assert.ok(served.send("a"));
    assert.deepEqual([served.set.waiting, served.set.executing], [2, 1]);
    served.clock.advance(1000);
    assert.deepEqual([served.done.get("a"), served.set.isIdle], [3, true]);
  });

  it("without queues nobody waits", () => {
    const served = new Served(2, undefined);
    served.set.configure(undefined);
    assert.deepEqual([!!served.send("a"), !!served.send("b"), !!served.send("c")], [true, true, false]);
    const arrival = served.set.arrive(1, work(1), "d");
    assert.deepEqual(arrival, { kind: "rejected", reason: "concurrency-limit" });
  });

  it("seats that are added are filled, and queues that are too many go when they are empty", () => {
    const served = new Served(1);
    for (let index = 0; index < 8; index++) served.send("a");
    assert.equal(served.set.executing, 1);
    served.set.setLimit(4);
    assert.equal(served.set.executing, 4);
    served.set.configure({ queues: 2, handSize: 1, queueLengthLimit: 10 });
    served.clock.advance(1000);
    assert.deepEqual([served.set.queues.length, served.done.get("a")], [2, 8]);
  });

  it("what needs many seats is not passed for ever by what needs few", () => {
    const clock = new FakeClock();
    const set = new QueueSet<string>(clock);
    set.configure({ queues: 4, handSize: 1, queueLengthLimit: 10 });
    set.setLimit(3);
    const small = set.arrive(0, work(1), "small");
    const wide = set.arrive(1, work(3), "wide");
    clock.advance(1);
    const later = set.arrive(2, work(1), "later");
    assert.ok(small.kind === "accepted" && wide.kind === "accepted" && later.kind === "accepted");
    clock.advance(100);
    assert.deepEqual([wide.ticket.state, later.ticket.state], ["waiting", "executing"]);
    set.finish(small.ticket);
    set.finish(later.ticket);
    assert.equal(wide.ticket.state, "executing");
  });
});

describe("shuffle sharding", () => {
  it("a hand has different queues and is always the same", () => {
    for (let user = 0; user < 200; user++) {
      const hash = hashFlow("schema", `user-${user}`);
      const hand = dealHand(hash, 16, 8);
      assert.equal(new Set(hand).size, 8);
      assert.ok(hand.every((card) => card >= 0 && card < 16));
      assert.deepEqual(dealHand(hash, 16, 8), hand);
    }
  });

  it("hands are spread over all queues", () => {
    const uses = Array.from({ length: 64 }, () => 0);
    for (let user = 0; user < 6400; user++)
      for (const card of dealHand(hashFlow("s", `u${user}`), 64, 6)) uses[card] = (uses[card] ?? 0) + 1;
    // 600 each, give or take six deviations.
    assert.ok(Math.min(...uses) > 450 && Math.max(...uses) < 750, uses.join());
  });

  it("cards are counted among those that are left", () => {
    assert.deepEqual(dealHand(0, 5, 5), [0, 1, 2, 3, 4]);
    assert.deepEqual(dealHand(4 + 5 * 3, 5, 3), [4, 3, 0]);
  });
});
