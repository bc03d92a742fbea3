// Exit code 0: a Docker engine answers; 1: none; 2: there is one, and this user may not use it.
// Node asks, because a machine without Docker need not have curl or a docker client either.
import { request } from "node:http";

const ANSWER_MS_MAX = 5000;
const host = process.env.DOCKER_HOST ?? "unix:///var/run/docker.sock";
const url = new URL(host.replace(/^tcp:/, "http:"));
const target =
  url.protocol === "unix:"
    ? { socketPath: url.pathname }
    : { host: url.hostname, port: url.port || 2375 };

const ping = request({ ...target, path: "/_ping", timeout: ANSWER_MS_MAX }, (response) => {
  response.resume();
  process.exit(response.statusCode === 200 ? 0 : 1);
});
ping.on("timeout", () => process.exit(1));
ping.on("error", (error) => process.exit(error.code === "EACCES" ? 2 : 1));
ping.end();
