/** Where the state of the controllers is kept: this host's directory, or an etcd of the site. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { MesosCredential } from "../../mesos/http/transport.ts";
import {
  type EtcdTarget,
  parseStateTarget,
  type StateTarget,
  StateTargetError,
} from "../../store/state-target.ts";
import type { CliContext } from "../context.ts";
import { addEnvironmentOption } from "./environment.ts";
import { readCertificates, readCredential, readPrivateKey } from "./mesos-files.ts";

const LEASE_SECONDS = 10;
/** Below, a slow disk of etcd costs a term; above, a dead controller is missed for too long. */
const LEASE_SECONDS_MIN = 2;
const LEASE_SECONDS_MAX = 300;

/** How an etcd of the site is spoken to. */
export interface StoreAccessOptions {
  readonly stateCa?: string;
  readonly stateCertificate?: string;
  readonly stateKey?: string;
  readonly stateCredentialFile?: MesosCredential;
  /** Seconds. */
  readonly stateLease: number;
}

export interface StateOptions extends StoreAccessOptions {
  /** With what the other options say of certificates and credentials. */
  readonly state: StateTarget;
}

/** The verb's action finds {@link StateOptions}: whatever is wrong with them is told before it. */
export function addStateOptions(command: Command, context: CliContext): Command {
  const state = new Option(
    "--state <where>",
    "directory: the one of --state-dir; or an etcd of the site, which several controllers share: " +
      "etcd[s]://[USER:PASSWORD@]HOST[:PORT],…/PREFIX",
  )
    .argParser(stateTarget)
    .default({ kind: "directory" }, "directory");
  addEnvironmentOption(command, context, state, "JUPYTER_CLUSTER_STATE");
  return addStoreAccessOptions(command, context).hook("preAction", () => {
    const options = command.opts<StateOptions>();
    command.setOptionValue("state", joined(command, options.state, options));
  });
}

export function addStoreAccessOptions(command: Command, context: CliContext): Command {
  const add = (option: Option, variable: string) =>
    addEnvironmentOption(command, context, option, variable);
  add(
    new Option(
      "--state-ca <file>",
      "PEM file of the authority that signed the certificates of the site's etcd; it says that " +
        "etcd speaks TLS",
    ).argParser(readCertificates),
    "JUPYTER_CLUSTER_STATE_CA",
  );
  add(
    new Option(
      "--state-certificate <file>",
      "PEM file of the certificate with which we prove ourselves to the site's etcd",
    ).argParser(readCertificates),
    "JUPYTER_CLUSTER_STATE_CERTIFICATE",
  );
  add(
    new Option("--state-key <file>", "PEM file of its private key").argParser(readPrivateKey),
    "JUPYTER_CLUSTER_STATE_KEY",
  );
  add(
    new Option(
      "--state-credential-file <file>",
      "who we are to an etcd with authentication: `USER PASSWORD` in one line",
    ).argParser(readCredential),
    "JUPYTER_CLUSTER_STATE_CREDENTIAL_FILE",
  );
  return add(
    new Option(
      "--state-lease <seconds>",
      "how long after its last sign of life to the site's etcd another controller acts",
    )
      .argParser(leaseSeconds)
      .default(LEASE_SECONDS),
    "JUPYTER_CLUSTER_STATE_LEASE",
  );
}

/** The target with what the other options say; a mistake ends the command as wrong usage. */
export function joined(
  command: Command,
  target: StateTarget,
  options: StoreAccessOptions,
): StateTarget {
  const { stateCa, stateCertificate, stateKey, stateCredentialFile } = options;
  const given = Object.entries({
    "--state-ca <file>": stateCa,
    "--state-certificate <file>": stateCertificate,
    "--state-key <file>": stateKey,
    "--state-credential-file <file>": stateCredentialFile,
  }).filter(([, value]) => value !== undefined);
  if (target.kind === "directory") {
    const [option] = given[0] ?? [];
    if (option === undefined) return target;
    return command.error(`error: option '${option}' is for an etcd of the site (etcd://…).`);
  }
  if ((stateCertificate === undefined) !== (stateKey === undefined)) {
    const [have, want] =
      stateKey === undefined
        ? ["--state-certificate <file>", "--state-key"]
        : ["--state-key <file>", "--state-certificate"];
    return command.error(`error: option '${have}' wants ${want} beside it.`);
  }
  return withAccess(target, options);
}

function withAccess(target: EtcdTarget, options: StoreAccessOptions): EtcdTarget {
  const { stateCa, stateCertificate: certificate, stateKey: key, stateCredentialFile } = options;
  const client = certificate !== undefined && key !== undefined ? { certificate, key } : null;
  const isTls = target.tls !== null || stateCa !== undefined || client !== null;
  const { principal: user, secret: password } = stateCredentialFile ?? {};
  return {
    ...target,
    tls: isTls ? { authority: stateCa ?? null, client } : null,
    auth: user === undefined || password === undefined ? target.auth : { user, password },
  };
}

export function stateTarget(text: string): StateTarget {
  try {
    return parseStateTarget(text);
  } catch (error) {
    if (error instanceof StateTargetError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

function leaseSeconds(text: string): number {
  const seconds = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (seconds >= LEASE_SECONDS_MIN && seconds <= LEASE_SECONDS_MAX) return seconds;
  throw new InvalidArgumentError(
    `Whole seconds are wanted, ${LEASE_SECONDS_MIN} to ${LEASE_SECONDS_MAX}.`,
  );
}
