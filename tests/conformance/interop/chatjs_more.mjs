// The rest of amazon-connect-chatjs, unmodified, against the emulator: many messages, files, views, authentication.
//
// usage: node chatjs_more.mjs '<first line of the emulator>' [folder with node_modules]

import assert from "node:assert/strict";
import { File } from "node:buffer";
import { calls, createSession, details, sockets } from "./browser.mjs";
import { finish, hear, heard, listen, step as named } from "./steps.mjs";

const step = (name, run) => named("chatjs", name, run);
const E = "application/vnd.amazonaws.connect.event.";
const MESSAGES = 100;

const session = createSession();
listen(session, [
  "onConnectionEstablished",
  "onConnectionLost",
  "onMessage",
  "onEnded",
  "onAuthenticationInitiated",
  "onAuthenticationSuccessful",
  "onAuthenticationCanceled",
  "onParticipantDisplayNameUpdated",
]);

const say = (message) => session.sendMessage({ contentType: "text/plain", message });
const isFile = (status, role) => (data) =>
  data.Type === "ATTACHMENT" && data.ParticipantRole === role && data.Attachments[0].Status === status;
const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 31) % 251);

await step("connects", async () => {
  await session.connect();
  await hear("onConnectionEstablished");
  await hear("onMessage", (data) => data.ParticipantRole === "AGENT" && data.Type === "MESSAGE");
});

await step(`sends ${MESSAGES} messages and hears each of them once`, async () => {
  const sent = [];
  for (let number = 1; number <= MESSAGES; number += 1) {
    sent.push((await say(`number ${number}`)).data.Id);
  }
  for (const id of sent) await hear("onMessage", (data) => data.Id === id);
  assert.equal(new Set(sent).size, MESSAGES);
  assert.ok(!heard.some((event) => sent.includes(event.data?.Id)));
});

await step("reads all of them in the order of sending", async () => {
  let items = [];
  let nextToken;
  do {
    const query = { maxResults: 100, sortOrder: "ASCENDING", scanDirection: "BACKWARD", nextToken };
    const { data } = await session.getTranscript(query);
    items = [...data.Transcript, ...items];
    nextToken = data.NextToken;
  } while (nextToken);
  const own = items.filter((item) => item.ParticipantRole === "CUSTOMER" && item.Type === "MESSAGE");
  const expected = Array.from({ length: MESSAGES }, (_, at) => `number ${at + 1}`);
  assert.deepEqual(own.map((item) => item.Content), expected);
});

let attachmentId;

await step("sends a file, which is scanned and approved", async () => {
  const attachment = new File([bytes], "receipt.pdf", { type: "application/pdf" });
  await session.sendAttachment({ attachment });
  assert.ok(calls.includes("/participant/complete-attachment-upload"));
  const scanned = await hear("onMessage", isFile("IN_PROGRESS", "CUSTOMER"));
  const approved = await hear("onMessage", isFile("APPROVED", "CUSTOMER"));
  assert.equal(approved.Id, scanned.Id);
  assert.equal(approved.Attachments[0].AttachmentName, "receipt.pdf");
  assert.equal(approved.Attachments[0].ContentType, "application/pdf");
  attachmentId = approved.Attachments[0].AttachmentId;
});

await step("gets its file back", async () => {
  const blob = await session.downloadAttachment({ attachmentId });
  assert.equal(blob.type, "application/pdf");
  assert.deepEqual(new Uint8Array(await blob.arrayBuffer()), bytes);
});

await step("has a bad file rejected", async () => {
  const attachment = new File([bytes], "virus.pdf", { type: "application/pdf" });
  await session.sendAttachment({ attachment });
  await hear("onMessage", isFile("REJECTED", "CUSTOMER"));
});

await step("cannot send a file of an unknown kind, nor one too large", async () => {
  const unknown = new File([bytes], "a.exe", { type: "application/octet-stream" });
  await assert.rejects(session.sendAttachment({ attachment: unknown }), (error) => error.type === "ValidationException");
  const large = new File([new Uint8Array(20 * 1024 * 1024 + 1)], "a.pdf", { type: "application/pdf" });
  await assert.rejects(
    session.sendAttachment({ attachment: large }),
    (error) => error.type === "ServiceQuotaExceededException",
  );
});

await step("gets a file of the agent", async () => {
  await say("file");
  const file = await hear("onMessage", isFile("APPROVED", "AGENT"));
  const blob = await session.downloadAttachment({ attachmentId: file.Attachments[0].AttachmentId });
  assert.match(await blob.text(), /^Return label/);
});

await step("describes a view", async () => {
  await say("view");
  const item = await hear("onMessage", (data) => data.Content?.includes('"ViewResource"'));
  const { viewToken } = JSON.parse(item.Content).data.content;
  const { data } = await session.describeView({ viewToken });
  assert.equal(data.View.Name, "Return form");
  assert.ok(JSON.parse(data.View.Content.Template).Body.length > 0);
  await assert.rejects(session.describeView({ viewToken: "a/b" }), (error) => error.type === "ResourceNotFoundException");
});

await step("authenticates, and is called by another name", async () => {
  await say("auth");
  const begun = await hear("onAuthenticationInitiated");
  const { SessionId: sessionId } = JSON.parse(begun.Content);
  const { data } = await session.getAuthenticationUrl({ redirectUri: "https://shop.example/signed-in", sessionId });
  assert.ok(data.AuthenticationUrl.startsWith(details.endpoint));
  await hear("onAuthenticationSuccessful");
  const renamed = await hear("onParticipantDisplayNameUpdated");
  assert.equal(renamed.DisplayName, "Ines Roth");
});

await step("cancels an authentication", async () => {
  await say("auth");
  const begun = await hear("onAuthenticationInitiated");
  const { SessionId: sessionId } = JSON.parse(begun.Content);
  await session.cancelParticipantAuthentication({ sessionId });
  await hear("onAuthenticationCanceled");
});

await step("comes back after a cut and finds what it has missed", async () => {
  heard.length = 0;
  sockets.at(-1).terminate();
  await hear("onConnectionLost");
  const missed = (await say("said without a socket")).data.Id;
  await hear("onConnectionEstablished");
  const { data } = await session.getTranscript({ maxResults: 10 });
  assert.ok(data.Transcript.some((item) => item.Id === missed));
  const again = (await say("heard again")).data.Id;
  await hear("onMessage", (item) => item.Id === again);
});

await step("ends the chat", async () => {
  await session.disconnectParticipant();
  await hear("onEnded");
  await hear("onMessage", (data) => data.ContentType === `${E}chat.ended`);
});

finish();
