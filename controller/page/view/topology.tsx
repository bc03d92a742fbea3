/** Hosts, the slots on them, who leads and serves, and how far a healing one is. */
import type { JupyterClusterObject, NodeStatus } from "../../model/resource.ts";
import { model } from "../state/store.ts";
import { routeTo } from "../words/route.ts";
import { hostsOf, nodeTitle, wayOf } from "../words/topology.ts";
import { nodeMood, stepOf, WAY } from "../words/verdict.ts";
import { askKill } from "./actions.tsx";
import { Card, Empty, Mark } from "./parts.tsx";

export function Topology({ object }: { readonly object: JupyterClusterObject }) {
  const { nodes } = object.status;
  const way = wayOf(object, model.value.controller);
  return (
    <Card title="Topology" class="topology">
      <p class={`way ${way.node === null ? "way-held" : ""}`} aria-live="polite">
        <span class="stop">Browser</span>
        <Arrow />
        <span class="stop">
          Proxy <code>{way.address}</code>
        </span>
        <Arrow broken={way.node === null} />
        {way.node === null ? (
          <span class="stop stop-none">nobody: {way.problem}</span>
        ) : (
          <span class="stop stop-serving">
            Jupyter on <b>{nodeTitle(way.node)}</b>, slot {way.node.slot}
          </span>
        )}
      </p>
      {nodes.length === 0 && <Empty>No nodes yet.</Empty>}
      <div class="hosts">
        {hostsOf(nodes).map((host) => (
          <section key={host.name ?? ""} class="host" aria-label={hostTitle(host.name)}>
            <h3>{hostTitle(host.name)}</h3>
            <ul>
              {host.nodes.map((node) => (
                <Node
                  key={node.slot}
                  object={object}
                  node={node}
                  serves={way.node?.slot === node.slot}
                />
              ))}
            </ul>
          </section>
        ))}
      </div>
    </Card>
  );
}

function hostTitle(name: string | null): string {
  return name === null ? "Not placed yet" : `Host ${name}`;
}

function Arrow({ broken }: { readonly broken?: boolean }) {
  return (
    <svg class="arrow" viewBox="0 0 32 12" aria-hidden="true">
      <path d={broken === true ? "M0 6h8M13 6h6M17 2l-4 8" : "M0 6h28M23 1.5 29 6l-6 4.5"} />
    </svg>
  );
}

function Node(props: {
  readonly object: JupyterClusterObject;
  readonly node: NodeStatus;
  readonly serves: boolean;
}) {
  const { object, node, serves } = props;
  const { namespace, name } = object.metadata;
  const title = nodeTitle(node);
  const step = stepOf(node);
  const logs = routeTo(`${namespace}/${name}`, "logs", `slot-${node.slot}`, "etcd");
  return (
    <li class={`node node-${nodeMood(node)} ${serves ? "node-serves" : ""}`}>
      <div class="node-head">
        <Mark mood={nodeMood(node)} />
        <b>{title}</b>
        <span class="slot">slot {node.slot}</span>
      </div>
      <p class="roles">
        {node.leader && <span class="tag tag-leader">etcd leader</span>}
        {serves && <span class="tag tag-serves">serves Jupyter</span>}
        {node.etcd?.isLearner === true && <span class="tag">learner</span>}
        {!serves && node.jupyterReady && <span class="tag">Jupyter warm</span>}
      </p>
      <p class="phase">
        {node.phase}
        {node.phase === "Running" && !node.ready ? ", not ready" : ""}
        {node.restarts > 0
          ? ` · ${node.restarts} ${node.restarts === 1 ? "restart" : "restarts"}`
          : ""}
      </p>
      {step !== null && <Progress step={step} />}
      {node.message !== "" && <p class="node-message">{node.message}</p>}
      <p class="node-foot">
        <code>{node.ip}</code>
        <a href={logs} aria-label={`Logs of ${title}`}>
          Logs
        </a>
        <button
          type="button"
          class="small"
          disabled={node.container === null}
          aria-label={`Kill ${title}`}
          onClick={() => askKill(object, node)}
        >
          Kill
        </button>
      </p>
    </li>
  );
}

function Progress({ step }: { readonly step: number }) {
  return (
    <ol class="progress" aria-label={`${WAY[step]}: step ${step + 1} of ${WAY.length}`}>
      {WAY.map((phase, i) => (
        <li key={phase} class={i < step ? "done" : i === step ? "doing" : ""} title={phase} />
      ))}
    </ol>
  );
}
