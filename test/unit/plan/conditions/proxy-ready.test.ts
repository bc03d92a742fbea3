import type { AgentStatus } from "../../../../controller/model/agent-api.ts";
import type { Observed } from "../../../../controller/model/observed.ts";
import { proxyReady } from "../../../../controller/plan/conditions/proxy-ready.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { changeAgents } from "../../../support/planner/change-agents.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { readyRun } from "../../../support/planner/run.ts";

type Proxy = NonNullable<Observed["proxy"]>;

const withProxy = (change: Partial<Proxy> | null) => (): Plan => {
  const run = readyRun();
  const proxy = change && { ...(run.world.proxy as Proxy), ...change };
  return decide(run, { proxy });
};

const HELD =
  "No leader serves Jupyter. Each request is held for up to 30 s, then answered with 503.";
const FORMER = { ip: "172.30.0.99", port: 8888, term: 1 };

conditionTable("ProxyReady", proxyReady.reasons, {
  "it serves when its target is the leader": [withProxy({}), "True", "Serving", ""],
  "it has no target while nobody leads": [withProxy({ target: null }), "False", "NoTarget", HELD],
  "it serves a former leader while another leads": [
    withProxy({ target: FORMER }),
    "False",
    "FormerLeader",
    "Requests go to 172.30.0.99 still, which led in term 1; now slot 1 leads.",
  ],
  "it serves a former leader while nobody is known to lead": [
    () => {
      const run = readyRun();
      const leaderless = ({ etcd }: AgentStatus) => ({ etcd: etcd && { ...etcd, leaderId: null } });
      const { agents } = changeAgents(run.world.observed(), leaderless);
      return decide(run, { agents, proxy: { ...(run.world.proxy as Proxy), target: FORMER } });
    },
    "False",
    "FormerLeader",
    "Requests go to 172.30.0.99 still, which led in term 1; now nobody is known to lead.",
  ],
  "it does not listen when its port is taken": [
    withProxy({ listening: false, error: "port 8888 is taken" }),
    "False",
    "NotListening",
    "port 8888 is taken",
  ],
  "it does not listen as it should on a former port": [
    withProxy({ port: 9999 }),
    "False",
    "NotListening",
    "The proxy does not listen.",
  ],
  "it is not started at first": [
    withProxy(null),
    "Unknown",
    "NotStarted",
    "The proxy is not started.",
  ],
});
