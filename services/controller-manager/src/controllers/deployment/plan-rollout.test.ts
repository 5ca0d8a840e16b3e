import assert from "node:assert/strict";
import { createPrng } from "@drydock/base";
import type { IntOrString } from "@drydock/kube-api";
import { conditionOf } from "./conditions.ts";
import { resolveFenceposts } from "./fenceposts.ts";
import { imageOf, RolloutSimulation } from "./rollout-simulation.ts";
import { sizeOf } from "./rollout-view.ts";

function simulate(options: Partial<ConstructorParameters<typeof RolloutSimulation>[0]> = {}, seed = 1) {
  const defaults = { replicas: 4, maxSurge: "25%", maxUnavailable: "25%", prng: createPrng(seed) };
  const simulation = new RolloutSimulation({ ...defaults, ...options });
  simulation.setImage("v1");
  simulation.run();
  return simulation;
}

const sizes = (simulation: RolloutSimulation) =>
  Object.fromEntries(simulation.sets.map((set) => [imageOf(set), sizeOf(set)]));

const REVISION = "deployment.kubernetes.io/revision";

describe("resolveFenceposts", () => {
  const table: { replicas: number; surge: IntOrString; unavailable: IntOrString; expected: [number, number] }[] = [
    { replicas: 3, surge: "25%", unavailable: "25%", expected: [1, 0] },
    { replicas: 10, surge: "25%", unavailable: "25%", expected: [3, 2] },
    { replicas: 5, surge: 0, unavailable: 0, expected: [0, 1] },
    { replicas: 1, surge: 0, unavailable: "10%", expected: [0, 1] },
    { replicas: 2, surge: 0, unavailable: 7, expected: [0, 2] },
    { replicas: 0, surge: "25%", unavailable: "25%", expected: [0, 0] },
  ];
  for (const { replicas, surge, unavailable, expected } of table) {
    it(`${replicas} replicas, surge ${surge}, unavailable ${unavailable}: ${expected}`, () => {
      const { deployment } = new RolloutSimulation({
        replicas,
        maxSurge: surge,
        maxUnavailable: unavailable,
        prng: createPrng(1),
      });
      const { maxSurge, maxUnavailable } = resolveFenceposts(deployment);
      assert.deepEqual([maxSurge, maxUnavailable], expected);
    });
  }
});

describe("planRollout", () => {
  it("never breaks maxSurge or maxUnavailable, and gets there, whatever the speed of the pods", () => {
    const settings: [number, IntOrString, IntOrString][] = [
      [3, "25%", "25%"],
      [10, "25%", "25%"],
      [10, 0, 1],
      [10, 1, 0],
      [1, "25%", "25%"],
      [7, "100%", "50%"],
      [5, 0, 0],
    ];
    for (const [replicas, maxSurge, maxUnavailable] of settings) {
      for (let seed = 1; seed <= 20; seed++) {
        const simulation = simulate({ replicas, maxSurge, maxUnavailable }, seed);
        const fence = resolveFenceposts(simulation.deployment);
        simulation.setImage("v2");
        simulation.run(() => {
          const where = `replicas=${replicas} surge=${maxSurge} unavailable=${maxUnavailable} seed=${seed}`;
          assert.ok(simulation.total <= replicas + fence.maxSurge, `${simulation.total} replicas: ${where}`);
          assert.ok(simulation.available >= replicas - fence.maxUnavailable, `${simulation.available} left: ${where}`);
        });
        assert.deepEqual(sizes(simulation), { v1: 0, v2: replicas });
      }
    }
  });

  it("reports completion", () => {
    const { deployment } = simulate();
    assert.deepEqual(deployment.status?.updatedReplicas, 4);
    const progressing = conditionOf(deployment.status?.conditions, "Progressing");
    assert.equal(progressing?.reason, "NewReplicaSetAvailable");
    assert.match(progressing?.message ?? "", /^ReplicaSet "web-\w+" has successfully progressed\.$/);
    assert.equal(conditionOf(deployment.status?.conditions, "Available")?.status, "True");
  });

  it("stalls on a broken image with enough pods serving, and undoing heals it under a new revision", () => {
    const simulation = simulate({ brokenImages: ["bad"] });
    simulation.setImage("bad");
    simulation.run(() => assert.ok(simulation.available >= 3));
    assert.deepEqual(sizes(simulation), { v1: 3, bad: 2 });
    simulation.setImage("v1");
    simulation.run(() => assert.ok(simulation.available >= 3));
    assert.deepEqual(sizes(simulation), { bad: 0, v1: 4 });
    const healed = simulation.sets.find((set) => imageOf(set) === "v1");
    assert.equal(healed?.metadata.annotations?.[REVISION], "3");
    assert.equal(healed?.metadata.annotations?.[`${REVISION}-history`], "1");
  });

  it("counts revisions in 64 bits", () => {
    const simulation = simulate();
    const [first] = simulation.sets;
    assert.ok(first);
    first.metadata.annotations = { ...first.metadata.annotations, [REVISION]: "3546343826724305832" };
    simulation.setImage("next");
    simulation.run();
    const next = simulation.sets.find((set) => imageOf(set) === "next");
    assert.equal(next?.metadata.annotations?.[REVISION], "3546343826724305833");
  });

  it("scales each set in proportion in the middle of a stalled rollout", () => {
    const simulation = simulate({ replicas: 10, maxSurge: 3, maxUnavailable: 2, brokenImages: ["bad"] });
    simulation.setImage("bad");
    simulation.run();
    assert.deepEqual(sizes(simulation), { v1: 8, bad: 5 });
    simulation.edit((spec) => ({ ...spec, replicas: 15 }));
    simulation.step();
    assert.deepEqual(sizes(simulation), { v1: 11, bad: 7 });
  });

  it("while paused scales, but does not roll out", () => {
    const simulation = simulate();
    simulation.edit((spec) => ({ ...spec, paused: true, replicas: 6 }));
    simulation.setImage("v2");
    simulation.run();
    assert.deepEqual(sizes(simulation), { v1: 6 });
    assert.equal(conditionOf(simulation.deployment.status?.conditions, "Progressing")?.reason, "DeploymentPaused");
    simulation.edit((spec) => ({ ...spec, paused: false }));
    simulation.run();
    assert.deepEqual(sizes(simulation), { v1: 0, v2: 6 });
  });

  it("recreates: no new pod while an old one is left", () => {
    const simulation = simulate();
    simulation.edit((spec) => ({ ...spec, strategy: { type: "Recreate" } }));
    simulation.setImage("v2");
    simulation.run(() => {
      const { v1 = 0, v2 = 0 } = sizes(simulation);
      assert.ok(v1 === 0 || v2 === 0);
    });
    assert.deepEqual(sizes(simulation), { v1: 0, v2: 4 });
  });

  it("keeps revisionHistoryLimit old replica sets", () => {
    const simulation = simulate();
    for (const image of ["v2", "v3", "v4", "v5"]) {
      simulation.setImage(image);
      simulation.run();
    }
    assert.deepEqual(sizes(simulation), { v3: 0, v4: 0, v5: 4 });
  });

  it("notices a missed progress deadline", () => {
    const simulation = simulate({ brokenImages: ["bad"] });
    simulation.setImage("bad");
    for (let second = 0; second < 700; second++) {
      simulation.step();
      simulation.live();
    }
    const progressing = conditionOf(simulation.deployment.status?.conditions, "Progressing");
    assert.deepEqual([progressing?.status, progressing?.reason], ["False", "ProgressDeadlineExceeded"]);
    assert.match(progressing?.message ?? "", /has timed out progressing\.$/);
  });
});
