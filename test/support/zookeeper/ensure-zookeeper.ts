/** Debian's ZooKeeper on this machine: the one that is there, else it is installed (root only). */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

const run = promisify(execFile);
const PACKAGES = ["libzookeeper-java", "default-jre-headless"];
/** Its manifest names the jars that it needs. */
export const ZOOKEEPER_JAR = "/usr/share/java/zookeeper.jar";
export const JAVA = "/usr/bin/java";
const INSTALL_MS_MAX = 4 * 60_000;

/** @throws Error saying what to install when that cannot be done here */
export async function ensureZooKeeper(): Promise<void> {
  if (existsSync(ZOOKEEPER_JAR) && existsSync(JAVA)) return;
  const install = ["install", "-y", "--no-install-recommends", ...PACKAGES];
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error(`ZooKeeper is needed for this test: sudo apt-get ${install.join(" ")}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const options = { env, timeout: INSTALL_MS_MAX };
  await run("apt-get", ["-q", "update"], options);
  await run("apt-get", ["-q", "-o", "DPkg::Lock::Timeout=120", ...install], options);
}
