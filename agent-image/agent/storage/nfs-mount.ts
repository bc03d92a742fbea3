/** A directory of an NFS server, mounted by the host's kernel within the container. */
import type { NodeMount } from "../../../crd-schema/storage/node-mount.ts";
import { messageOf } from "../../../controller/model/errors.ts";
import type { AgentPorts } from "../ports/ports.ts";
import { type Processes, StillRunning } from "../ports/processes.ts";
import { LASTING_MS, LastingErrors, whatFollows } from "./lasting-errors.ts";
import { explainAny, type Fault, isDead, type MountKeeper } from "./mount-keeper.ts";
import type { MountPlace } from "./mount-place.ts";
import type { ProbeFailure } from "./mount-probe.ts";

export type NfsExport = Extract<NodeMount, { type: "nfs" }>;

const NFS_TYPE = "nfs4";
const LOOKUP_MS_MAX = 5_000;
const MOUNT_MS_MAX = 20_000;

export interface NfsMountOptions extends Pick<AgentPorts, "clock" | "log"> {
  readonly share: NfsExport;
  readonly mountPath: string;
  readonly place: MountPlace;
  readonly processes: Pick<Processes, "run">;
}

export class NfsMount implements MountKeeper {
  readonly isAwaited = true;
  readonly probeEveryMs = 5_000;
  readonly retryMs = 1_000;
  mounts = 0;
  private stopping = false;
  private readonly lasting: LastingErrors;

  constructor(private readonly options: NfsMountOptions) {
    this.lasting = new LastingErrors(options.clock);
  }

  async ensure(): Promise<Fault | null> {
    const { place, processes, share, mountPath } = this.options;
    if (this.stopping) return { fault: "NotMounted", message: "the node is being stopped" };
    // What is no file system of that server's is none of ours.
    if ((await place.mounted())?.fsType === NFS_TYPE) return null;
    const fault = await place.clear();
    if (fault !== null) return fault;
    const address = await this.address();
    if (address === null) {
      const message = `no address is known of the NFS server ${share.server}`;
      return { fault: "ServersUnreachable", message };
    }
    const args = mountArguments(share, address, mountPath);
    try {
      await processes.run("/usr/bin/mount", args, { timeoutMs: MOUNT_MS_MAX });
    } catch (error) {
      if (!(error instanceof StillRunning)) return whyNotMounted(messageOf(error), share);
      const message = `the NFS server ${share.server} has not answered within ${MOUNT_MS_MAX / 1_000} s`;
      return { fault: "ServersUnreachable", message };
    }
    this.mounts += 1;
    return null;
  }

  /** A server that is away is waited for, by whoever looks too: that is what `hard` means. */
  async explain(failure: ProbeFailure): Promise<Fault> {
    const { mountPath, place, log } = this.options;
    const { fault, message } = explainAny(mountPath, failure);
    // Of a dead one the files have become others: nothing of what is mounted will work again.
    const dueInMs = this.lasting.dueInMs(failure, isDead(failure) ? 0 : LASTING_MS);
    if (dueInMs === 0) {
      log.warn({ error: message }, "NFS mount is of no use any more and is ended");
      await place.unmountAll();
    }
    return { fault, message: `${message}${whatFollows(dueInMs)}` };
  }

  works(): void {
    this.lasting.over();
  }

  async stop(): Promise<void> {
    this.stopping = true;
    await this.options.place.unmountAll();
  }

  /** The kernel looks no names up. Null: there is none. */
  private async address(): Promise<string | null> {
    const { share, processes } = this.options;
    try {
      const options = { timeoutMs: LOOKUP_MS_MAX };
      const text = await processes.run("/usr/bin/getent", ["ahostsv4", share.server], options);
      return /^(\d{1,3}(?:\.\d{1,3}){3})\s/.exec(text)?.[1] ?? null;
    } catch {
      // getent says nothing more than that there is none.
      return null;
    }
  }
}

/** Without mount.nfs(8): of version 4 the kernel needs nothing but the address. */
export function mountArguments(
  { server, path, options }: NfsExport,
  address: string,
  mountPath: string,
): readonly string[] {
  const version = options.some((option) => option.startsWith("vers=")) ? [] : ["vers=4.2"];
  const all = ["rw", "nosuid", "nodev", ...version, ...options, `addr=${address}`];
  return ["--internal-only", "-t", NFS_TYPE, "-o", all.join(","), `${server}:${path}`, mountPath];
}

/** @param said by mount(8) */
export function whyNotMounted(said: string, { server, path }: NfsExport): Fault {
  if (/unknown filesystem type/.test(said)) {
    const message =
      "the kernel of the host has no NFS client (`modprobe nfsv4` there, or another type of storage)";
    return { fault: "MountNotSupported", message };
  }
  if (/timed out|refused|No route to host|unreachable|Host is down/i.test(said)) {
    return {
      fault: "ServersUnreachable",
      message: `the NFS server ${server} does not answer: ${said}`,
    };
  }
  if (/No such file or directory|does not exist|denied|not permitted/i.test(said)) {
    const message = `the NFS server ${server} has no ${path}, or does not give it to this host: ${said}`;
    return { fault: "VolumeNotFound", message };
  }
  return { fault: "NotMounted", message: `${server}:${path} cannot be mounted: ${said}` };
}
