import Docker from "dockerode";
import type { TestProject } from "vitest/node";
import { ensureAgentImage } from "../../agent-image/build/ensure-agent-image.ts";
import { findLabelled, removeFound, TEST_LABEL } from "./docker-remains.ts";
import { removeLostTranslations } from "./lost-networks.ts";
import { silentLog } from "./silent-log.ts";

declare module "vitest" {
  export interface ProvidedContext {
    /** Reference of the agent image of exactly these sources. */
    agentImage: string;
  }
}

/**
 * What tests with containers need of this machine: a Docker engine that answers, and the agent
 * image. Without them, one clear message and not a hundred failed tests. What an earlier run that
 * was cut off left behind holds addresses that the tests use, and goes.
 */
export async function setup(project: TestProject): Promise<void> {
  const { reference } = await ensureAgentImage({
    log: silentLog,
    onProgress: (line) => process.stderr.write(`agent image: ${line}\n`),
  });
  project.provide("agentImage", reference);
  const docker = new Docker();
  await removeFound(docker, await findLabelled(docker, TEST_LABEL));
  await removeLostTranslations();
}
