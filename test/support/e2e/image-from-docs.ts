/** The image that a page of the documentation says how to make, so that the page is true. */
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import Docker from "dockerode";
import { removeOldImages } from "../../../agent-image/build/old-images.ts";
import { imageExists } from "../../../controller/docker/images.ts";
import { followProgress } from "../../../controller/docker/progress.ts";
import { silentLog } from "../silent-log.ts";

const REPOSITORY = "jupyter-cluster/from-docs";
const SILENCE_MS_MAX = 120_000;

/**
 * Built once for each agent image and text; needs Debian's packages then.
 *
 * @param page a path from the root; it has one block of a Dockerfile
 * @returns its reference
 */
export async function imageFromDocs(page: string, agentImage: string): Promise<string> {
  const docker = new Docker();
  const dockerfile = await dockerfileIn(page);
  const content = createHash("sha256").update(`${agentImage}\n${dockerfile}`).digest("hex");
  const reference = `${REPOSITORY}:${content.slice(0, 12)}`;
  if (!(await imageExists(docker, reference))) {
    await build(docker, dockerfile, agentImage, reference);
    await removeOldImages(docker, [REPOSITORY], [reference], Date.now(), silentLog);
  }
  return reference;
}

async function dockerfileIn(page: string): Promise<string> {
  const text = await readFile(resolve(page), "utf8");
  const [, block] = /^```dockerfile\n(.*?)^```$/ms.exec(text) ?? [];
  if (block === undefined) throw new Error(`${page} has no Dockerfile`);
  return block;
}

async function build(
  docker: Docker,
  dockerfile: string,
  agentImage: string,
  reference: string,
): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), "jupyter-cluster-from-docs-"));
  const said: string[] = [];
  try {
    await writeFile(join(context, "Dockerfile"), dockerfile);
    const proxies = Object.entries(process.env).filter(([name]) => /^https?_proxy$/i.test(name));
    const stream = await docker.buildImage(
      { context, src: ["Dockerfile"] },
      {
        t: reference,
        buildargs: { AGENT: agentImage, ...Object.fromEntries(proxies) },
        networkmode: "host",
        rm: true,
        forcerm: true,
      },
    );
    const silenceMsMax = SILENCE_MS_MAX;
    await followProgress(stream, { silenceMsMax, onLine: (line) => said.push(line) });
  } catch (error) {
    const last = said.slice(-12).join("\n");
    throw new Error(`The image of docs cannot be built:\n${last}`, { cause: error });
  } finally {
    await rm(context, { recursive: true });
  }
}
