// A small client of our own that polls as Bright Pattern's web widget does, and reads as strictly as its mobile SDKs:
// every event has to get through both. The vendor publishes no client that runs without a browser or a telephone.
//
// usage: node bright_pattern_poll.mjs '<first line of the emulator>'

import assert from "node:assert/strict";
import { finish, heard, hear, step as named } from "./steps.mjs";

const details = JSON.parse(process.argv[2]);
const base = `${details.endpoint}/clientweb/api/v2`;
const step = (name, run) => named("bright-pattern", name, run);
const E = "chat_session_";

/** The widget gives up a poll after so long, and polls again at once. */
const PATIENCE = 13_000;
/** Browsers keep it. */
let cookie;
/** Counted as the widget counts: 1, 3, 5. */
let number = 1;
let chat;

async function call(method, endpoint, body, { signal, headers = {} } = {}) {
  const [place, query] = endpoint.split("?");
  const url = `${base}/${place}?tenantUrl=${encodeURIComponent(details.tenant)}&${query ?? ""}&timestamp=${Date.now()}`;
  const form = body instanceof FormData;
  const answer = await fetch(url, {
    method,
    signal,
    headers: {
      Authorization: `MOBILE-API-140-327-PLAIN appId="${details.app_id}", clientId="WebChat"`,
      ...(cookie ? { Cookie: cookie } : {}),
      ...(body && !form ? { "Content-Type": "application/json; charset=utf-8" } : {}),
      ...headers,
    },
    body: form ? body : body && JSON.stringify(body),
  });
  cookie = answer.headers.get("set-cookie")?.split(";")[0] ?? cookie;
  return answer;
}

async function json(method, endpoint, body) {
  const answer = await call(method, endpoint, body);
  assert.equal(answer.status, 200, endpoint);
  return answer.json();
}

async function send(...events) {
  const answer = await call("POST", `chats/${chat}/events`, { events });
  assert.equal(answer.status, 200);
  assert.equal(await answer.text(), "", "nothing comes with it");
}

async function say(msg) {
  const msg_id = `${number}`;
  number += 2;
  await send({ event: `${E}message`, msg, msg_id });
  return msg_id;
}

const isText = (value) => typeof value === "string";
const isTime = (event) => isText(event.timestamp) && /^\d{10}$/.test(event.timestamp);

/** What iOS does not throw away. Kinds that it does not know are skipped there. */
function iosKeeps(event) {
  switch (event.event.slice(E.length)) {
    case "status":
      return ["queued", "connecting", "connected", "ivr", "failed", "completed"].includes(event.state) && isText(event.ewt);
    case "message":
      return isText(event.msg) && isTime(event);
    case "party_joined":
      return ["scenario", "external", "internal"].includes(event.type) && isText(event.party_id) && isTime(event);
    case "party_left":
      return isText(event.party_id) && isTime(event);
    case "timeout_warning":
    case "inactivity_timeout":
      return isText(event.msg) && isTime(event);
    case "case_set":
      return isTime(event);
    case "message_delivered":
    case "message_read":
      return isText(event.ref_msg_id);
    default:
      return true;
  }
}

/** Without what Android's app ends. Kinds that it does not know end it as well: it is not told of those here. */
function androidSurvives(event) {
  const texts = (...names) => names.every((name) => isText(event[name]));
  switch (event.event.slice(E.length)) {
    case "message":
      return texts("party_id", "msg");
    case "message_delivered":
    case "message_read":
      return texts("ref_msg_id", "party_id");
    case "status":
      return texts("ewt");
    case "typing":
    case "not_typing":
      return texts("party_id");
    case "file":
      return texts("file_name", "file_id", "file_type", "party_id");
    case "form_show":
      return texts("channel", "form_name", "timestamp", "form_timeout") && Number.isInteger(Number(event.form_request_id));
    case "case_set":
      return texts("case_id");
    default:
      return true;
  }
}

