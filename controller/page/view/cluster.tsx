/** One cluster: Ready or why not first, then everything else of it. */
import type { JupyterClusterObject } from "../../model/resource.ts";
import { model } from "../state/store.ts";
import { type Route, routeTo, TABS } from "../words/route.ts";
import { verdictOf } from "../words/verdict.ts";
import { ClusterActions } from "./actions.tsx";
import { Conditions } from "./conditions.tsx";
import { Elections } from "./elections.tsx";
import { Etcd } from "./etcd.tsx";
import { Events } from "./events.tsx";
import { Kernels } from "./kernels.tsx";
import { Logs } from "./logs.tsx";
import { Operations } from "./operations.tsx";
import { Ago, Empty, Mark } from "./parts.tsx";
import { Snapshots } from "./snapshots.tsx";
import { Spec } from "./spec.tsx";
import { Topology } from "./topology.tsx";
import { Traffic } from "./traffic.tsx";
import { Usage } from "./usage.tsx";

type ClusterRoute = Extract<Route, { page: "cluster" }>;

const NAMES = { overview: "Overview", logs: "Logs", spec: "Spec" } as const;

export function ClusterView({ route }: { readonly route: ClusterRoute }) {
  const found = model.value.clusters.get(route.key);
  if (found === undefined) {
    return (
      <Empty>
        There is no cluster {route.key}. <a href="#/">All clusters</a>
      </Empty>
    );
  }
  const { object } = found;
  return (
    <>
      <Head object={object} />
      <nav class="tabs" aria-label="Views of this cluster">
        {TABS.map((tab) => (
          <a
            key={tab}
            href={routeTo(route.key, tab)}
            aria-current={tab === route.tab ? "page" : undefined}
          >
            {NAMES[tab]}
          </a>
        ))}
      </nav>
      {route.tab === "overview" && <Overview clusterKey={route.key} />}
      {route.tab === "logs" && <Logs object={object} route={route} />}
      {route.tab === "spec" && <Spec object={object} />}
    </>
  );
}

function Head({ object }: { readonly object: JupyterClusterObject }) {
  const { metadata, status } = object;
  const { mood, title, message, jupyter, since, others } = verdictOf(status);
  const operation = status.lastOperation;
  return (
    <section class={`verdict verdict-${mood}`} aria-label="State">
      <div class="verdict-main">
        <h1>
          <span class="namespace">{metadata.namespace}/</span>
          {metadata.name}
        </h1>
        <p class="verdict-line" aria-live="polite">
          <Mark mood={mood} /> <strong>{title}</strong>
          {message === "" ? "" : `: ${message}`}
        </p>
        {jupyter !== "" && <p class="verdict-jupyter">{jupyter}</p>}
        <p class="verdict-since">
          {status.readyReplicas} of {status.replicas} nodes are ready
          {since !== null && (
            <>
              ; since <Ago at={since} plain />
            </>
          )}
          {operation?.state === "Processing" && `. Now: ${operation.description}`}
        </p>
        {others.length > 0 && (
          <ul class="why">
            {others.map(({ type, reason, message: more, lastTransitionTime }) => (
              <li key={type}>
                <b>{type}</b>: {more || reason}{" "}
                <small>
                  (<Ago at={lastTransitionTime} plain />)
                </small>
              </li>
            ))}
          </ul>
        )}
      </div>
      <ClusterActions object={object} />
    </section>
  );
}

function Overview({ clusterKey }: { readonly clusterKey: string }) {
  const found = model.value.clusters.get(clusterKey);
  if (found === undefined) return null;
  const { object, events } = found;
  return (
    <>
      <Topology object={object} />
      <div class="columns">
        <Events events={events} />
        <Conditions conditions={object.status.conditions} />
        <Elections elections={object.status.elections} />
        <Etcd object={object} />
        <Snapshots object={object} />
        <Operations operations={object.status.operations ?? []} />
        <Traffic clusterKey={clusterKey} />
        <Usage object={object} />
        <Kernels object={object} />
      </div>
    </>
  );
}
