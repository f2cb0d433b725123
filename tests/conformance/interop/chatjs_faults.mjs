// What amazon-connect-chatjs, unmodified, does when its subscribe is not acknowledged and its pings fail. The emulator
// has to be started with `--fault no-ack --fault ping-500`.
//
// usage: node chatjs_faults.mjs '<first line of the emulator>' [folder with node_modules]

import assert from "node:assert/strict";
import { createSession, frames } from "./browser.mjs";

const session = createSession();
let failures = 0;
session.onDeepHeartbeatFailure(() => (failures += 1));
await session.connect();
await new Promise((resolve) => setTimeout(resolve, 5500));

const subscribes = frames.filter((frame) => frame.topic === "aws/subscribe").map((frame) => frame.at);
const rounded = subscribes.map((at) => Math.round((at - subscribes[0]) / 1000));
assert.deepEqual(rounded, [0, 1, 2, 3]);
console.log("ok 1 chatjs: subscribes at 0, 1, 2 and 3 seconds, and then no more");

assert.equal(failures, 1);
console.log("ok 2 chatjs: is told that its ping failed");
console.log("2 passed, 0 failed");
process.exit(0);
