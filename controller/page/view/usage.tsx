/** What each node uses, asked of its agent for as long as somebody looks. */
import { useEffect, useState } from "preact/hooks";
import type { NodeUsageStatus } from "../../model/node-usage.ts";
import type { JupyterClusterObject } from "../../model/resource.ts";
import { call } from "../state/session.ts";
import { usageRow } from "../words/usage.ts";
import { apiPath } from "./actions.tsx";
import { Card, Empty, Table } from "./parts.tsx";

/** Between an answer and the next question. */
const EVERY_MS = 5_000;
const HEAD = ["Node", "CPUs", "Memory", "Disk"];

type Told = { readonly items: readonly NodeUsageStatus[] } | { readonly problem: string } | null;

export function Usage({ object }: { readonly object: JupyterClusterObject }) {
  const [open, setOpen] = useState(false);
  const told = useUsage(open ? `${apiPath(object)}/usage` : null);
  return (
    <Card title="Resources">
      <details class="election" onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>What each node uses now</summary>
        {told === null && <Empty>The nodes are asked …</Empty>}
        {told !== null && "problem" in told && <Empty>{told.problem}</Empty>}
        {told !== null && "items" in told && <Rows items={told.items} />}
      </details>
    </Card>
  );
}

function Rows({ items }: { readonly items: readonly NodeUsageStatus[] }) {
  const rows = items.map(usageRow);
  // Most have none: the others' figures have the room.
  const problems = rows.some(({ problem }) => problem !== "");
  return (
    <Table label="Resources" head={problems ? [...HEAD, "Problem"] : HEAD}>
      {rows.map(({ slot, node, cpus, memory, disk, problem }) => (
        <tr key={slot}>
          <th scope="row">{node}</th>
          <td>{cpus}</td>
          <td>{memory}</td>
          <td>{disk}</td>
          {problems && <td>{problem}</td>}
        </tr>
      ))}
    </Table>
  );
}

/** @param path null: nobody looks, and nobody is asked */
function useUsage(path: string | null): Told {
  const [told, setTold] = useState<Told>(null);
  useEffect(() => {
    if (path === null) return;
    let ended = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const answer = document.hidden ? null : await usageAt(path);
      if (ended) return;
      if (answer !== null) setTold(answer);
      timer = setTimeout(ask, EVERY_MS);
    };
    void ask();
    return () => {
      ended = true;
      clearTimeout(timer);
    };
  }, [path]);
  return told;
}

async function usageAt(path: string): Promise<NonNullable<Told>> {
  try {
    return (await call("GET", path)) as { items: readonly NodeUsageStatus[] };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
