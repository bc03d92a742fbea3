import type { Observed } from "../../../../controller/model/observed.ts";
import { proxyReady } from "../../../../controller/plan/conditions/proxy-ready.ts";
import type { Plan } from "../../../../controller/plan/input.ts";
import { conditionTable, decide } from "../../../support/planner/condition-table.ts";
import { readyRun } from "../../../support/planner/run.ts";

type Proxy = NonNullable<Observed["proxy"]>;

const withProxy = (change: Partial<Proxy> | null) => (): Plan => {
  const run = readyRun();
  const proxy = change && { ...(run.world.proxy as Proxy), ...change };
  return decide(run, { proxy });
};

const HELD = "Requests are held until a leader serves Jupyter.";

conditionTable("ProxyReady", proxyReady.reasons, {
  "it serves when its target is the leader": [withProxy({}), "True", "Serving", ""],
  "it has no target while nobody leads": [withProxy({ target: null }), "False", "NoTarget", HELD],
  "it has no target while its target is another than the leader": [
    withProxy({ target: { ip: "172.30.0.99", port: 8888, term: 1 } }),
    "False",
    "NoTarget",
    HELD,
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
