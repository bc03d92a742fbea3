/**
 * The master that the contract is held against: an embedded one, made for the test, or the one that
 * `SITE_MESOS` names (`HOST:PORT,…`, `https://…` or `zk://…`, as `--mesos` takes it), whose agents
 * then run on the engine that DOCKER_HOST names. `SITE_MESOS_CREDENTIAL_FILE` says who we are to it.
 */
import { readCredential } from "../../../controller/cli/options/mesos-files.ts";
import { placeOfSocket, type MasterPlace } from "../../../controller/mesos/http/master-address.ts";
import type { MesosCredential } from "../../../controller/mesos/http/transport.ts";
import { parseMesosTarget } from "../../../controller/mesos/target.ts";
import { ZooKeeperMasters } from "../../../controller/mesos/zookeeper-masters.ts";
import { startMesosLocal } from "../../../controller/mesos-local/main.ts";
import { systemClock } from "../../../controller/support/clock.ts";
import { hostPortText } from "../../../controller/support/host-port.ts";
import { until } from "../poll.ts";
import { silentLog } from "../silent-log.ts";

const LEADER_MS_MAX = 60_000;

export interface MasterUnderTest {
  /** For {@link RawScheduler}: with the credential in it. */
  readonly url: string;
  /** For the product's own client. */
  readonly places: readonly MasterPlace[];
  readonly credentials: MesosCredential | null;
  stop(): Promise<void>;
}

export const SITE_MESOS = process.env["SITE_MESOS"];

/** @param stateDir of an embedded one */
export async function masterUnderTest(stateDir: string): Promise<MasterUnderTest> {
  if (SITE_MESOS !== undefined) return outside(SITE_MESOS);
  const local = await startMesosLocal({ stateDir, clock: systemClock, log: silentLog });
  const { url, socketPath } = local;
  return { url, places: [placeOfSocket(socketPath)], credentials: null, stop: () => local.stop() };
}

async function outside(text: string): Promise<MasterUnderTest> {
  const file = process.env["SITE_MESOS_CREDENTIAL_FILE"];
  const credentials = file === undefined ? null : readCredential(file);
  const places = await placesOf(text);
  const url = await leadingUrl(places, credentials);
  return { url, places, credentials, stop: async () => undefined };
}

async function placesOf(text: string): Promise<readonly MasterPlace[]> {
  const target = parseMesosTarget(text);
  if (target.kind === "local") throw new Error("SITE_MESOS names a master elsewhere");
  if (target.kind === "masters") return target.addresses;
  const options = { target, clock: systemClock, log: silentLog, random: Math.random };
  const masters = new ZooKeeperMasters(options);
  masters.start();
  try {
    return await until(
      "ZooKeeper names a leader",
      () => {
        const found = masters.candidates();
        return found.length > 0 && found;
      },
      LEADER_MS_MAX,
    );
  } finally {
    await masters.close();
  }
}

/** Of the one that does not send us on. */
function leadingUrl(
  places: readonly MasterPlace[],
  credentials: MesosCredential | null,
): Promise<string> {
  const user = credentials === null ? "" : `${credentials.principal}:${credentials.secret}@`;
  const authorization = `Basic ${Buffer.from(user.slice(0, -1)).toString("base64")}`;
  const headers = credentials === null ? {} : { authorization };
  return until(
    "a leading master",
    async () => {
      for (const place of places) {
        const at = hostPortText(place);
        const answer = await fetch(`http://${at}/state`, { headers, redirect: "manual" });
        if (answer.status === 200) return `http://${user}${at}`;
      }
      return null;
    },
    LEADER_MS_MAX,
  );
}
