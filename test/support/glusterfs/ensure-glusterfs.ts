/** Debian's GlusterFS server on this machine: the one that is there, else it is installed (root only). */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);
const PACKAGES = ["glusterfs-server"];
const NEEDED = ["/usr/sbin/glusterd", "/usr/sbin/gluster", "/etc/glusterfs/glusterd.vol"];
const INSTALL_MS_MAX = 4 * 60_000;

/** @throws Error saying what to install when that cannot be done here */
export async function ensureGlusterfs(): Promise<void> {
  if (NEEDED.every((file) => existsSync(file))) return;
  const install = ["install", "-y", "--no-install-recommends", ...PACKAGES];
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error(`GlusterFS is needed for this test: sudo apt-get ${install.join(" ")}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { env, timeout: INSTALL_MS_MAX };
  await run("apt-get", ["-q", "update"], options);
  await run("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=120", ...install], options);
}
