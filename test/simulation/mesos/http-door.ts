/** A master's HTTP API, as far as a scheduler uses it: who is let in, and to whom others are sent. */
import type { Call } from "../../../controller/mesos/wire.ts";
import type { Endpoint } from "../wire/endpoint.ts";
import type { Calls } from "./calls.ts";
import type { FrameworkSession } from "./framework-session.ts";

/** What a master answers over HTTP. */
export interface HttpAnswer {
  readonly statusCode: number;
  readonly text: string;
  readonly location?: string;
  /** Names the stream of events that follows. */
  readonly streamId?: string;
}

export interface HttpRequest {
  readonly streamId: string | undefined;
  /** Names the stream that the client reads; of a SUBSCRIBE only. */
  readonly reads: string | undefined;
  readonly body: string;
}

export interface HttpDoor {
  readonly session: FrameworkSession;
  readonly calls: Calls;
  /** It leads, or thinks so. */
  readonly serves: boolean;
  readonly leaderName: string | null;
  readonly endpoint: Endpoint | null;
}

export function serve(
  { session, calls, serves, leaderName, endpoint }: HttpDoor,
  from: string,
  request: HttpRequest,
): HttpAnswer {
  if (!serves) {
    if (leaderName === null) return { statusCode: 503, text: "No leader elected" };
    const location = `//${leaderName}:5050/master/api/v1/scheduler`;
    return { statusCode: 307, text: "", location };
  }
  const call = JSON.parse(request.body) as Call;
  if (call.type === "SUBSCRIBE") {
    if (endpoint === null) return refusal(503, "recovery");
    return session.subscribe(endpoint, from, request.reads ?? "", call);
  }
  if (request.streamId === undefined) return refusal(400, "No stream id");
  const { current } = session;
  if (current === null) return refusal(403, "Framework is not subscribed");
  if (current.frameworkId !== call.framework_id.value) {
    return refusal(400, "Framework cannot be found");
  }
  if (current.streamId !== request.streamId) {
    return refusal(400, "The stream ID included in this request didn't match the stream ID");
  }
  calls.carryOut(call);
  return { statusCode: 202, text: "" };
}

function refusal(statusCode: number, text: string): HttpAnswer {
  return { statusCode, text };
}
