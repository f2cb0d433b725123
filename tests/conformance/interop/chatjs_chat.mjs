// A whole chat of amazon-connect-chatjs, unmodified, against the emulator.
//
// usage: node chatjs_chat.mjs '<first line of the emulator>' [folder with node_modules]

import assert from "node:assert/strict";
import { calls, createSession, details, sockets } from "./browser.mjs";
import { finish, hear, heard, listen, step as named } from "./steps.mjs";

const step = (name, run) => named("chatjs", name, run);

const E = "application/vnd.amazonaws.connect.event.";
const says = (text) => (data) => data.Content === text;

const session = createSession();
listen(session, [
  "onConnectionEstablished",
  "onConnectionLost",
  "onConnectionBroken",
  "onMessage",
  "onTyping",
  "onReadReceipt",
  "onDeliveredReceipt",
  "onEnded",
  "onDeepHeartbeatSuccess",
  "onParticipantIdle",
  "onParticipantReturned",
]);

let own;
let greeting;

await step("connects and subscribes", async () => {
  const result = await session.connect();
  assert.equal(result.connectSuccess, true);
  await hear("onConnectionEstablished");
  await hear("onDeepHeartbeatSuccess");
  assert.equal(sockets.length, 1);
  assert.equal(sockets[0].protocol, "");
});

await step("hears the flow and the agent who joins and greets", async () => {
  const flow = await hear("onMessage", says("You are now being placed in queue."));
  assert.equal(flow.DisplayName, "SYSTEM_MESSAGE");
  assert.equal(flow.ParticipantRole, "SYSTEM");
  await hear("onMessage", (data) => data.ContentType === `${E}participant.joined` && data.ParticipantRole === "AGENT");
  greeting = await hear("onMessage", (data) => data.ParticipantRole === "AGENT" && data.Type === "MESSAGE");
  assert.equal(greeting.InitialContactId, details.contact_id);
});

