/** Who is told of changed conditions, and the secret with which it knows that we tell it. */
import { type Command, InvalidArgumentError, Option } from "commander";
import type { CliContext } from "../context.ts";
import { addEnvironmentOption } from "./environment.ts";
import { readSecret } from "./mesos-files.ts";
import type { WebhookTarget } from "../../webhook/delivery.ts";

const SECRET_LENGTH_MIN = 16;

export interface WebhookOptions {
  readonly webhook?: string;
  readonly webhookSecretFile?: string;
}

export function addWebhookOptions(command: Command, context: CliContext): Command {
  const url = new Option(
    "--webhook <url>",
    "where each change of a condition is told (docs/webhook.md)",
  ).argParser(webhookUrl);
  const secret = new Option(
    "--webhook-secret-file <file>",
    `with what a delivery is signed: a text of ${SECRET_LENGTH_MIN} characters or more`,
  ).argParser(webhookSecret);
  addEnvironmentOption(command, context, url, "JUPYTER_CLUSTER_WEBHOOK");
  return addEnvironmentOption(command, context, secret, "JUPYTER_CLUSTER_WEBHOOK_SECRET_FILE").hook(
    "preAction",
    () => {
      const { webhook, webhookSecretFile } = command.opts<WebhookOptions>();
      if ((webhook === undefined) === (webhookSecretFile === undefined)) return;
      const [have, want] =
        webhook === undefined
          ? ["--webhook-secret-file <file>", "--webhook"]
          : ["--webhook <url>", "--webhook-secret-file"];
      command.error(`error: option '${have}' wants ${want} beside it.`);
    },
  );
}

/** Null: nobody is told. */
export function webhookTarget(options: WebhookOptions): WebhookTarget | null {
  const { webhook: url, webhookSecretFile: secret } = options;
  return url === undefined || secret === undefined ? null : { url, secret };
}

function webhookUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new InvalidArgumentError("A URL is wanted that begins with http:// or https://.");
  }
  if (url.username !== "" || url.password !== "") {
    throw new InvalidArgumentError("It names a user: a receiver knows us by the signature.");
  }
  return url.href;
}

function webhookSecret(path: string): string {
  const secret = readSecret(path).trim();
  if (secret.length >= SECRET_LENGTH_MIN) return secret;
  throw new InvalidArgumentError(
    `The secret in it has fewer than ${SECRET_LENGTH_MIN} characters.`,
  );
}