function take(events) {
  for (const event of events) {
    assert.ok(iosKeeps(event), `iOS throws away ${JSON.stringify(event)}`);
    assert.ok(androidSurvives(event), `Android does not survive ${JSON.stringify(event)}`);
    heard.push({ kind: event.event.slice(E.length), data: event });
  }
}

let polls = 0;
let over = false;

/** The widget's loop: one poll after the other; given up after its time; 5005 is the end. */
async function poll() {
  while (!over) {
    polls += 1;
    const answer = await call("GET", `chats/${chat}/events`, undefined, { signal: AbortSignal.timeout(PATIENCE) });
    const body = await answer.json();
    if (answer.status === 200) {
      take(body.events);
      over = body.events.some((event) => event.event === `${E}ended`);
    } else {
      assert.equal(body.error_code, "5005", JSON.stringify(body));
      over = true;
    }
  }
}

let polling;

await step("asks whether anybody is there, and requests a chat", async () => {
  assert.equal((await json("GET", "availability")).chat, "available");
  const initial_message = { event: `${E}message`, msg: "Hello, my parcel is stuck", msg_id: "1" };
  number += 2;
  const request = { phone_number: "", from: "", parameters: { first_name: "Dana" }, initial_message };
  const session = await json("POST", "chats", request);
  assert.ok(cookie, "a browser is known by its cookie");
  assert.equal(session.is_new_chat, true);
  assert.ok(isText(session.chat_id) && isText(session.state) && isText(session.ewt));
  chat = session.chat_id;
  const again = await json("POST", "chats", request);
  assert.deepEqual([again.chat_id, again.is_new_chat], [chat, false]);
  polling = poll();
});

await step("is greeted by a bot, queued, and joined by an agent", async () => {
  assert.ok((await hear("info")).service_name);
  await hear("party_joined", (event) => event.type === "scenario");
  await hear("status", (event) => event.state === "queued" && event.ewt === "3");
  await hear("status", (event) => event.state === "connected");
  await hear("party_joined", (event) => event.type === "internal");
  await hear("message", (event) => event.msg.startsWith("Hello, how can I help?"));
});

await step("a second poll is refused, and the first goes on", async () => {
  await new Promise((resolve) => setTimeout(resolve, 200));
  const answer = await call("GET", `chats/${chat}/events`);
  assert.deepEqual([answer.status, (await answer.json()).error_code], [429, "5509"]);
});

