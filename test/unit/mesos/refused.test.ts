import { expect, test } from "vitest";
import { refused } from "../../../controller/mesos/http/transport.ts";

const address = { host: "10.0.0.5", port: 5050, path: "/api/v1/scheduler" };

test.each([
  // As Mesos says it.
  [
    401,
    "401 Unauthorized.\n",
    "HTTP 401: 401 Unauthorized. Is --mesos-credential-file the right one?",
  ],
  [401, "", "HTTP 401: without a reason. Is --mesos-credential-file the right one?"],
  [400, "Framework cannot be found", "HTTP 400: Framework cannot be found"],
])("HTTP %d with %j is told in sentences", (status, text, told) => {
  const { message } = refused("SUBSCRIBE", address, status, text);
  expect(message).toBe(`The Mesos master at 10.0.0.5:5050 refused with ${told}`);
});
