/** GlusterFS's own client: how it is started, and what it means by its last words. Pure. */
import type { NodeMount } from "../../../crd-schema/storage/node-mount.ts";
import type { Command } from "../ports/processes.ts";
import type { Fault } from "./mount-keeper.ts";
import { mayNotMount } from "./mount-place.ts";

export type GlusterfsVolume = Extract<NodeMount, { type: "glusterfs" }>;

/**
 * In the foreground, and so our child: its end is known at once. mount.glusterfs(8) would put it into
 * the background and lose it.
 */
export function clientCommand(
  { servers, volume, options }: GlusterfsVolume,
  directory: string,
): Command {
  return {
    file: "/usr/sbin/glusterfs",
    args: [
      "--no-daemon",
      "--log-file=-",
      // Below this it does not say that no server answered.
      "--log-level=INFO",
      "--process-name=fuse",
      "--fuse-mountopts=rw,nosuid,nodev",
      ...options.map((option) => `--${option}`),
      ...servers.map((server) => `--volfile-server=${server}`),
      `--volfile-id=${volume}`,
      directory,
    ],
    env: { PATH: "/usr/sbin:/usr/bin", LANG: "C.UTF-8" },
    cwd: "/",
    owner: null,
  };
}

/** The text of a line of its log that tells an error; null: another line. */
export function errorIn(line: string): string | null {
  return /^\[[^\]]*\] [EC] (?:\[MSGID: \d+\] )?\[[^\]]*\] (.*)$/.exec(line)?.[1] ?? null;
}

/**
 * Whether it says so that the volume can be used. The mount is in the kernel's table before a server has
 * answered, and whoever looks at it then hangs.
 */
export function isServing(line: string): boolean {
  return line.includes("0-fuse: switched to graph");
}

/** @param lines of its log, the last ones; it has ended without having mounted anything */
export function whyNotMounted(
  lines: readonly string[],
  { servers, volume }: GlusterfsVolume,
): Fault {
  const text = lines.join("\n");
  const where = servers.join(", ");
  const noFuse = /cannot open \/dev\/fuse \(([^)]*)\)/.exec(text)?.[1];
  if (noFuse !== undefined) {
    const message = `the container may not use /dev/fuse, which the Mesos agent's Docker must give it (${noFuse})`;
    return { fault: "MountNotAllowed", message };
  }
  const notPermitted = /mount[^\n]*(Operation not permitted|Permission denied)/.exec(text)?.[0];
  if (notPermitted !== undefined) {
    return { fault: "MountNotAllowed", message: mayNotMount(notPermitted) };
  }
  if (text.includes("failed to fetch volume file")) {
    const message = `the GlusterFS servers (${where}) have no volume ${volume}, or do not give it to this node`;
    return { fault: "VolumeNotFound", message };
  }
  const unknown = [...text.matchAll(/DNS resolution failed on host (\S+)/g)].map(([, h]) => h);
  if (unknown.length > 0 || text.includes("Exhausted all volfile servers")) {
    const names = [...new Set(unknown)].join(", ");
    const because = names === "" ? "" : `: no address is known of ${names}`;
    return {
      fault: "ServersUnreachable",
      message: `no GlusterFS server of ${where} answers${because}`,
    };
  }
  const last = lines.findLast((line) => errorIn(line) !== null);
  const why = last === undefined ? "" : `: ${errorIn(last)}`;
  return { fault: "NotMounted", message: `the GlusterFS client has ended${why}` };
}
