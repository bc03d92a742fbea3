/** Which Mesos a controller works with, and who it is there. */
import { type Command, InvalidArgumentError, Option } from "commander";
import { MesosTargetError, parseMesosTarget } from "../../mesos/target.ts";
import { readCertificates, readCredential } from "./mesos-files.ts";
import { addEnvironmentOption } from "./environment.ts";
import type { CliContext } from "../context.ts";
import type { MesosCredential } from "../../mesos/http/transport.ts";
import type { MesosTarget } from "../../mesos/target.ts";

export interface MesosOptions {
  /** With what the other options say of certificates and credentials. */
  readonly mesos: MesosTarget;
  readonly mesosRole: string;
  readonly mesosPrincipal?: string;
}

interface ParsedOptions extends MesosOptions {
  readonly mesosCa?: string;
  readonly mesosCredentialFile?: MesosCredential;
}

/** The verb's action finds {@link MesosOptions}: whatever is wrong with them is told before it. */
export function addMesosOptions(command: Command, context: CliContext): Command {
  const add = (option: Option, variable: string) =>
    addEnvironmentOption(command, context, option, variable);
  add(
    new Option(
      "--mesos <where>",
      "local: the embedded master on this machine's Docker; else the masters: " +
        "[http://|https://]HOST:PORT,…, or zk://[USER:PASSWORD@]HOST[:PORT],…/PATH",
    )
      .argParser(mesosTarget)
      .default({ kind: "local" }, "local"),
    "JUPYTER_CLUSTER_MESOS",
  );
  add(
    new Option(
      "--mesos-ca <file>",
      "PEM file of the authority that signed the https:// masters' certificates, where the " +
        "system does not know it; with zk:// it says that the masters speak TLS",
    ).argParser(readCertificates),
    "JUPYTER_CLUSTER_MESOS_CA",
  );
  add(
    new Option(
      "--mesos-credential-file <file>",
      "who we are to masters with authentication: `PRINCIPAL SECRET`, or JSON with both",
    ).argParser(readCredential),
    "JUPYTER_CLUSTER_MESOS_CREDENTIAL_FILE",
  );
  add(
    new Option(
      "--mesos-principal <name>",
      "principal of the framework; left out: the credential's",
    ),
    "JUPYTER_CLUSTER_MESOS_PRINCIPAL",
  );
  add(
    new Option("--mesos-role <name>", "role of the framework").argParser(mesosRole).default("*"),
    "JUPYTER_CLUSTER_MESOS_ROLE",
  );
  return command.hook("preAction", () => {
    command.setOptionValue("mesos", joined(command, command.opts<ParsedOptions>()));
  });
}

function mesosTarget(text: string): MesosTarget {
  try {
    return parseMesosTarget(text);
  } catch (error) {
    if (error instanceof MesosTargetError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}

/** As Mesos checks it (src/common/roles.cpp). */
function mesosRole(text: string): string {
  const parts = text.split("/");
  const wrong = parts.some((part) => /[\s\p{Cc}]/u.test(part) || /^(|\.|\.\.|-.*)$/.test(part));
  if (!wrong && (text === "*" || !parts.includes("*"))) return text;
  throw new InvalidArgumentError("A role of Mesos is wanted, e.g. jupyter or research/jupyter.");
}

function joined(command: Command, options: ParsedOptions): MesosOptions["mesos"] {
  const { mesos, mesosCa: ca, mesosCredentialFile: credentials, mesosPrincipal } = options;
  if (mesos.kind === "local") {
    if (ca === undefined && credentials === undefined) return mesos;
    const option = ca === undefined ? "--mesos-credential-file <file>" : "--mesos-ca <file>";
    const message = "is for masters elsewhere; --mesos local is in this process and needs none";
    return command.error(`error: option '${option}' ${message}.`);
  }
  if (ca !== undefined && mesos.kind === "masters" && mesos.tls === undefined) {
    const message = "is for masters that speak TLS: write --mesos https://HOST:PORT,…";
    return command.error(`error: option '--mesos-ca <file>' ${message}`);
  }
  if (credentials && mesosPrincipal && mesosPrincipal !== credentials.principal) {
    return command.error(
      `error: option '--mesos-principal <name>' says ${mesosPrincipal}, the credential file ` +
        `${credentials.principal}: a master refuses a framework whose principal is another's.`,
    );
  }
  return {
    ...mesos,
    ...(ca === undefined ? {} : { tls: { ca } }),
    ...(credentials === undefined ? {} : { credentials }),
  };
}