await step("what is said is confirmed and answered", async () => {
  await send({ event: `${E}typing`, msg: "Where" });
  const id = await say("Where is it?");
  await hear("message_delivered", (event) => event.ref_msg_id === id);
  await hear("typing");
  const reply = await hear("message", (event) => event.msg.includes("Where is it?"));
  await hear("message_read", (event) => event.ref_msg_id === id);
  await send(
    { event: `${E}message_delivered`, ref_msg_id: reply.msg_id },
    { event: `${E}message_read`, ref_msg_id: reply.msg_id },
  );
  assert.match(reply.msg, /&quot;/, "an agent's words are HTML");
  assert.match(reply.msg_text, /"/);
});

await step("forms are shown and filled in", async () => {
  await say("form");
  const form = await hear("form_show");
  const { form_request_id, form_name } = form;
  await send({ event: `${E}form_data`, form_request_id, form_name, data: { street: "Harbour Road 1" } });
  await hear("message", (event) => event.msg.includes("your answers"));
});

await step("a case is attached, read and closed", async () => {
  assert.equal((await call("GET", `chats/${chat}/casehistory`)).status, 406);
  await say("case");
  assert.ok((await hear("case_set")).case_id);
  const { sessions } = await json("GET", `chats/${chat}/casehistory`);
  assert.ok(sessions.some((session) => session.chat_id === chat && isText(session.created_time)));
  await json("POST", `chats/${chat}/closecase`);
  await hear("message", (event) => event.msg.includes("closed your case"));
});

await step("files go both ways", async () => {
  const form = new FormData();
  form.append("file-upload-input", new Blob(["picture"], { type: "image/jpeg" }), "photo.jpg");
  const { file_id, file_name } = await json("POST", "files", form);
  assert.equal(file_name, "photo.jpg");
  await send({ event: `${E}file`, msg_id: `${number}`, file_id, file_type: "image", file_name });
  number += 2;
  await hear("message", (event) => event.msg.includes("photo.jpg"));
  const own = await call("GET", `chats/${chat}/files/${file_id}`);
  assert.deepEqual([own.headers.get("content-type"), await own.text()], ["image/jpeg", "picture"]);
  await say("file");
  const theirs = await hear("file");
  const open = await fetch(`${details.endpoint}/clientweb/file/${theirs.file_id}`);
  assert.match(await open.text(), /Return label/);
});

await step("a call is signalled, and its servers are decrypted", async () => {
  await say("call");
  const offer = await hear("signaling", (event) => event.data.type === "OFFER_CALL");
  const destination_party_id = offer.party_id;
  const data = { type: "ANSWER_CALL", sdp: offer.data.sdp };
  await send({ event: `${E}signaling`, msg_id: `${number}`, destination_party_id, data });
  number += 2;
  await hear("signaling", (event) => event.data.type === "ICE_CANDIDATE");

  const query = `domain=shop.acme.example&appId=${details.app_id}&sessionId=${chat}`;
  const sealed = Buffer.from(await (await call("GET", `iceservers?${query}`)).text(), "base64");
  const secret = await crypto.subtle.importKey("raw", new TextEncoder().encode(chat), "PBKDF2", false, ["deriveKey"]);
  const derive = { name: "PBKDF2", salt: sealed.subarray(0, 16), iterations: 65_536, hash: "SHA-256" };
  const key = await crypto.subtle.deriveKey(derive, secret, { name: "AES-GCM", length: 256 }, false, ["decrypt"]);
  const iv = sealed.subarray(16, 28);
  const clear = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed.subarray(28));
  const servers = JSON.parse(new TextDecoder().decode(clear));
  assert.ok(Array.isArray(servers) && servers.every((server) => isText(server.url)));
});

await step("the history has everything, in order, with one's own words as sent", async () => {
  const { events } = await json("GET", `chats/${chat}/history`);
  const own = events.filter((event) => event.event === `${E}message` && (event.party_id ?? chat) === chat);
  assert.deepEqual(own.map((event) => event.msg), [
    "Hello, my parcel is stuck", "Where is it?", "form", "case", "file", "call",
  ]);
  assert.deepEqual(own.map((event) => event.msg_id), [...own.map((event) => event.msg_id)].sort((a, b) => a - b));
  assert.ok(!events.some((event) => [`${E}typing`, `${E}signaling`].includes(event.event)));
  const times = events.filter((event) => event.timestamp).map((event) => Number(event.timestamp));
  assert.deepEqual(times, [...times].sort((a, b) => a - b));
});

await step("what a browser asks before it asks is granted, with its cookie", async () => {
  const origin = "http://shop.acme.example";
  const asked = await call("OPTIONS", "chats", undefined, { headers: { Origin: origin } });
  assert.equal(asked.headers.get("access-control-allow-origin"), origin);
  assert.equal(asked.headers.get("access-control-allow-credentials"), "true");
});

await step("leaving brings a survey, and the survey the end", async () => {
  await send({ event: `${E}disconnect` });
  await hear("party_left");
  const { form_request_id, form_name } = await hear("form_show", (event) => event.form_name === "Survey");
  await send({ event: `${E}form_data`, form_request_id, form_name, data: { rating: "5" } });
  await hear("ended");
  await polling;
  const answer = await call("GET", `chats/${chat}/history`);
  assert.deepEqual([answer.status, (await answer.json()).error_code], [404, "5005"]);
  assert.ok(polls > 10, `${polls} polls`);
});

finish();
