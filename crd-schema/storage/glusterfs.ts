import {
  FUSE_PARAMETERS,
  HOST,
  hostProblem,
  NUMBER,
  type OptionRules,
  optionsProblem,
} from "./node-mount.ts";
import type { StorageType } from "./storage-type.ts";

const ON_OR_OFF = /^(on|off)$/;

/** Those of mount.glusterfs(8) that change how files are read and cached; no file and no program. */
export const GLUSTERFS_OPTIONS: OptionRules = {
  acl: null,
  "attribute-timeout": NUMBER,
  "background-qlen": NUMBER,
  "congestion-threshold": NUMBER,
  "direct-io-mode": /^(enable|disable|auto)$/,
  "entry-timeout": NUMBER,
  "event-history": ON_OR_OFF,
  "fopen-keep-cache": ON_OR_OFF,
  "invalidate-limit": NUMBER,
  "lru-limit": NUMBER,
  "negative-timeout": NUMBER,
  "reader-thread-count": NUMBER,
  "use-readdirp": /^(yes|no)$/,
};

/** A volume of GlusterFS, mounted in every node by its agent through FUSE. */
export const glusterfs: StorageType<"servers" | "volume" | "options"> = {
  fields: {
    servers: {
      needed: "names or addresses of its servers, such as [gluster1.example.org]",
      problem: (servers) => hostProblem(servers.find((server) => !HOST.test(server)) ?? "ok"),
      mayChange: true,
    },
    volume: { needed: "the name of the volume, such as jupyter" },
    options: {
      whenLeftOut: () => [],
      problem: (options) => optionsProblem(options, GLUSTERFS_OPTIONS),
      mayChange: true,
    },
  },
  parameters: () => FUSE_PARAMETERS,
  dockerVolumes: () => [],
  nodeMount: ({ servers, volume, options }) => ({ type: "glusterfs", servers, volume, options }),
};
