/** What can befall a site, and how it is taken back: for tests, and for a person at the keyboard. */
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

export interface Command {
  readonly name: string;
  /** `HOST`: one of the hosts that run tasks. */
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
  onSite("kill-controller", "kill -9", (site) => site.controller.end("SIGKILL")),
  onSite("start-controller", "it is started on the same state directory", (site) =>
    site.controller.start(),
  ),
  onSite("pause-controller", "kill -STOP", async (site) => site.controller.pause()),
  onSite("resume-controller", "kill -CONT", async (site) => site.controller.resume()),
];

function onHost(name: string, what: string, run: Command["run"]): Command {
  return { name, wants: "HOST", what, run };
}

function onSite(name: string, what: string, run: (site: Site) => Promise<unknown>): Command {
  return { name, wants: null, what, run: (site) => run(site) };
}