await step("sends a message and hears its echo with the same id", async () => {
  const answer = await session.sendMessage({ contentType: "text/plain", message: "Where is my parcel?" });
  own = answer.data;
  assert.match(own.AbsoluteTime, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const echo = await hear("onMessage", (data) => data.Id === own.Id);
  assert.equal(echo.Content, "Where is my parcel?");
  assert.equal(echo.ParticipantId, details.participant_id);
  assert.equal(echo.AbsoluteTime, own.AbsoluteTime);
});

await step("learns that the message was delivered and read", async () => {
  const delivered = await hear("onDeliveredReceipt", (data) => data.MessageMetadata.MessageId === own.Id);
  assert.ok(delivered.MessageMetadata.Receipts[0].DeliveredTimestamp);
  const read = await hear("onReadReceipt", (data) => data.MessageMetadata.MessageId === own.Id);
  assert.ok(read.MessageMetadata.Receipts[0].ReadTimestamp);
});

await step("hears the agent type and answer", async () => {
  await hear("onTyping", (data) => data.ParticipantRole === "AGENT");
  const reply = await hear("onMessage", (data) => data.ParticipantRole === "AGENT" && data.Type === "MESSAGE");
  assert.ok(reply.Content.includes("Where is my parcel?"));
});

await step("types", async () => {
  const answer = await session.sendEvent({ contentType: `${E}typing` });
  assert.ok(answer.data.Id);
  await hear("onTyping", (data) => data.ParticipantRole === "CUSTOMER");
});

await step("confirms a message as delivered and as read", async () => {
  for (const kind of ["delivered", "read"]) {
    const content = JSON.stringify({ messageId: greeting.Id, disableThrottle: true });
    const answer = await session.sendEvent({ contentType: `${E}message.${kind}`, content });
    assert.ok(answer.data.Id, kind);
  }
});

await step("reads the transcript, receipts merged", async () => {
  const { data } = await session.getTranscript({ maxResults: 100, sortOrder: "ASCENDING" });
  assert.equal(data.InitialContactId, details.contact_id);
  const ids = data.Transcript.map((item) => item.Id);
  assert.ok(ids.indexOf(greeting.Id) >= 0 && ids.indexOf(greeting.Id) < ids.indexOf(own.Id));
  const stored = data.Transcript.find((item) => item.Id === greeting.Id);
  const [receipt] = stored.MessageMetadata.Receipts;
  assert.equal(receipt.RecipientParticipantId, details.participant_id);
  assert.ok(receipt.DeliveredTimestamp && receipt.ReadTimestamp);
  const times = data.Transcript.map((item) => item.AbsoluteTime);
  assert.deepEqual(times, [...times].sort());
  assert.ok(!data.Transcript.some((item) => item.ContentType === `${E}typing`));
});

await step("pages through the transcript", async () => {
  const whole = (await session.getTranscript({ maxResults: 100, sortOrder: "ASCENDING" })).data.Transcript;
  let pages = [];
  let nextToken;
  do {
    const query = { maxResults: 3, sortOrder: "ASCENDING", scanDirection: "BACKWARD", nextToken };
    const { data } = await session.getTranscript(query);
    pages = [...data.Transcript, ...pages];
    nextToken = data.NextToken;
  } while (nextToken);
  assert.deepEqual(pages.map((item) => item.Id), whole.map((item) => item.Id));
});

await step("is given a list and chooses", async () => {
  await session.sendMessage({ contentType: "text/plain", message: "menu" });
  const list = await hear("onMessage", (data) => data.ContentType === "application/vnd.amazonaws.connect.message.interactive");
  const { templateType, data } = JSON.parse(list.Content);
  assert.equal(templateType, "ListPicker");
  const { title } = data.content.elements[1];
  await session.sendMessage({ contentType: "text/plain", message: title });
  await hear("onMessage", (item) => item.ParticipantRole === "AGENT" && item.Content?.includes(title));
});

await step("puts the pieces of a streamed answer together", async () => {
  await session.sendMessage({ contentType: "text/plain", message: "bot" });
  const whole = "Your parcel left the depot at 06:10. It should be with you today.";
  const pieces = [];
  for (;;) {
    const piece = await hear("onMessage", (data) => data.DisplayName === "BOT");
    pieces.push(piece);
    if (piece.Content === whole && piece.MessageMetadata.MessageCompleted) break;
  }
  assert.equal(new Set(pieces.map((piece) => piece.Id)).size, 1);
  assert.ok(pieces.length >= 2);
});

await step("is transferred and goes on", async () => {
  await session.sendMessage({ contentType: "text/plain", message: "transfer" });
  await hear("onMessage", (data) => data.ContentType === `${E}transfer.succeeded`);
  const hello = await hear("onMessage", (data) => data.Content?.startsWith("Hello, I have read"));
  assert.equal(hello.InitialContactId, details.contact_id);
  assert.notEqual(hello.ContactId, details.contact_id);
});

await step("loses its connection and comes back by itself", async () => {
  heard.length = 0;
  const before = calls.filter((call) => call === "/participant/connection").length;
  sockets.at(-1).terminate();
  await hear("onConnectionLost");
  await hear("onConnectionEstablished");
  const after = calls.filter((call) => call === "/participant/connection").length;
  assert.equal(after, before + 1);
  assert.equal(sockets.length, 2);
  await session.sendMessage({ contentType: "text/plain", message: "still here" });
  await hear("onMessage", says("still here"));
});

await step("sees the customer idle and back", async () => {
  await session.sendMessage({ contentType: "text/plain", message: "idle" });
  await hear("onParticipantIdle");
  await hear("onParticipantReturned");
});

await step("ends the chat", async () => {
  await session.disconnectParticipant();
  await hear("onEnded");
  await hear("onMessage", (data) => data.ContentType === `${E}chat.ended`);
  await assert.rejects(session.getTranscript({}), (error) => /No active connection/.test(error));
  assert.ok(sockets.every((socket) => socket.readyState >= WebSocket.CLOSING));
});

const broken = heard.filter((event) => event.kind === "onConnectionBroken").length;
assert.equal(broken, 0);
finish();
