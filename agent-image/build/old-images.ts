import type Docker from "dockerode";
import { messageOf } from "../../controller/model/errors.ts";
import type { Logger } from "../../controller/model/ports.ts";

/** A younger image may belong to another checkout that is about to start containers of it. */
const AGE_MS_MIN = 60 * 60 * 1000;

/**
 * Removes the other tags of `repositories` that are old and that no container uses, running or
 * not. An image that cannot be removed costs space and nothing else: it is logged.
 *
 * @param keep references that stay
 * @param now milliseconds since the epoch
 */
export async function removeOldImages(
  docker: Docker,
  repositories: readonly string[],
  keep: readonly string[],
  now: number,
  log: Logger,
): Promise<void> {
  const containers = await docker.listContainers({ all: true });
  const used = new Set(containers.map((container) => container.ImageID));
  const images = await docker.listImages({ filters: { reference: [...repositories] } });
  const old = images.filter(
    (image) => !used.has(image.Id) && now - image.Created * 1000 >= AGE_MS_MIN,
  );
  const tags = old.flatMap((image) => image.RepoTags ?? []);
  const ours = tags.filter((tag) => repositories.some((name) => tag.startsWith(`${name}:`)));
  for (const tag of ours.filter((candidate) => !keep.includes(candidate))) {
    try {
      await docker.getImage(tag).remove();
      log.info({ image: tag }, "old image removed");
    } catch (error) {
      log.warn({ image: tag, reason: messageOf(error) }, "old image could not be removed");
    }
  }
}
