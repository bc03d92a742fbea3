/** A 1xx answer on its way to the client (RFC 9110, section 15.2): early hints, mostly. */
import { STATUS_CODES } from "node:http";
import { type Headed, informationHeaders } from "./headers.ts";

export interface Information extends Headed {
  readonly statusCode: number;
}

/** "" for 100: the client was told to go on by our own server already. */
export function informationHead(information: Information): string {
  const { statusCode } = information;
  if (statusCode === 100) return "";
  const lines = [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ""}`];
  const headers = informationHeaders(information);
  for (let i = 0; i + 1 < headers.length; i += 2) lines.push(`${headers[i]}: ${headers[i + 1]}`);
  return `${lines.join("\r\n")}\r\n\r\n`;
}
