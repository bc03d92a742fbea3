import { cutFromHost, cutFromPeers, cutOff, cutOneWay } from "./cut.ts";
import { fillDisk, loseData } from "./data.ts";
import { breakSpec, removeSpec, resize, retime, scale } from "./edit.ts";
import type { Fault } from "./fault.ts";
import {
  killAgent,
  killAll,
  killController,
  killEtcd,
  killJupyter,
  killMajority,
  killOne,
  killSshd,
} from "./kill.ts";
import { pauseContainer, stopAgent, stopEtcd, stopJupyter } from "./stop.ts";

export const ALL_FAULTS: readonly Fault[] = [
  ...[killOne, killMajority, killAll],
  ...[killEtcd, killSshd, killJupyter, killAgent, killController],
  ...[pauseContainer, stopEtcd, stopJupyter, stopAgent],
  ...[cutFromPeers, cutOneWay, cutFromHost, cutOff],
  ...[fillDisk, loseData],
  ...[scale, resize, retime, breakSpec, removeSpec],
];
