import { directoryProblem, type DirectoryRules } from "../values/own-directory.ts";
import type { StorageType } from "./storage-type.ts";

/** Of the host: every node may write to the shared directory. */
const DIRECTORIES: DirectoryRules = {
  within: [
    "/bin",
    "/boot",
    "/dev",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/root",
    "/run",
    "/sbin",
    "/sys",
    "/usr",
    "/var/run",
  ],
  exactly: ["/home", "/opt", "/tmp", "/var", "/var/lib", "/var/lib/docker"],
  example: "/srv/jupyter",
};

/** A directory of the host, or a file system that every host has mounted at the same path. */
export const hostPath: StorageType<"hostPath" | "requireMount"> = {
  fields: {
    hostPath: {
      needed: `the directory of the hosts, such as ${DIRECTORIES.example}`,
      problem: (path) => directoryProblem(path, DIRECTORIES),
    },
    requireMount: { whenLeftOut: () => false, mayChange: true },
  },
  // What the host mounts there later, or again, is to be seen in the nodes too.
  parameters: ({ hostPath: path, mountPath, requireMount }) => [
    { key: "volume", value: `${path}:${mountPath}${requireMount ? ":rslave" : ""}` },
  ],
  dockerVolumes: () => [],
  requiresMount: ({ requireMount }) => requireMount,
};
