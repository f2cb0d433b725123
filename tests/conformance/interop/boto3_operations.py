"""Every operation of connectparticipant by boto3, unmodified, against the emulator; every answer is held against the
vendor's own API model.

usage: boto3_operations.py '<first line of the emulator>'
"""

import json
import sys
import time
import urllib.error
import urllib.request
import uuid

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

DETAILS = json.loads(sys.argv[1])
SETTINGS = dict(
    region_name="us-west-2",
    endpoint_url=DETAILS["endpoint"],
    aws_access_key_id="loopback",
    aws_secret_access_key="loopback",
    config=Config(retries={"max_attempts": 1}),
)
EVENT = "application/vnd.amazonaws.connect.event."
backend = boto3.client("connect", **SETTINGS)
client = boto3.client("connectparticipant", **SETTINGS)
passed = 0


def report(kind, error, trace):
    sys.__excepthook__(kind, error, trace)
    print(f"{passed} passed, 1 failed")


sys.excepthook = report


def done(name):
    global passed
    passed += 1
    print(f"ok {passed} boto3: {name}", flush=True)


# --- The vendor's model -------------------------------------------------------------------------------------------

answered = set()


def fits(value, shape, where):
    """A value of an answer against its shape in the model: known members, types, lengths, enumerations."""
    kind = shape.type_name
    if kind == "structure":
        assert isinstance(value, dict), (where, value)
        unknown = set(value) - {member.serialization.get("name", name) for name, member in shape.members.items()}
        assert not unknown, (where, unknown)
        assert set(shape.required_members) <= set(value), (where, value)
        for name, member in shape.members.items():
            if name in value:
                fits(value[name], member, f"{where}.{name}")
    elif kind == "list":
        assert isinstance(value, list), (where, value)
        for entry in value:
            fits(entry, shape.member, f"{where}[]")
    elif kind == "map":
        for key, entry in value.items():
            fits(key, shape.key, f"{where} key")
            fits(entry, shape.value, f"{where}[{key}]")
    else:
        expected = {"string": str, "boolean": bool, "integer": int, "long": int}[kind]
        assert isinstance(value, expected), (where, value)
        size = len(value) if kind == "string" else value
        low, high = shape.metadata.get("min"), shape.metadata.get("max")
        assert low is None or size >= low, (where, value)
        assert high is None or size <= high, (where, value)
        assert "enum" not in shape.metadata or value in shape.metadata["enum"], (where, value)


def hold(http_response, model, **_):
    body = json.loads(http_response.content)
    if http_response.status_code == 200:
        fits(body, model.output_shape, model.name)
        if model.service_model.service_name == "connectparticipant":
            answered.add(model.name)
    else:
        name = http_response.headers["x-amzn-ErrorType"]
        shapes = [shape for shape in model.error_shapes if shape.name == name]
        assert shapes, f"{model.name} has no {name}"


for each in (backend, client):
    each.meta.events.register(f"after-call.{each.meta.service_model.service_name}", hold)


def refused(code, call, **arguments):
    try:
        answer = call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        return error.response
    raise AssertionError(f"{code} expected, got {answer}")


# --- The storage --------------------------------------------------------------------------------------------------


def fetch(method, url, headers=None, data=None):
    request = urllib.request.Request(url, method=method, headers=headers or {}, data=data)
    try:
        with urllib.request.urlopen(request, timeout=15) as answer:
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def put(upload, data, **changes):
    headers = {**upload["UploadMetadata"]["HeadersToInclude"], **changes}
    # The library makes its own, of what is really sent.
    del headers["Content-Length"]
    return fetch("PUT", upload["UploadMetadata"]["Url"], headers, data)


# --- Start and connect --------------------------------------------------------------------------------------------

start = dict(
    InstanceId="3f1c9d52-0a77-4c1e-8a55-61b8f4e0c7d1",
    ContactFlowId="90c2a7de-4f18-4b6a-9d33-c5e81f0b7a46",
    ParticipantDetails={"DisplayName": "Ines"},
)
chat = backend.start_chat_contact(**start, ConnectionTypes=["WEBSOCKET", "CONNECTION_CREDENTIALS"])
assert chat["Websocket"]["Url"].startswith("ws://127.0.0.1:")
token = chat["ConnectionCredentials"]["ConnectionToken"]
client.get_transcript(ConnectionToken=token)
done("starts a chat and has its connection at once")

