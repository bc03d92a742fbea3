/** Debian's GlusterFS server on this machine: the one that is there, else it is installed (root only). */
import { existsSync } from "node:fs";
import { installDebianPackages } from "../debian-packages.ts";

const NEEDED = ["/usr/sbin/glusterd", "/usr/sbin/gluster", "/etc/glusterfs/glusterd.vol"];

/** @throws Error saying what to install when that cannot be done here */
export async function ensureGlusterfs(): Promise<void> {
  if (NEEDED.every((file) => existsSync(file))) return;
  await installDebianPackages("GlusterFS", ["glusterfs-server"]);
}
