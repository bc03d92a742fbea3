/** The spec as one would write it, and where it comes from. */
import { useEffect, useState } from "preact/hooks";
import type { JupyterClusterObject } from "../../model/resource.ts";
import { loggedIn } from "../state/session.ts";
import { yamlOf } from "../words/yaml.ts";
import { preview } from "./actions.tsx";
import { History } from "./history.tsx";
import { Card } from "./parts.tsx";

export function Spec({ object }: { readonly object: JupyterClusterObject }) {
  const { metadata, status } = object;
  const file = useFile(object);
  return (
    <>
      <History object={object} />
      <Card title="Spec" class="spec">
        <p>
          Generation {metadata.generation}
          {status.observedGeneration === metadata.generation
            ? ", in force."
            : `; in force is ${status.observedGeneration}.`}{" "}
          {file}
        </p>
        <pre class="yaml" tabIndex={0} role="group" aria-label="The spec as YAML">
          {yamlOf(documentOf(object))}
        </pre>
      </Card>
    </>
  );
}

/** Who is logged in learns where it is changed. */
function useFile(object: JupyterClusterObject): string {
  const [text, setText] = useState("");
  useEffect(() => {
    if (!loggedIn.value) return;
    preview(object, {}).then(
      ({ file }) =>
        setText(
          file === null
            ? "It was made over the API, and is changed there (kubectl edit)."
            : `It comes from ${file}: change it there.`,
        ),
      (error: Error) => setText(error.message),
    );
  }, [object.metadata.generation, loggedIn.value]);
  return text;
}

function documentOf({ apiVersion, kind, metadata, spec }: JupyterClusterObject): object {
  const { name, namespace, labels, annotations } = metadata;
  const some = (pairs: object) => Object.keys(pairs).length > 0;
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace,
      ...(some(labels) ? { labels } : {}),
      ...(some(annotations) ? { annotations } : {}),
    },
    spec,
  };
}
