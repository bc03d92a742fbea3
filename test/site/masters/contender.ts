/** Takes part in the masters' election as Mesos has it: the lowest `json.info_*` leads. */
import { setTimeout as delay } from "node:timers/promises";
import type { MasterInfo } from "../../../controller/mesos/wire.ts";
import { until } from "../../support/poll.ts";
import type { ZooKeeperSession } from "./zookeeper-session.ts";

const ENTRY = /^json\.info_(\d{10})$/;
const POLL_MS = 250;
/** An ensemble that is just being started takes its time. */
const FIRST_MS_MAX = 5 * 60_000;

export interface Contest {
  /** Another one leads; null: nobody does. Told when it changes. */
  onLeader(info: MasterInfo | null): void;
}

/** Resolves when this one leads. */
export async function contend(
  session: ZooKeeperSession,
  path: string,
  own: MasterInfo,
  contest: Contest,
): Promise<void> {
  const text = JSON.stringify(own);
  const name = await until(
    "an entry in the election",
    () => enter(session, path, text),
    FIRST_MS_MAX,
  );
  for (let known: string | null | undefined; ; ) {
    try {
      const first = await lowest(session, path);
      if (first === name) return;
      const content = first === null ? null : await session.data(first);
      if (content !== known) contest.onLeader(parsed(content));
      known = content;
    } catch {
      // Whoever led goes on leading while ZooKeeper cannot be asked; the session knows its end.
    }
    await delay(POLL_MS);
  }
}

/** An answer that was lost on the way is looked for: two entries of one master would be one too many. */
async function enter(session: ZooKeeperSession, path: string, text: string): Promise<string> {
  await session.ensurePath(path);
  for (const name of await session.children(path)) {
    if (ENTRY.test(name) && (await session.data(`${path}/${name}`)) === text) {
      return `${path}/${name}`;
    }
  }
  return session.createEphemeral(`${path}/json.info_`, text);
}

async function lowest(session: ZooKeeperSession, path: string): Promise<string | null> {
  const names = (await session.children(path)).filter((name) => ENTRY.test(name));
  const [first] = names.toSorted();
  return first === undefined ? null : `${path}/${first}`;
}

function parsed(content: string | null): MasterInfo | null {
  return content === null ? null : (JSON.parse(content) as MasterInfo);
}
