/** People: they edit the spec at any moment, well or badly, and ask for restores and rebalances. */
import { ERROR_CODES, OperationError } from "../../../controller/model/errors.ts";
import { clusterKey } from "../../../controller/model/ids.ts";
import type { Asker } from "../../../controller/model/operation.ts";
import type { DesiredSpec } from "../world/spec-user.ts";
import type { Fault, Scene } from "./fault.ts";

/** Whoever asks here. */
export const PERSON: Asker = { via: "API", user: null };

/** Who asks it of a cluster that goes is told so. */
export function unlessDeleted(error: unknown): void {
  if (!(error instanceof OperationError) || error.code !== ERROR_CODES.NOT_FOUND) throw error;
}

const BROKEN = [
  "spec: [",
  "apiVersion: jupytercluster.dev/v1alpha1\nkind: JupyterCluster\nmetadata: {name: lab-0}\nspec: {replicas: -1}",
  "",
] as const;

function edit(scene: Scene, change: (desiredSpec: DesiredSpec) => Partial<DesiredSpec>): string {
  const { world, rng } = scene;
  const cluster = rng.pick(world.user.names());
  const desiredSpec = world.user.desiredSpec(cluster);
  const changes = change(desiredSpec);
  world.user.write({ ...desiredSpec, ...changes });
  world.trace.add("user", "edits", cluster, JSON.stringify(changes));
  world.read();
  return cluster;
}

export const PEOPLE_FAULTS: readonly Fault[] = [
  {
    kind: "edit: replicas",
    weight: 3,
    strike: (scene) => edit(scene, () => ({ replicas: scene.rng.pick([1, 3, 3, 4, 5]) })),
  },
  {
    kind: "edit: template",
    weight: 3,
    strike: (scene) =>
      edit(scene, ({ jupyterPort }) =>
        scene.rng.chance(0.5)
          ? { image: `image:${scene.rng.integer(1, 3)}` }
          : { jupyterPort: jupyterPort === 8888 ? 8889 : 8888 },
      ),
  },
  {
    kind: "edit: policies",
    weight: 1,
    strike: (scene) =>
      edit(scene, () => ({
        recovery: scene.rng.pick(["Automatic", "Automatic", "Manual"] as const),
        updateStrategy: scene.rng.pick(["RollingUpdate", "OnDelete"] as const),
        standby: scene.rng.pick(["warm", "cold"] as const),
      })),
  },
  {
    kind: "edit: suspend",
    weight: 1,
    strike: (scene) => {
      const cluster = edit(scene, () => ({ suspend: true }));
      scene.undoLater(scene.rng.integer(1_000, 40_000), () => resume(scene, cluster));
      return cluster;
    },
  },
  {
    kind: "edit: broken",
    weight: 2,
    strike: (scene) => {
      const { world, rng } = scene;
      const cluster = rng.pick(world.user.names());
      world.user.breakFile(cluster, rng.pick(BROKEN));
      world.read();
      scene.undoLater(rng.integer(1_000, 30_000), () => repair(scene, cluster));
      return cluster;
    },
  },
  {
    kind: "edit: file removed",
    weight: 1,
    strike: (scene) => {
      const { world, rng } = scene;
      const cluster = rng.pick(world.user.names());
      world.user.deleteFile(cluster);
      world.read();
      // A cluster that is deleted, and comes back, begins anew on what is left of its data.
      if (world.user.desiredSpec(cluster).deletionPolicy === "Delete")
        scene.writers.get(cluster)?.excuse(() => true);
      scene.undoLater(rng.integer(1_000, 30_000), () => repair(scene, cluster));
      return cluster;
    },
  },
  {
    kind: "restore asked for",
    weight: 1,
    strike: (scene) => {
      const { world, rng, checker } = scene;
      const { controller } = world;
      const cluster = rng.pick(world.user.names());
      const key = clusterKey({ namespace: "default", name: cluster });
      const memory = controller?.loop.remembered().get(key);
      if (controller === null || memory === undefined) return null;
      const snapshot = rng.pick([...world.shelf.known(key), null]);
      world.trace.add("user", "restore", cluster, snapshot?.id ?? "nothing");
      checker.personRestores(cluster, snapshot === null ? "nothing" : "snapshot");
      const request =
        snapshot === null
          ? ({ from: "nothing" } as const)
          : ({ from: "snapshot", snapshot } as const);
      void controller.loop.requestRestore(key, request, PERSON).catch(unlessDeleted);
      return cluster;
    },
  },
  {
    kind: "edit: spare",
    weight: 1,
    strike: (scene) => edit(scene, ({ spare }) => ({ spare: !spare })),
  },
  {
    kind: "rebalance asked for",
    weight: 2,
    strike: ({ world, rng }) => {
      const { controller } = world;
      const cluster = rng.pick(world.user.names());
      const key = clusterKey({ namespace: "default", name: cluster });
      if (controller === null || !controller.loop.remembered().has(key)) return null;
      const action = rng.pick(["start", "start", "start", "preview", "cancel"] as const);
      world.trace.add("user", "rebalance", cluster, action);
      void controller.loop.requestRebalance(key, action, PERSON).catch(unlessDeleted);
      return cluster;
    },
  },
];

function resume({ world }: Scene, cluster: string): void {
  world.user.write({ ...world.user.desiredSpec(cluster), suspend: false });
  world.read();
}

/** The last good text is put back. */
function repair({ world }: Scene, cluster: string): void {
  world.user.write(world.user.desiredSpec(cluster));
  world.read();
}
