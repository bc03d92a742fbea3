/**
 * `npm run site`: brings a small Mesos site up on this machine, with a cluster on it, tells how to
 * look at it and what can be done to it, and takes all of it down on Ctrl-C.
 */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { ensureAgentImage } from "../../agent-image/build/ensure-agent-image.ts";
import { messageOf } from "../../controller/model/errors.ts";
import { silentLog } from "../support/silent-log.ts";
import { COMMANDS } from "./faults.ts";
import { Site } from "./site.ts";

const READY_MS_MAX = 5 * 60_000;
const HOSTS_MAX = 9;

const { values } = parseArgs({
  options: {
    hosts: { type: "string", default: "4" },
    replicas: { type: "string", default: "3" },
    controllers: { type: "string", default: "1" },
    shared: { type: "string", default: "hostPath" },
    network: { type: "string", default: "macvlan" },
  },
});

function countOf(option: "hosts" | "replicas"): number {
  const count = Number(values[option]);
  if (Number.isInteger(count) && count > 0 && count <= HOSTS_MAX) return count;
  throw new Error(`--${option} takes a number from 1 to ${HOSTS_MAX}, not ${values[option]}`);
}

function oneOf<T extends string>(
  option: "controllers" | "shared" | "network",
  allowed: readonly T[],
): T {
  const found = allowed.find((value) => value === values[option]);
  if (found !== undefined) return found;
  throw new Error(`--${option} takes ${allowed.join(" or ")}, not ${values[option]}`);
}

const options = {
  hosts: countOf("hosts"),
  replicas: countOf("replicas"),
  controllers: oneOf("controllers", ["1", "2"]) === "2" ? 2 : 1,
  shared: oneOf("shared", ["hostPath", "glusterfs"]),
  network: oneOf("network", ["macvlan", "calico", "overlay"]),
} as const;
const tell = (line: string) => console.log(line);

const interrupted = new Promise<never>((_, reject) => {
  const stop = () => reject(new Interrupted());
  process.on("SIGINT", stop).on("SIGTERM", stop);
});
interrupted.catch(() => undefined);

class Interrupted extends Error {}

const { reference: image } = await ensureAgentImage({ log: silentLog, onProgress: tell });
const starting = Site.start({ ...options, image, onProgress: (line) => tell(`${line} …`) });
try {
  const site = await Promise.race([starting, interrupted]);
  for (const controller of site.controllers) await controller.start();
  tell("waiting for the cluster …");
  await Promise.race([site.controller.untilReady(READY_MS_MAX), interrupted]);
  tell(await introduction(site));
  listen(site);
  await interrupted;
} catch (error) {
  if (!(error instanceof Interrupted)) throw error;
} finally {
  tell("taking it down …");
  // What is half made is taken down too, once it is whole or has failed.
  const site = await starting.catch(() => null);
  await site?.stop();
}
process.exit();

async function introduction(site: Site): Promise<string> {
  const { controller, agents, mesosUrl } = site;
  const isOurs = site.hasOwnMasters;
  const masters = isOurs ? site.masters.hosts.map(({ name, ip }) => `${name} ${ip}`) : [];
  return [
    "",
    ...(await Promise.all(
      site.controllers.map(async (one) => `Jupyter     ${await one.jupyterUrl()}`),
    )),
    ...site.controllers.map(({ objectUrl }) => `Status      ${objectUrl}`),
    `Mesos       ${mesosUrl}`,
    ...(isOurs ? [`Masters     ${masters.join(", ")}`] : []),
    `Hosts       ${site.machines.map(({ name, ip }) => `${name} ${ip}`).join(", ")}`,
    `Docker      docker -H unix://${agents[0]?.engine.socket} ps     (${agents[0]?.name})`,
    `The CLI     npx jupyter-cluster get --api ${controller.apiUrl} --state-dir ${controller.stateDir}`,
    `The spec    ${site.specDir}/cluster.yaml`,
    `Logs        ${site.record.dir}/*/*.log`,
    "",
    "Type one of these, and Enter; Ctrl-C takes everything down:",
    ...COMMANDS.map(({ name, wants, what }) => `  ${`${name} ${wants ?? ""}`.padEnd(20)} ${what}`),
    "",
  ].join("\n");
}

function listen(site: Site): void {
  const lines = createInterface({ input: process.stdin });
  lines.on("line", (line) => {
    carryOut(site, line.trim()).then(tell, (error: unknown) => tell(messageOf(error)));
  });
}

async function carryOut(site: Site, line: string): Promise<string> {
  const [name = "", argument = ""] = line.split(/\s+/);
  const command = COMMANDS.find((one) => one.name === name);
  if (command === undefined) return `There is no '${name}'.`;
  const host = command.wants === null ? site.controller.host : site.host(argument);
  await command.run(site, host);
  return `${line}: done`;
}
