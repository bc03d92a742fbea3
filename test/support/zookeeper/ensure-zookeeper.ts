/** Debian's ZooKeeper on this machine: the one that is there, else it is installed (root only). */
import { existsSync } from "node:fs";
import { installDebianPackages } from "../debian-packages.ts";

const PACKAGES = ["libzookeeper-java", "default-jre-headless"];
/** Its manifest names the jars that it needs. */
export const ZOOKEEPER_JAR = "/usr/share/java/zookeeper.jar";
export const JAVA = "/usr/bin/java";

/** @throws Error saying what to install when that cannot be done here */
export async function ensureZooKeeper(): Promise<void> {
  if (existsSync(ZOOKEEPER_JAR) && existsSync(JAVA)) return;
  await installDebianPackages("ZooKeeper", PACKAGES);
}
