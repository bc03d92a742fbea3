/** What comes from a container is shown in terminals: it moves no cursor there, and begins no line. */
export function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "\uFFFD");
}
