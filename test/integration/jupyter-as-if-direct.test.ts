/** The table of requests again, with JupyterLab itself at both ends. */
import Docker from "dockerode";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import type { JupyterProxy } from "../../controller/proxy/jupyter-proxy.ts";
import { TEST_LABEL } from "../support/docker-remains.ts";
import { until } from "../support/poll.ts";
import { said } from "../unit/proxy/direct/converse.ts";
import { BEYOND_JUPYTER, SAME } from "../unit/proxy/direct/table.ts";
import { at, startProxy } from "../unit/proxy/harness.ts";

const docker = new Docker();
const PORT = 8899;
let container: Docker.Container;
let jupyter: { readonly ip: string; readonly port: number };
let proxy: JupyterProxy;

beforeAll(async () => {
  const server = `jupyter-lab --no-browser --ip=0.0.0.0 --port=${PORT} --IdentityProvider.token=abc`;
  container = await docker.createContainer({
    Image: inject("agentImage"),
    Labels: { [TEST_LABEL]: "as-if-direct" },
    Entrypoint: ["/usr/bin/tini", "--", "su", "admin", "-c"],
    Cmd: [`cd; ${server} --ServerApp.allow_remote_access=true`],
  });
  await container.start();
  const { NetworkSettings } = await container.inspect();
  jupyter = { ip: NetworkSettings.Networks.bridge?.IPAddress ?? "", port: PORT };
  await until("JupyterLab answers", async () => {
    const answer = await fetch(`http://${jupyter.ip}:${PORT}/api`).catch(() => null);
    return answer?.ok === true;
  });
  proxy = await startProxy();
  proxy.setTarget(at(jupyter, 1));
});

afterAll(async () => {
  await proxy.close();
  await container.remove({ force: true, v: true });
});

describe("JupyterLab through the proxy as without it", () => {
  const rows = Object.entries(SAME).filter(([what]) => !BEYOND_JUPYTER.has(what));
  test.each(rows)("%s", async (_what, row) => {
    const direct = await said(jupyter, row);
    const { address, port } = proxy.status();
    expect(await said({ ip: address, port }, row)).toEqual(direct);
  });
});
