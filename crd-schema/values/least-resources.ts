/** No node of any spec has less: cores (the schema's minimum), MiB, MiB. */
export const LEAST_RESOURCES = { cpus: 0.01, memoryMiB: 256, diskMiB: 256 } as const;
