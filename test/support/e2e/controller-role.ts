/** What part a controller has, as its API says. */
import type { Overview } from "../../../controller/api/controller-status.ts";
import { until } from "../poll.ts";

const ASK_MS_MAX = 2_000;
const ROLE_MS_MAX = 60_000;

/** @param apiUrl without a slash at its end */
export async function overviewOf(apiUrl: string): Promise<Overview> {
  const answer = await fetch(`${apiUrl}/status`, { signal: AbortSignal.timeout(ASK_MS_MAX) });
  return (await answer.json()) as Overview;
}

/** Acts and is subscribed to Mesos, or stands by and sees who acts. */
export async function untilRole(apiUrl: string, role: "acting" | "standby"): Promise<Overview> {
  return until(
    `${apiUrl} is ${role}`,
    async () => {
      const now = await overviewOf(apiUrl);
      if (now.controller.role !== role) return undefined;
      const settled =
        role === "acting"
          ? now.controller.mesos.registered
          : now.controllers.some((one) => one.role === "acting");
      return settled ? now : undefined;
    },
    ROLE_MS_MAX,
  );
}
