import { directoryProblem } from "../values/own-directory.ts";
import {
  hostProblem,
  KERNEL_MOUNT_PARAMETERS,
  NUMBER,
  type OptionRules,
  optionsProblem,
} from "./node-mount.ts";
import type { StorageType } from "./storage-type.ts";

/** Of nfs(5). Version 4 alone: it has one port, its locks need no daemon. */
export const NFS_OPTIONS: OptionRules = {
  acregmin: NUMBER,
  acregmax: NUMBER,
  acdirmin: NUMBER,
  acdirmax: NUMBER,
  actimeo: NUMBER,
  hard: null,
  lookupcache: /^(all|none|positive)$/,
  nconnect: NUMBER,
  noac: null,
  noatime: null,
  nodiratime: null,
  port: NUMBER,
  retrans: NUMBER,
  rsize: NUMBER,
  soft: null,
  softerr: null,
  timeo: NUMBER,
  vers: /^(4\.0|4\.1|4\.2)$/,
  wsize: NUMBER,
};

const DIRECTORIES = { within: [], exactly: [], example: "/export/jupyter" };

/** A directory that an NFS server exports, mounted in every node by its agent. */
export const nfs: StorageType<"server" | "path" | "options"> = {
  fields: {
    server: { needed: "the name or address of the server", problem: hostProblem },
    path: {
      needed: `the directory that it exports, such as ${DIRECTORIES.example}`,
      problem: (path) => directoryProblem(path, DIRECTORIES),
    },
    options: {
      whenLeftOut: () => [],
      problem: (options) => optionsProblem(options, NFS_OPTIONS),
      mayChange: true,
    },
  },
  parameters: () => KERNEL_MOUNT_PARAMETERS,
  dockerVolumes: () => [],
  nodeMount: ({ server, path, options }) => ({ type: "nfs", server, path, options }),
};
