/** What can befall a site, and how it is taken back: for tests, and for a person at the keyboard. */
import { until } from "../support/poll.ts";
import type { SiteController } from "./controller.ts";
import type { SiteHost } from "./machine/host.ts";
import type { Site } from "./site.ts";

/** @returns the host whose master led */
export async function killLeadingMaster(site: Site): Promise<SiteHost> {
  const host = await site.masters.leader();
  await site.masters.killMaster(host);
  return host;
}

/** The first ones: with two of three nobody can be elected, and nothing be asked. */
export async function killZooKeeper(site: Site, count = 2): Promise<void> {
  const servers = site.masters.zookeeper.servers.slice(0, count);
  await Promise.all(servers.map((server) => server.kill()));
}

export async function restartZooKeeper(site: Site, count = 2): Promise<void> {
  const servers = site.masters.zookeeper.servers.slice(0, count);
  await Promise.all(servers.map((server) => server.start()));
}

/** What it runs is reached as before; only the masters do not hear of it. */
export async function cutFromMasters(site: Site, host: SiteHost): Promise<void> {
  await host.cutFrom(site.masters.hosts.map(({ ip }) => ip));
}

export async function mendFromMasters(site: Site, host: SiteHost): Promise<void> {
  await host.mendFrom(site.masters.hosts.map(({ ip }) => ip));
}

/** It goes on hearing all others, and serving; only the store of the controllers is silent. */
export async function cutFromStore(site: Site, host: SiteHost): Promise<void> {
  await host.cutFrom(site.store.addresses);
}

export async function mendFromStore(site: Site, host: SiteHost): Promise<void> {
  await host.mendFrom(site.store.addresses);
}

/** Of those that run and answer, the one that acts, waiting for it. */
export async function actingController(site: Site): Promise<SiteController> {
  return until("a controller acts", async () => {
    for (const controller of site.controllers) {
      if (!controller.isRunning) continue;
      const answer = await controller.status().catch(() => null);
      if (answer?.controller.role === "acting") return controller;
    }
    return null;
  });
}

export async function startControllers(site: Site): Promise<void> {
  const ended = site.controllers.filter(({ isRunning }) => !isRunning);
  await Promise.all(ended.map((controller) => controller.start()));
}

export interface Command {
  readonly name: string;
  /** `HOST`: any machine of the site. */
  readonly wants: "HOST" | null;
  readonly what: string;
  readonly run: (site: Site, host: SiteHost) => Promise<unknown>;
}

/** By the name under which a person calls them. */
export const COMMANDS: readonly Command[] = [
  onHost("off", "its power fails", (_, host) => host.powerOff()),
  onHost("on", "it is switched on again", (_, host) => host.powerOn()),
  onHost("cut", "its cable is pulled", (_, host) => host.cut()),
  onHost("mend", "its cable is put back", (_, host) => host.mend()),
  onHost("cut-masters", "it hears the masters no more, nor they it", cutFromMasters),
  onHost("mend-masters", "they hear one another again", mendFromMasters),
  onSite("kill-master", "the leading master is killed", killLeadingMaster),
  onSite("start-masters", "masters that were killed are started", (site) =>
    site.masters.restartMasters(),
  ),
  onSite("kill-zookeeper", "two of the three ZooKeeper servers are killed", (site) =>
    killZooKeeper(site),
  ),
  onSite("start-zookeeper", "they are started", (site) => restartZooKeeper(site)),
  onSite("kill-controller", "kill -9 to the one that acts", async (site) =>
    (await actingController(site)).end("SIGKILL"),
  ),
  onSite("start-controllers", "those that were killed are started", startControllers),
  onSite("pause-controller", "kill -STOP to the one that acts", async (site) =>
    (await actingController(site)).pause(),
  ),
  onSite("resume-controllers", "kill -CONT to all", async ({ controllers }) => {
    for (const controller of controllers) controller.resume();
  }),
  onHost("cut-store", "it hears the controllers' store no more (--controllers 2)", cutFromStore),
  onHost("mend-store", "they hear one another again", mendFromStore),
  onHost("kill-brick", "its brick's process is killed (--shared glusterfs)", (site, host) =>
    site.bricks.kill(host),
  ),
  onSite("start-bricks", "bricks that were killed are started", ({ bricks }) => bricks.restart()),
];

function onHost(name: string, what: string, run: Command["run"]): Command {
  return { name, wants: "HOST", what, run };
}

function onSite(name: string, what: string, run: (site: Site) => Promise<unknown>): Command {
  return { name, wants: null, what, run: (site) => run(site) };
}
