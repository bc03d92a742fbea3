/** What a cluster goes through while its controller is made to die at every point of it. */
import { liveMembers, quorumOf } from "../check/ground-truth.ts";
import type { Container } from "../mesos/docker-host.ts";
import type { DesiredSpec } from "../world/spec-user.ts";
import type { World } from "../world/world.ts";

export interface Scenario {
  readonly name: string;
  readonly replicas: number;
  /** Null: the cluster's own formation is the scenario. */
  readonly begin: ((world: World) => void) | null;
}

export const CLUSTER = "lab";

export const SCENARIOS: readonly Scenario[] = [
  { name: "formation", replicas: 3, begin: null },
  { name: "a follower is killed", replicas: 3, begin: (world) => kill(world, follower(world)) },
  { name: "the leader is killed", replicas: 3, begin: (world) => kill(world, leader(world)) },
  {
    name: "a follower's data is lost",
    replicas: 3,
    begin: (world) => lose(world, follower(world)),
  },
  { name: "3 grow to 5", replicas: 3, begin: (world) => edit(world, { replicas: 5 }) },
  { name: "3 shrink to 1", replicas: 3, begin: (world) => edit(world, { replicas: 1 }) },
  { name: "a new image", replicas: 3, begin: (world) => edit(world, { image: "image:2" }) },
  {
    name: "all are killed",
    replicas: 3,
    begin: (world) => nodes(world).forEach((node) => kill(world, node)),
  },
  {
    name: "the data of two is lost",
    replicas: 3,
    begin: (world) => {
      const survivor = follower(world);
      for (const node of nodes(world)) if (node !== survivor) lose(world, node);
    },
  },
  {
    name: "all data is lost",
    replicas: 3,
    begin: (world) => nodes(world).forEach((node) => lose(world, node)),
  },
];

export function scenarioOf(name: string): Scenario {
  const scenario = SCENARIOS.find((p) => p.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario ${name}`);
  return scenario;
}

function nodes(world: World): readonly Container[] {
  return world.containers().filter((c) => c.running);
}

function leader(world: World): Container {
  const quorum = quorumOf(world, liveMembers(world, CLUSTER));
  if (quorum === null) throw new Error("the scenario begins without a quorum");
  return quorum.leader.container;
}

function follower(world: World): Container {
  const first = leader(world);
  const found = nodes(world).find((node) => node !== first);
  if (found === undefined) throw new Error("the scenario begins without a follower");
  return found;
}

function kill(world: World, node: Container): void {
  world.hosts.find((h) => h.name === node.hostname)?.kill(node, "killed");
}

function lose(world: World, node: Container): void {
  kill(world, node);
  node.volume.lose();
}

function edit(world: World, change: Partial<DesiredSpec>): void {
  world.user.write({ ...world.user.desiredSpec(CLUSTER), ...change });
  world.read();
}
