import { holdConnections, useUpMemory } from "./crowd.ts";
import { cutFromHost, cutFromPeers, cutOff, cutOneWay } from "./cut.ts";
import { fillDisk, fillStateDisk, loseData } from "./data.ts";
import { breakSpec, halveSpec, removeSpec, resize, retime, scale } from "./edit.ts";
import type { Fault } from "./fault.ts";
import { addForeignLearner, addForeignVoter, deleteKeys, foreignTerm } from "./hands.ts";
import {
  killAgent,
  killAll,
  killController,
  killEtcd,
  killJupyter,
  killMajority,
  killOne,
  killSshd,
  wedgeEtcd,
  wedgeJupyter,
  wedgeSshd,
} from "./kill.ts";
import { renameAndKill } from "./rename.ts";
import { pauseContainer, stopAgent, stopEtcd, stopJupyter } from "./stop.ts";

export const ALL_FAULTS: readonly Fault[] = [
  ...[killOne, killMajority, killAll, renameAndKill],
  ...[killEtcd, killSshd, killJupyter, killAgent, killController],
  ...[wedgeEtcd, wedgeSshd, wedgeJupyter],
  ...[pauseContainer, stopEtcd, stopJupyter, stopAgent],
  ...[cutFromPeers, cutOneWay, cutFromHost, cutOff],
  ...[fillDisk, fillStateDisk, loseData],
  ...[deleteKeys, foreignTerm, addForeignLearner, addForeignVoter],
  ...[useUpMemory, holdConnections],
  ...[scale, resize, retime, halveSpec, breakSpec, removeSpec],
];
