/** What of a cluster's volumes and network is on this machine's Docker Engine, and whose it is. */
import type Docker from "dockerode";
import { storageVolumes } from "../../crd-schema/storage/table.ts";
import type { ClusterSpec, CompiledCluster } from "../../crd-schema/spec.ts";
import type { Holding } from "../model/holdings.ts";
import { dataVolumePrefix } from "../model/ids.ts";
import { networkOwner } from "./networks.ts";
import { listVolumesNamed, type OwnedVolume } from "./volumes.ts";

export type HoldingsWanted = Pick<CompiledCluster, "metadata"> & {
  readonly spec: Pick<ClusterSpec, "network" | "storage">;
};

/** What is not there is left out. Data volumes of all slots that ever were, in their order. */
export async function observeHoldings(
  docker: Docker,
  { metadata, spec }: HoldingsWanted,
): Promise<readonly Holding[]> {
  const shared = storageVolumes(spec.storage.shared);
  const [network, data, ...named] = await Promise.all([
    networkOwner(docker, spec.network.name),
    listVolumesNamed(docker, dataVolumePrefix(metadata)),
    ...shared.map((name) => listVolumesNamed(docker, name)),
  ]);
  const { name } = spec.network;
  return [
    ...dataHoldings(data, dataVolumePrefix(metadata)),
    ...named
      .flat()
      .filter((volume) => shared.includes(volume.name))
      .map((volume) => ({ kind: "shared", ...volume }) as const),
    ...(network === "absent" ? [] : [{ kind: "network", name, owner: network } as const]),
  ];
}

function dataHoldings(volumes: readonly OwnedVolume[], prefix: string): readonly Holding[] {
  return volumes
    .flatMap(({ name, owner }) => {
      const slot = name.startsWith(prefix) ? name.slice(prefix.length) : "";
      return /^\d+$/.test(slot) ? [{ kind: "data", slot: Number(slot), name, owner } as const] : [];
    })
    .toSorted((a, b) => a.slot - b.slot);
}