connection = client.create_participant_connection(
    ParticipantToken=chat["ParticipantToken"],
    Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"],
    ConnectParticipant=True,
)
token = connection["ConnectionCredentials"]["ConnectionToken"]
done("connects without a socket")


def newest(fits, within=15):
    """The newest item that fits, once there is one."""
    until = time.time() + within
    while time.time() < until:
        items = client.get_transcript(MaxResults=100, ConnectionToken=token)["Transcript"]
        for item in items:
            if fits(item):
                return item
        time.sleep(0.2)
    raise AssertionError(f"not found: {items}")


sent = client.send_message(ContentType="text/plain", Content="hello", ConnectionToken=token)
client.send_event(ContentType=EVENT + "typing", ConnectionToken=token)
newest(lambda item: item["Id"] == sent["Id"])
done("sends a message and an event, and reads them back")

# --- Files --------------------------------------------------------------------------------------------------------

data = bytes(range(256)) * 1000
announce = dict(
    ContentType="application/pdf",
    AttachmentSizeInBytes=len(data),
    AttachmentName="receipt (1) \u00e9.pdf",
    ClientToken=str(uuid.uuid4()),
    ConnectionToken=token,
)
upload = client.start_attachment_upload(**announce)
assert client.start_attachment_upload(**announce)["AttachmentId"] == upload["AttachmentId"]
done("announces a file, and once for one ClientToken")

complete = dict(AttachmentIds=[upload["AttachmentId"]], ClientToken=str(uuid.uuid4()), ConnectionToken=token)
refused("ConflictException", client.complete_attachment_upload, **complete)
done("cannot complete what is not there")

for attempt in (put(upload, data, **{"Content-Type": "text/plain"}), put(upload, data[1:])):
    status, headers, body = attempt
    assert (status, headers["Content-Type"]) == (403, "application/xml"), attempt
    assert b"<Code>SignatureDoesNotMatch</Code>" in body
done("cannot put another file than the one that was signed")

status, headers, body = put(upload, data)
assert (status, body) == (200, b"") and headers["ETag"]
client.complete_attachment_upload(**complete)
client.complete_attachment_upload(**complete)
refused("ConflictException", client.complete_attachment_upload, **{**complete, "ClientToken": str(uuid.uuid4())})
done("puts the file and completes it once")

own = lambda status: lambda item: (
    item["Type"] == "ATTACHMENT"
    and item["Attachments"][0]["AttachmentId"] == upload["AttachmentId"]
    and item["Attachments"][0]["Status"] == status
)
assert newest(own("IN_PROGRESS"))["Attachments"][0]["AttachmentName"] == announce["AttachmentName"]
refused("ValidationException", client.get_attachment, AttachmentId=upload["AttachmentId"], ConnectionToken=token)
newest(own("APPROVED"))
done("sees its file scanned and approved")

for disposition in ("ATTACHMENT", "INLINE"):
    found = client.get_attachment(
        AttachmentId=upload["AttachmentId"],
        UrlExpiryInSeconds=60,
        UrlContentDisposition=disposition,
        ConnectionToken=token,
    )
    assert found["AttachmentSizeInBytes"] == len(data)
    status, headers, body = fetch("GET", found["Url"])
    assert (status, headers["Content-Type"]) == (200, "application/pdf")
    assert headers["Content-Disposition"].startswith(disposition.lower())
    assert body == data
done("gets its file back, to be kept or to be shown")

refused("ServiceQuotaExceededException", client.start_attachment_upload, **{**announce, "AttachmentSizeInBytes": 20 * 2**20 + 1})
refused("ValidationException", client.start_attachment_upload, **{**announce, "AttachmentName": "a.exe"})
refused("ValidationException", client.get_attachment, AttachmentId="unknown", ConnectionToken=token)
done("is refused files too large and of unknown kinds")

client.send_message(ContentType="text/plain", Content="file", ConnectionToken=token)
item = newest(lambda item: item["Type"] == "ATTACHMENT" and item["ParticipantRole"] == "AGENT")
found = client.get_attachment(AttachmentId=item["Attachments"][0]["AttachmentId"], ConnectionToken=token)
assert fetch("GET", found["Url"])[2].startswith(b"Return label")
done("gets a file of the agent")

