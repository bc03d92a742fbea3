/** A controller's API whose answers a test writes, and a state directory with the token that it takes. */
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { type ApiServer, failure, type Route, startApiServer } from "./api-server.ts";
import { cli } from "./captured-context.ts";

export const ROOT = "/apis/jupytercluster.dev/v1alpha1";
export const LAB = `${ROOT}/namespaces/default/jupyterclusters/lab`;
const TOKEN = "T".repeat(43);

export class ScriptedApi {
  /** The state directory of the test that runs. */
  dir = "";
  private server: ApiServer | null = null;

  /** Made before each test of the file, and gone after it. */
  constructor() {
    beforeEach(async () => {
      this.dir = await mkdtemp(join(tmpdir(), "jupyter-cluster-cli-"));
      await writeFile(join(this.dir, "control-token"), TOKEN);
      await chmod(join(this.dir, "control-token"), 0o600);
    });
    afterEach(async () => {
      await this.close();
      await rm(this.dir, { recursive: true });
    });
  }

  /** Runs a verb against these answers. */
  readonly run = async (routes: Record<string, Route>, ...args: readonly string[]) => {
    this.server = await startApiServer(routes);
    return cli(args, {
      JUPYTER_CLUSTER_API: this.server.url,
      JUPYTER_CLUSTER_STATE_DIR: this.dir,
    });
  };

  /** Before the next run of the same test. */
  async close(): Promise<void> {
    await this.server?.close();
    this.server = null;
  }
}

/** Answers only who shows the token of the state directory. */
export function authorized(route: Route): Route {
  return (request, response, url) => {
    const denied = failure(401, "Unauthorized", "A control token is needed.");
    const good = request.headers.authorization === `Bearer ${TOKEN}`;
    (good ? route : denied)(request, response, url);
  };
}
