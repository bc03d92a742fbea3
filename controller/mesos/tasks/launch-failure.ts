/**
 * A `docker run` or a command on a host that failed, as Mesos tells it: the exit status alone. The reason
 * is in the sandbox's stderr, between what the executor logs. Pure.
 */
import { redactText } from "../../support/redact.ts";
import type { TaskStatus } from "../wire.ts";

/**
 * What `docker run` ends with when it could not start the container (docker/cli, run.go); of a command
 * any status is a failure.
 */
const BARE = /^(Container exited with status 12[567]|Command exited with status \d+)$/;
/** What Mesos's programs log (glog): `I1129 10:46:02.123456 12345 exec.cpp:164] …`. */
const LOGGED = /^[IWEF]\d{4} \d\d:\d\d:\d\d/;
const DOCKERS_OWN = /^docker: |Error response from daemon/i;
const ADVICE = /^(See 'docker run --help'|Run 'docker run --help')/;
/** Within a line: all but tabs, with the rest of a sequence that sets colours. */
const CONTROL = /(?!\t)\p{Cc}(\[[0-9;]*m)?/gu;
/** Characters, from the end: the last lines say most. */
const REASON_MAX = 1_000;

/** It says no more than the status, so that there is something to look for. */
export function isBareLaunchFailure({ state, source, message }: TaskStatus): boolean {
  return state === "TASK_FAILED" && source === "SOURCE_EXECUTOR" && BARE.test(message ?? "");
}

/** Docker's reason in one line, without secrets; null: it is not in this text. */
export function reasonIn(stderr: string): string | null {
  const lines = stderr
    .split("\n")
    .map((line) => line.replace(CONTROL, "").trim())
    .filter((line) => line !== "" && !LOGGED.test(line) && !ADVICE.test(line));
  const dockers = lines.filter((line) => DOCKERS_OWN.test(line));
  const reason = redactText((dockers.length > 0 ? dockers : lines).join(" "));
  return reason === "" ? null : reason.slice(-REASON_MAX);
}
