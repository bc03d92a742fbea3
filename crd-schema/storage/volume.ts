import type { StorageType } from "./storage-type.ts";

/** A Docker volume, made when it does not exist: shared by the nodes of one host. */
export const volume: StorageType<"volumeName"> = {
  fields: {
    volumeName: { whenLeftOut: ({ namespace, name }) => `${namespace}-${name}-shared` },
  },
  parameters: ({ volumeName, mountPath }) => [
    { key: "volume", value: `${volumeName}:${mountPath}` },
  ],
  dockerVolumes: ({ volumeName }) => [volumeName],
};
