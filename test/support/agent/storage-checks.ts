/** What is done on and to the shared storage of real nodes. */
import { until } from "../poll.ts";
import type { AgentCluster } from "./agent-cluster.ts";
import type { AgentNode } from "./agent-node.ts";

/** Its process id. */
export async function glusterfsClient(node: AgentNode): Promise<string> {
  return (await node.exec(["pgrep", "-o", "-x", "glusterfs"])).trim();
}

/** @returns the text that slot `reader`'s Jupyter gives of a notebook that slot `writer`'s has saved */
export async function saveNotebook(
  cluster: AgentCluster,
  writer: number,
  reader: number,
): Promise<string> {
  const source = `kept by slot ${writer}`;
  const cell = {
    id: "a1",
    cell_type: "code",
    execution_count: null,
    metadata: {},
    outputs: [],
    source,
  };
  const content = { cells: [cell], metadata: {}, nbformat: 4, nbformat_minor: 5 };
  const body = JSON.stringify({ type: "notebook", format: "json", content });
  // Twice: the second time an existing file is replaced.
  for (const code of [201, 200]) {
    const { status } = await jupyter(
      cluster,
      cluster.node(writer),
      "contents/kept.ipynb",
      "PUT",
      body,
    );
    if (status !== code) throw new Error(`saving ended with ${status}`);
  }
  const response = await jupyter(cluster, cluster.node(reader), "contents/kept.ipynb");
  const read = (await response.json()) as { content: { cells: { source: string }[] } };
  return read.content.cells[0]?.source ?? "";
}

/** The databases and locks that a kernel's start and end leave, on the shared storage and in the home. */
export async function kernelFiles(cluster: AgentCluster, node: AgentNode, shared: string) {
  const started = await jupyter(cluster, node, "kernels", "POST", '{"name":"python3"}');
  const { id } = (await started.json()) as { id: string };
  const find = async (directory: string) => {
    const names = ["*.sqlite*", "*.db", "*.db-*", "*.lock", "kernel-*.json", "jpserver-*"];
    const or = names.flatMap((name) => ["-o", "-name", name]).slice(1);
    const said = await node.exec(["find", directory, "-type", "f", "(", ...or, ")"], "admin");
    return said
      .trim()
      .split("\n")
      .filter((file) => file !== "");
  };
  await until("the kernel has its history", async () =>
    (await find("/home/admin")).some((file) => file.endsWith("history.sqlite")),
  );
  const files = { shared: await find(shared), own: await find("/home/admin") };
  await jupyter(cluster, node, `kernels/${id}`, "DELETE");
  return files;
}

function jupyter(
  { jupyterToken }: AgentCluster,
  node: AgentNode,
  path: string,
  method = "GET",
  body?: string,
): Promise<Response> {
  return fetch(`http://${node.ip}:8888/api/${path}`, {
    method,
    headers: { authorization: `token ${jupyterToken}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body }),
    signal: AbortSignal.timeout(20_000),
  });
}
