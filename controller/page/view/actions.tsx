/** What one can do to a cluster, each with the question before it. */
import { restoreWarning } from "../../cli/render/restore-warning.ts";
import type { Preview } from "../../model/preview.ts";
import type { JupyterClusterObject, NodeStatus } from "../../model/resource.ts";
import type { SnapshotInfo } from "../../model/snapshot.ts";
import { call } from "../state/session.ts";
import { killConsequences, previewConsequences } from "../words/consequences.ts";
import type { Generation } from "../words/generations.ts";
import { mergePatchBetween } from "../words/merge-patch.ts";
import { nodeTitle } from "../words/topology.ts";
import { ask } from "./dialog.tsx";

/** Relative to the page. */
export function apiPath({ metadata: { namespace, name } }: JupyterClusterObject): string {
  const [ns, one] = [namespace, name].map(encodeURIComponent);
  return `../apis/jupytercluster.dev/v1alpha1/namespaces/${ns}/jupyterclusters/${one}`;
}

export type FiledPreview = Preview & {
  /** The person's file that it comes from; null: it was made over the API. */
  readonly file: string | null;
};

/** @param patch a JSON merge patch of the object */
export function preview(object: JupyterClusterObject, patch: object): Promise<FiledPreview> {
  return call("POST", `${apiPath(object)}/preview`, patch) as Promise<FiledPreview>;
}

export function ClusterActions({ object }: { readonly object: JupyterClusterObject }) {
  const isSuspended = object.spec["suspend"] === true;
  return (
    <div class="buttons verdict-actions">
      <button
        type="button"
        class="primary"
        disabled={isSuspended}
        onClick={() => void openJupyter(object)}
      >
        Open Jupyter
      </button>
      <button type="button" onClick={() => askSnapshot(object)} disabled={isSuspended}>
        Take a snapshot
      </button>
      <button type="button" onClick={() => void askSuspend(object, !isSuspended)}>
        {isSuspended ? "Resume" : "Suspend"}
      </button>
    </div>
  );
}

async function openJupyter(object: JupyterClusterObject): Promise<void> {
  try {
    const { jupyter } = (await call("GET", `${apiPath(object)}/access`)) as {
      jupyter: { url: string };
    };
    open(jupyter.url, "_blank", "noopener,noreferrer");
  } catch {
    // A login is asked for; whatever else is wrong, Jupyter's own page asks for its token.
    open(object.status.endpoints.jupyter, "_blank", "noopener,noreferrer");
  }
}

export function askKill(object: JupyterClusterObject, node: NodeStatus): void {
  const title = nodeTitle(node);
  void ask({
    title: `Kill ${title}?`,
    consequences: () => killConsequences(object.status, node),
    verb: `Kill ${title}`,
    isGrave: true,
    run: () => call("POST", `${apiPath(object)}/nodes/slot-${node.slot}/kill`, {}),
  });
}

export function askSnapshot(object: JupyterClusterObject): void {
  void ask({
    title: `Take a snapshot of ${object.metadata.name}?`,
    consequences: () => [
      "etcd's data is copied to the controller's host as it is now. Nothing stops meanwhile.",
      "The oldest snapshot goes when there are more than the spec wants to keep.",
    ],
    verb: "Take it",
    run: () => call("POST", `${apiPath(object)}/snapshots`, {}),
  });
}

export function askRestore(object: JupyterClusterObject, snapshot: SnapshotInfo): void {
  void ask({
    title: `Restore ${object.metadata.name} to revision ${snapshot.revision}?`,
    consequences: () => restoreWarning(object, snapshot, Date.now()).trim().split("\n"),
    verb: "Restore",
    isGrave: true,
    run: () => call("POST", `${apiPath(object)}/restore`, { snapshot: snapshot.id }),
  });
}

/** Written into the file that it comes from, whoever's that is: so the controller does it, and asks here. */
export function askUndo(object: JupyterClusterObject, { generation, spec }: Generation): void {
  void ask({
    title: `Put generation ${generation} of ${object.metadata.name} back?`,
    consequences: async () => {
      const patch = { spec: mergePatchBetween(object.spec, spec) };
      const found = await preview(object, patch);
      const { file } = found;
      return [
        ...previewConsequences(found),
        ...(file === null ? [] : [`It is written into the file ${file}.`]),
      ];
    },
    verb: "Put it back",
    isGrave: true,
    run: () => call("POST", `${apiPath(object)}/undo`, { generation }),
  });
}

async function askSuspend(object: JupyterClusterObject, suspend: boolean): Promise<void> {
  const { name } = object.metadata;
  const patch = { spec: { suspend } };
  const what = suspend ? "Suspend" : "Resume";
  const title = `${what} ${name}?`;
  let found: FiledPreview;
  try {
    found = await preview(object, patch);
  } catch (error) {
    const sentences = [error instanceof Error ? error.message : String(error)];
    void ask({ title, consequences: () => sentences, verb: null, run: () => Promise.resolve() });
    return;
  }
  const effects = previewConsequences(found);
  const where =
    found.file === null
      ? []
      : [
          `${name} comes from the file ${found.file}: write \`suspend: ${suspend}\` under spec there.`,
        ];
  void ask({
    title,
    consequences: () => [...effects, ...where],
    verb: found.file === null ? what : null,
    isGrave: suspend,
    run: () => call("PATCH", `${apiPath(object)}?fieldManager=page`, patch),
  });
}
