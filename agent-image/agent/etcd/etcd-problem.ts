/** Why etcd does not work, in one sentence. Pure. */
import type { EtcdData, EtcdHealth, UnitStatus } from "../../../controller/model/agent-api.ts";

export interface EtcdFacts {
  readonly unit: UnitStatus;
  /** A command was given. */
  readonly ordered: boolean;
  /** Elections go on for longer than one takes that has a quorum. */
  readonly withoutQuorum: boolean;
  /** Of the process that ended last; null: none worth telling. */
  readonly lastWords: string | null;
  /** null while it does not answer. */
  readonly etcd: EtcdHealth | null;
  readonly data: EtcdData;
  /** Why its peers are not let in; null: they are, or nobody has come. */
  readonly refusal: string | null;
}

/** @returns null when there is none */
export function etcdProblem(facts: EtcdFacts): string | null {
  const { unit, ordered, withoutQuorum, lastWords, etcd, data, refusal } = facts;
  switch (unit.state) {
    case "stopped":
      if (!ordered || data.state !== "corrupt") return null;
      return `etcd is not started: ${data.reason}`;
    case "starting":
      return withoutQuorum ? because("etcd waits for a quorum", refusal) : null;
    case "exited":
      return "etcd ended: its member was removed from the cluster";
    case "backoff": {
      const { lastExit } = unit;
      const how = lastExit?.signal ?? `code ${lastExit?.code ?? "unknown"}`;
      return because(`etcd ended with ${how}`, lastWords);
    }
    case "running": {
      if (etcd === null) return "etcd does not answer";
      const alarms = [...new Set(etcd.alarms.map(({ alarm }) => alarm))];
      if (alarms.length > 0) return `etcd has raised ${alarms.join(", ")}`;
      return etcd.leaderId === null ? because("etcd has no leader", refusal) : null;
    }
  }
}

function because(what: string, why: string | null): string {
  return why === null ? what : `${what}: ${why}`;
}
