// Every operation of @aws-sdk/client-connectparticipant, unmodified, against the emulator.
//
// usage: node aws_sdk_chat.mjs '<first line of the emulator>' [folder with node_modules]

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import path from "node:path";
import { finish, heard, hear, step as named } from "./steps.mjs";

const details = JSON.parse(process.argv[2]);
const require = createRequire(path.join(path.resolve(process.argv[3] ?? "."), "package.json"));
const sdk = require("@aws-sdk/client-connectparticipant");
const { WebSocket } = require("ws");

const step = (name, run) => named("aws-sdk", name, run);
const E = "application/vnd.amazonaws.connect.event.";
const client = new sdk.ConnectParticipantClient({
  endpoint: details.endpoint,
  region: "us-west-2",
  credentials: { accessKeyId: "loopback", secretAccessKey: "loopback" },
  maxAttempts: 1,
});

/** Operations that were answered. */
const answered = new Set();
let token;

async function call(operation, input = {}) {
  const answer = await client.send(new sdk[`${operation}Command`]({ ConnectionToken: token, ...input }));
  assert.equal(answer.$metadata.httpStatusCode, 200);
  assert.ok(answer.$metadata.requestId);
  answered.add(operation);
  return answer;
}

const refused = (type, operation, input) =>
  assert.rejects(call(operation, input), (error) => {
    assert.ok(error instanceof sdk[type], `${type} expected, got ${error.name}`);
    assert.ok(error.message && error.$metadata.requestId);
    return true;
  });

const say = (Content) => call("SendMessage", { ContentType: "text/plain", Content });
const connect = (ParticipantToken) =>
  call("CreateParticipantConnection", { ParticipantToken, Type: ["WEBSOCKET", "CONNECTION_CREDENTIALS"] });

let socket;

await step("connects", async () => {
  await refused("AccessDeniedException", "CreateParticipantConnection", { ParticipantToken: "nonsense" });
  const connection = await connect(details.participant_token);
  token = connection.ConnectionCredentials.ConnectionToken;
  assert.ok(Date.parse(connection.ConnectionCredentials.Expiry) > Date.now());
  assert.ok(Date.parse(connection.Websocket.ConnectionExpiry) > Date.now());
  socket = new WebSocket(connection.Websocket.Url);
  socket.on("message", (frame) => {
    const { topic, content } = JSON.parse(frame);
    if (topic === "aws/chat") heard.push({ kind: "item", data: JSON.parse(content) });
  });
  await new Promise((resolve) => socket.on("open", resolve));
  socket.send(JSON.stringify({ topic: "aws/subscribe", content: { topics: ["aws/chat"] } }));
  await hear("item", (item) => item.ParticipantRole === "AGENT" && item.Type === "MESSAGE");
});

await step("sends a message, once for one ClientToken, and an event", async () => {
  const input = { ContentType: "text/plain", Content: "hello", ClientToken: "one" };
  const sent = await call("SendMessage", input);
  assert.equal((await call("SendMessage", input)).Id, sent.Id);
  await hear("item", (item) => item.Id === sent.Id);
  assert.ok((await call("SendEvent", { ContentType: `${E}typing` })).Id);
  const { Transcript, InitialContactId } = await call("GetTranscript", { MaxResults: 100 });
  assert.equal(InitialContactId, details.contact_id);
  assert.equal(Transcript.filter((item) => item.Id === sent.Id).length, 1);
});

const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => (at * 7) % 253);
const announce = { AttachmentName: "receipt.pdf", ContentType: "application/pdf", AttachmentSizeInBytes: bytes.length };
let attachment;

await step("announces, puts and completes a file", async () => {
  const upload = await call("StartAttachmentUpload", announce);
  attachment = { AttachmentIds: [upload.AttachmentId] };
  await refused("ConflictException", "CompleteAttachmentUpload", attachment);
  const { "Content-Length": length, ...headers } = upload.UploadMetadata.HeadersToInclude;
  assert.equal(length, String(bytes.length));
  const put = await fetch(upload.UploadMetadata.Url, { method: "PUT", headers, body: bytes });
  assert.equal(put.status, 200);
  await call("CompleteAttachmentUpload", attachment);
  await refused("ConflictException", "CompleteAttachmentUpload", attachment);
  const item = await hear("item", (item) => item.Attachments?.[0].Status === "APPROVED");
  assert.equal(item.Attachments[0].AttachmentId, upload.AttachmentId);
});

await step("gets the file back", async () => {
  const input = { AttachmentId: attachment.AttachmentIds[0], UrlExpiryInSeconds: 30 };
  const found = await call("GetAttachment", input);
  assert.equal(found.AttachmentSizeInBytes, bytes.length);
  const file = await fetch(found.Url);
  assert.deepEqual(new Uint8Array(await file.arrayBuffer()), bytes);
  assert.equal(file.headers.get("content-disposition"), 'attachment; filename="receipt.pdf"');
});

await step("is refused by name", async () => {
  const large = { ...announce, AttachmentSizeInBytes: 20 * 1024 * 1024 + 1 };
  await refused("ServiceQuotaExceededException", "StartAttachmentUpload", large);
  await refused("ValidationException", "StartAttachmentUpload", { ...announce, AttachmentName: "a.exe" });
  await refused("ValidationException", "GetAttachment", { AttachmentId: "unknown" });
  await refused("ResourceNotFoundException", "DescribeView", { ViewToken: "a/b+c=" });
  await refused("AccessDeniedException", "GetTranscript", { ConnectionToken: "nonsense" });
});

await step("describes a view by a token that has to be encoded", async () => {
  await say("view");
  const item = await hear("item", (item) => item.Content?.includes('"ViewResource"'));
  const { viewToken: ViewToken } = JSON.parse(item.Content).data.content;
  const { View } = await call("DescribeView", { ViewToken });
  assert.deepEqual(View.Content.Actions, ["Submit", "Cancel"]);
  assert.equal(View.Version, 1);
});

await step("authenticates and cancels", async () => {
  await say("auth");
  const begun = await hear("item", (item) => item.ContentType === `${E}authentication.initiated`);
  const { SessionId } = JSON.parse(begun.Content);
  const RedirectUri = "https://shop.example/signed-in";
  const { AuthenticationUrl } = await call("GetAuthenticationUrl", { SessionId, RedirectUri });
  const page = await fetch(AuthenticationUrl, { redirect: "manual" });
  assert.equal(page.status, 302);
  assert.ok(page.headers.get("location").startsWith(RedirectUri));
  await hear("item", (item) => item.ContentType === `${E}authentication.succeeded`);
  await say("auth");
  const again = await hear("item", (item) => item.ContentType === `${E}authentication.initiated`);
  await call("CancelParticipantAuthentication", JSON.parse(again.Content));
  await hear("item", (item) => item.ContentType === `${E}authentication.cancelled`);
});

await step("disconnects", async () => {
  await call("DisconnectParticipant");
  await hear("item", (item) => item.ContentType === `${E}chat.ended`);
  await refused("AccessDeniedException", "SendMessage", { ContentType: "text/plain", Content: "x" });
});

await step("has called every operation", () => {
  const all = Object.keys(sdk).filter((name) => /^[A-Z]\w+Command$/.test(name));
  assert.deepEqual([...answered].sort(), all.map((name) => name.replace(/Command$/, "")).sort());
});

finish();
