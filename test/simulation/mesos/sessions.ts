/** A framework's subscription, as far as it can be judged by the call alone. Pure. */
import type { Call } from "../../../controller/mesos/wire.ts";
import type { HttpAnswer } from "./http-door.ts";
import type { Registry } from "./registry.ts";

export interface Session {
  readonly frameworkId: string;
  /** To be sent with every other call. */
  readonly streamId: string;
  /** Name of the stream on the network. */
  readonly stream: string;
}

type Outcome =
  | { readonly session: Session; readonly removed: boolean }
  | { readonly refused: HttpAnswer };

export function judgeSubscription(
  call: Extract<Call, { type: "SUBSCRIBE" }>,
  stream: string,
  registry: Registry,
): Outcome {
  const { framework_id, subscribe: about } = call;
  const inside = about.framework_info.id;
  if (framework_id?.value !== inside?.value) {
    const text = "'framework_id' differs from 'subscribe.framework_info.id'";
    return { refused: { statusCode: 400, text } };
  }
  const frameworkId = framework_id?.value ?? registry.nextFrameworkId();
  const session = { frameworkId, streamId: `stream of ${stream}`, stream };
  return { session, removed: registry.removedFrameworks.has(frameworkId) };
}
