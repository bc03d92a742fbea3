/**
 * Data roots of Docker engines that have the images already. One is filled once and kept for later
 * runs; the others share its layers by hard links, which no engine ever writes to: a container that
 * changes a file gets a copy of its own.
 */
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import Docker from "dockerode";
import { followProgress } from "../../../controller/docker/progress.ts";
import { run } from "./command.ts";
import { HostEngine } from "./engine.ts";
import { SiteHost } from "./host.ts";
import type { SiteNetwork } from "./network.ts";
import { SiteRecord } from "./record.ts";

const LAYERS = "overlay2";
const UNUSED_MS_MAX = 24 * 3600 * 1000;
const LOAD_MS_MAX = 5 * 60_000;
/** Of the host on which it is filled. */
const NUMBER = 250;

/**
 * @param images references on this machine's engine
 * @returns a directory to be copied by {@link copyDataRoot}
 */
export async function filledDataRoot(
  images: readonly string[],
  network: SiteNetwork,
  record: SiteRecord,
): Promise<string> {
  const docker = new Docker();
  const ids = await Promise.all(
    images.map(async (ref) => (await docker.getImage(ref).inspect()).Id),
  );
  const key = createHash("sha256").update(ids.toSorted().join()).digest("hex").slice(0, 16);
  const path = join(SiteRecord.cache, key);
  await removeUnused();
  if (!existsSync(path)) await fill(path, images, network, record);
  await utimes(path, new Date(), new Date());
  return path;
}

/** Milliseconds are spent on the layers' links, not on their bytes. */
export async function copyDataRoot(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await run("cp", "--archive", "--link", join(from, LAYERS), to);
  const rest = (await readdir(from)).filter((name) => name !== LAYERS);
  await run("cp", "--archive", "--reflink=auto", ...rest.map((name) => join(from, name)), to);
}

async function fill(
  path: string,
  images: readonly string[],
  network: SiteNetwork,
  record: SiteRecord,
): Promise<void> {
  const host = new SiteHost("filler", NUMBER, network, record);
  const dataRoot = join(host.dir, "docker");
  const { cgroup } = record;
  const engine = new HostEngine(host, { dataRoot, cgroup, clients: [] });
  host.addService(() => engine.start());
  await host.powerOn();
  try {
    for (const image of images) {
      const saved = await new Docker().getImage(image).get();
      await followProgress(await engine.docker.loadImage(saved), { silenceMsMax: LOAD_MS_MAX });
    }
    await engine.stop();
  } finally {
    await host.powerOff();
  }
  // Its own is the engine's that will run on a copy.
  await rm(join(dataRoot, "engine-id"), { force: true });
  await rm(path, { recursive: true, force: true });
  await rename(dataRoot, path);
}

/** What runs has links of its own to the layers. */
async function removeUnused(): Promise<void> {
  for (const name of await readdir(SiteRecord.cache)) {
    const path = join(SiteRecord.cache, name);
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > UNUSED_MS_MAX) await rm(path, { recursive: true, force: true });
  }
}
