/** A site's GlusterFS: three servers on hosts of their own, a brick each, which all hold all files. */
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { ensureGlusterfs } from "../../support/glusterfs/ensure-glusterfs.ts";
import { createVolume, restartBricks } from "../../support/glusterfs/volume.ts";
import { until } from "../../support/poll.ts";
import type { SiteHost } from "../machine/host.ts";

export const VOLUME = "site";
/** Of the volume: after so long a silence a brick is given up, and writes go on without it. */
const PING_SECONDS = 5;
/** Where glusterd keeps what it knows, and its logs: every host's own. */
const OWN = ["/var/lib/glusterd", "/var/log/glusterfs"];
const HEAL_MS_MAX = 120_000;

export class SiteBricks {
  private constructor(readonly hosts: readonly SiteHost[]) {}

  /** Resolves when the volume can be mounted. */
  static async start(hosts: readonly SiteHost[]): Promise<SiteBricks> {
    await ensureGlusterfs();
    const bricks = new SiteBricks(hosts);
    for (const host of hosts) host.addService(() => startServer(host));
    await Promise.all(hosts.map((host) => host.powerOn()));
    await createVolume((argv) => bricks.gluster(argv), {
      ...{ name: VOLUME, servers: bricks.servers, pingSeconds: PING_SECONDS },
      directory: BRICKS,
    });
    return bricks;
  }

  /** As `storage.shared.servers` takes them. */
  get servers(): readonly string[] {
    return this.hosts.map(({ ip }) => ip);
  }

  /** SIGKILL to the brick's process; glusterd goes on. */
  async kill(host: SiteHost): Promise<void> {
    await host.run("pkill", "-KILL", "-x", "glusterfsd");
  }

  /** Those that were killed. */
  async restart(): Promise<void> {
    await restartBricks((argv) => this.gluster(argv), VOLUME);
  }

  /** Every brick has caught up: for none is there anything that it lacks. */
  async untilHealed(): Promise<void> {
    const ask = async () => {
      const said = await this.gluster(["gluster", "--mode=script", "--timeout=10", ...SUMMARY]);
      const left = [...said.matchAll(/^Total Number of entries: (.*)$/gm)].map(([, n]) => n);
      return left.length === this.hosts.length && left.every((n) => n === "0");
    };
    await until("all bricks have caught up", ask, HEAL_MS_MAX);
  }

  /** What each brick holds of a file of the volume. */
  copies(file: string): Promise<string[]> {
    const read = ({ dir }: SiteHost) => readFile(join(dir, "bricks", VOLUME, file), "utf8");
    return Promise.all(this.hosts.map(read));
  }

  /** On the first one that is on. */
  private gluster(argv: readonly string[]): Promise<string> {
    const [program = "", ...args] = argv;
    const host = this.hosts.find(({ isOn }) => isOn);
    if (host === undefined) return Promise.reject(new Error("no server of GlusterFS is on"));
    return host.run(program, ...args);
  }
}

/** The same path on all of them, behind which each has its own disk. */
const BRICKS = "/run/bricks";
const SUMMARY = ["volume", "heal", VOLUME, "info", "summary"];

async function startServer(host: SiteHost): Promise<void> {
  for (const place of OWN) {
    const own = join(host.dir, place);
    await mkdir(own, { recursive: true });
    await host.run("mount", "--bind", own, place);
  }
  await mkdir(join(host.dir, "bricks"), { recursive: true });
  await host.run("mkdir", "-p", BRICKS, "/run/gluster");
  await host.run("mount", "--bind", join(host.dir, "bricks"), BRICKS);
  await host.spawn("glusterd", ["glusterd", "--no-daemon"]);
}
