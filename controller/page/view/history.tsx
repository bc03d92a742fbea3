/** The specs that were in force: what changed when, and the way back. */
import { useEffect, useState } from "preact/hooks";
import type { JupyterClusterObject } from "../../model/resource.ts";
import { call, fetchAs } from "../state/session.ts";
import { changesText, diffLines, type Generation } from "../words/generations.ts";
import { apiPath, askUndo } from "./actions.tsx";
import { Ago, Card } from "./parts.tsx";

export function History({ object }: { readonly object: JupyterClusterObject }) {
  const [generations, setGenerations] = useState<readonly Generation[] | null>(null);
  useEffect(() => {
    call("GET", `${apiPath(object)}/history`).then(
      (list) => setGenerations((list as { items: Generation[] }).items.toReversed()),
      // A controller that keeps none, or one that stands by: there is nothing to show.
      () => setGenerations(null),
    );
  }, [object.metadata.generation]);
  if (generations === null) return null;
  return (
    <Card title="History" class="history">
      {generations.map((one, i) => (
        <Entry key={one.generation} object={object} generation={one} inForce={i === 0} />
      ))}
    </Card>
  );
}

function Entry(props: {
  readonly object: JupyterClusterObject;
  readonly generation: Generation;
  readonly inForce: boolean;
}) {
  const { object, generation: one, inForce } = props;
  const [diff, setDiff] = useState<string | null>(null);
  const load = (event: Event) => {
    if (!(event.currentTarget as HTMLDetailsElement).open || diff !== null) return;
    const path = `${apiPath(object)}/diff?to=${one.generation}`;
    fetchAs("GET", path)
      .then((response) => response.text())
      .then(setDiff, (error: Error) => setDiff(error.message));
  };
  return (
    <details class="election" onToggle={load}>
      <summary>
        <b>Generation {one.generation}</b>
        {one.at !== null && (
          <>
            {" "}
            <Ago at={one.at} />
          </>
        )}
        : {changesText(one)} {inForce && <span class="tag">in force</span>}
      </summary>
      <pre class="yaml" tabIndex={0} role="group" aria-label={`Changes of ${one.generation}`}>
        {diffLines(diff ?? "").map(({ kind, text }, i) => (
          <span key={i} class={`diff-${kind}`}>
            {text}
            {"\n"}
          </span>
        ))}
      </pre>
      {!inForce && (
        <button type="button" class="small" onClick={() => askUndo(object, one)}>
          Put generation {one.generation} back
        </button>
      )}
    </details>
  );
}
