/**
 * What integration and e2e tests need of this machine: a Docker engine that answers. Started by
 * `controller/setup/prepare`; here it is only checked, so that a missing engine is one clear
 * message and not a hundred failed tests.
 */
import Docker from "dockerode";

const PING_MS_MAX = 5000;

export async function setup(): Promise<void> {
  const docker = new Docker({ timeout: PING_MS_MAX });
  try {
    await docker.ping();
  } catch (error) {
    throw new Error("No Docker engine answers. Run `npm run prepare-machine` first.", {
      cause: error,
    });
  }
}
