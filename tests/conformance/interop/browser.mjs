// What amazon-connect-chatjs expects of a browser, and a session of it for the chat that is named on the command line.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";

/** The first line of the emulator. */
export const details = JSON.parse(process.argv[2]);

const require = createRequire(path.join(path.resolve(process.argv[3] ?? "."), "package.json"));
const { WebSocket: RealWebSocket } = require("ws");

/** Every socket the client has opened. */
export const sockets = [];
/** The path of every call it has made. */
export const calls = [];
/** Every frame it has sent: when, and its topic. */
export const frames = [];

class BrowserWebSocket extends RealWebSocket {
  constructor(url, protocols) {
    assert.equal(protocols, undefined, "no subprotocol");
    super(url);
    sockets.push(this);
  }

  send(text, ...rest) {
    frames.push({ at: Date.now(), topic: JSON.parse(text).topic });
    super.send(text, ...rest);
  }
}

const realFetch = globalThis.fetch;
const define = (name, value) =>
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
define("window", globalThis);
define("self", globalThis);
define("navigator", { onLine: true, userAgent: "Mozilla/5.0 (X11; Linux x86_64) Node", platform: "Linux" });
define("document", {
  addEventListener() {},
  removeEventListener() {},
  visibilityState: "visible",
  hidden: false,
});
define("WebSocket", BrowserWebSocket);
define("fetch", (resource, init) => {
  const url = typeof resource === "string" ? resource : resource.url;
  const target = new URL(url);
  assert.equal(target.hostname, "127.0.0.1", `nothing but the emulator is called: ${target.host}`);
  calls.push(target.pathname);
  // Browsers make this header themselves and drop the one that is given.
  const dropped = ([name]) => name.toLowerCase() !== "content-length";
  const headers = init?.method === "PUT" ? Object.fromEntries(Object.entries(init.headers).filter(dropped)) : init?.headers;
  return realFetch(resource, init && { ...init, headers });
});
if (!globalThis.addEventListener) {
  define("addEventListener", () => {});
  define("removeEventListener", () => {});
}

require("amazon-connect-chatjs");
const { connect } = globalThis.window;

/** A customer's session, not connected yet. */
export function createSession() {
  connect.ChatSession.setGlobalConfig({
    region: "us-west-2",
    endpoint: details.endpoint,
    loggerConfig: { useDefaultLogger: false },
  });
  return connect.ChatSession.create({
    chatDetails: {
      contactId: details.contact_id,
      participantId: details.participant_id,
      participantToken: details.participant_token,
    },
    type: "CUSTOMER",
    disableCSM: true,
  });
}