# --- Views --------------------------------------------------------------------------------------------------------

client.send_message(ContentType="text/plain", Content="view", ConnectionToken=token)
item = newest(lambda item: '"ViewResource"' in item.get("Content", ""))
view_token = json.loads(item["Content"])["data"]["content"]["viewToken"]
assert "/" in view_token
view = client.describe_view(ViewToken=view_token, ConnectionToken=token)["View"]
assert json.loads(view["Content"]["Template"]) and json.loads(view["Content"]["InputSchema"])
assert view["Content"]["Actions"] == ["Submit", "Cancel"]
error = refused("ResourceNotFoundException", client.describe_view, ViewToken="a/b+c=", ConnectionToken=token)
assert error["ResourceId"] == "a/b+c=" and error["ResourceType"]
assert error["Error"]["Message"] == "View not found"
done("describes a view by its token")

# --- Authentication -----------------------------------------------------------------------------------------------
# Its events are not kept in transcripts: the session's id comes on a socket.

import websocket  # noqa: E402

socket = websocket.create_connection(connection["Websocket"]["Url"], timeout=15)
socket.send('{"topic": "aws/subscribe", "content": {"topics": ["aws/chat"]}}')


def heard(event):
    while True:
        frame = json.loads(socket.recv())
        item = json.loads(frame["content"]) if frame["topic"] == "aws/chat" else {}
        if item.get("ContentType") == EVENT + event:
            return item


redirect = "https://shop.example/signed-in"
client.send_message(ContentType="text/plain", Content="auth", ConnectionToken=token)
session = json.loads(heard("authentication.initiated")["Content"])["SessionId"]
address = client.get_authentication_url(SessionId=session, RedirectUri=redirect, ConnectionToken=token)
assert address["AuthenticationUrl"].startswith(DETAILS["endpoint"])
heard("authentication.succeeded")
assert heard("participant.displayname.updated")["DisplayName"] == "Ines Roth"
done("authenticates, and is called by another name")

client.send_message(ContentType="text/plain", Content="auth", ConnectionToken=token)
session = json.loads(heard("authentication.initiated")["Content"])["SessionId"]
client.cancel_participant_authentication(SessionId=session, ConnectionToken=token)
heard("authentication.cancelled")
refused("ValidationException", client.get_authentication_url, SessionId=session, RedirectUri=redirect, ConnectionToken=token)
done("cancels an authentication")

# --- The end, and a chat that goes on from it ---------------------------------------------------------------------

source = dict(PersistentChat={"RehydrationType": "ENTIRE_PAST_SESSION", "SourceContactId": chat["ContactId"]})
refused("InvalidRequestException", backend.start_chat_contact, **start, **source)
client.disconnect_participant(ConnectionToken=token)
refused("ResourceNotFoundException", backend.start_chat_contact, **start, RelatedContactId=str(uuid.uuid4()))
later = backend.start_chat_contact(**start, **source)
assert later["ContinuedFromContactId"] == chat["ContactId"]
done("goes on from a chat that has ended")

connection = client.create_participant_connection(
    ParticipantToken=later["ParticipantToken"], Type=["CONNECTION_CREDENTIALS"], ConnectParticipant=True
)
token = connection["ConnectionCredentials"]["ConnectionToken"]
client.send_message(ContentType="text/plain", Content="again", ConnectionToken=token)
query = dict(MaxResults=5, ScanDirection="BACKWARD", SortOrder="ASCENDING", ConnectionToken=token)
page = client.get_transcript(**query)
assert all(item["ContactId"] == later["ContactId"] for item in page["Transcript"])
items = page["Transcript"]
while page.get("NextToken"):
    page = client.get_transcript(**query, NextToken=page["NextToken"])
    items = page["Transcript"] + items
past = [item for item in items if item.get("RelatedContactId") == chat["ContactId"]]
assert sent["Id"] in [item["Id"] for item in past]
assert client.get_attachment(AttachmentId=upload["AttachmentId"], ConnectionToken=token)["Url"]
done("reads what was said before, and has the files of then")

missing = set(client.meta.service_model.operation_names) - answered
assert not missing, missing
done("has called every operation, and every answer fits the vendor's model")
print(f"{passed} passed, 0 failed")
