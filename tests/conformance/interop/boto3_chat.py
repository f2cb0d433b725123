"""A whole chat of boto3, unmodified, against the emulator.

usage: boto3_chat.py '<first line of the emulator>'
"""

import json
import re
import sys
import time
import uuid

import boto3
import websocket
from botocore.config import Config
from botocore.exceptions import ClientError

DETAILS = json.loads(sys.argv[1])
EVENT = "application/vnd.amazonaws.connect.event."
SETTINGS = dict(
    region_name="us-west-2",
    endpoint_url=DETAILS["endpoint"],
    aws_access_key_id="loopback",
    aws_secret_access_key="loopback",
    config=Config(retries={"max_attempts": 1}),
)

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


def refused(code, call, **arguments):
    try:
        answer = call(**arguments)
    except ClientError as error:
        assert error.response["Error"]["Code"] == code, error
        assert error.response["Error"]["Message"], error
        assert error.response["ResponseMetadata"]["RequestId"], error
        return error.response
    raise AssertionError(f"{code} expected, got {answer}")


class Socket:
    """A subscribed socket; frames are kept until asked for."""

    def __init__(self, url):
        self.socket = websocket.create_connection(url, timeout=15)
        self.items = []

    def send(self, frame):
        self.socket.send(frame if isinstance(frame, str) else json.dumps(frame))

    def frame(self):
        return json.loads(self.socket.recv())

    def item(self, fits):
        """The first chat item that fits, heard already or to be heard."""
        for at, item in enumerate(self.items):
            if fits(item):
                return self.items.pop(at)
        until = time.time() + 15
        while time.time() < until:
            frame = self.frame()
            if frame.get("topic") != "aws/chat":
                continue
            assert frame["contentType"] == "application/json"
            assert isinstance(frame["content"], str)
            item = json.loads(frame["content"])
            if fits(item):
                return item
            self.items.append(item)
        raise AssertionError(f"not heard; left over: {self.items}")


# --- Start --------------------------------------------------------------------------------------------------------

start = dict(
    InstanceId="3f1c9d52-0a77-4c1e-8a55-61b8f4e0c7d1",
    ContactFlowId="90c2a7de-4f18-4b6a-9d33-c5e81f0b7a46",
    ParticipantDetails={"DisplayName": "Ines"},
    Attributes={"orderNumber": "A-20417"},
    SupportedMessagingContentTypes=["text/plain", "application/json"],
    InitialMessage={"ContentType": "text/plain", "Content": "Hello, my parcel is late"},
    ClientToken=str(uuid.uuid4()),
)
chat = backend.start_chat_contact(**start)
assert re.fullmatch(r"[0-9a-f-]{36}", chat["ContactId"])
assert chat["ParticipantId"] and chat["ParticipantToken"]
done("starts a chat")

again = backend.start_chat_contact(**start)
assert again["ContactId"] == chat["ContactId"]
done("starts it once for one ClientToken")

# --- Connect ------------------------------------------------------------------------------------------------------

refused(
    "AccessDeniedException",
    client.create_participant_connection,
    Type=["WEBSOCKET"],
    ParticipantToken="nonsense",
)
done("is refused with a wrong participant token")

nothing = client.create_participant_connection(ParticipantToken=chat["ParticipantToken"], ConnectParticipant=False)
assert "Websocket" not in nothing and "ConnectionCredentials" not in nothing
credentials = client.create_participant_connection(
    ParticipantToken=chat["ParticipantToken"], Type=["CONNECTION_CREDENTIALS"]
)
assert "Websocket" not in credentials
done("gets only what it asks for")

connection = client.create_participant_connection(
    ParticipantToken=chat["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
)
token = connection["ConnectionCredentials"]["ConnectionToken"]
assert token != credentials["ConnectionCredentials"]["ConnectionToken"]
url = connection["Websocket"]["Url"]
assert url.startswith("ws://127.0.0.1:")
for moment in (connection["Websocket"]["ConnectionExpiry"], connection["ConnectionCredentials"]["Expiry"]):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", moment), moment
done("gets a socket address and a token")

socket = Socket(url)
socket.send('{"topic": "aws/subscribe", "content": {"topics": ["aws/chat"]}})')
assert socket.frame() == {
    "topic": "aws/subscribe",
    "content": {"status": "success", "topics": ["aws/chat"]},
}
done("subscribes, with the stray bracket of a mobile client")

socket.item(lambda item: item.get("Content") == "You are now being placed in queue.")
joined = socket.item(
    lambda item: item["ContentType"] == EVENT + "participant.joined" and item["ParticipantRole"] == "AGENT"
)
assert joined["InitialContactId"] == chat["ContactId"] == joined["ContactId"]
greeting = socket.item(lambda item: item["Type"] == "MESSAGE" and item["ParticipantRole"] == "AGENT")
reply = socket.item(lambda item: "my parcel is late" in item.get("Content", ""))
assert reply["ParticipantRole"] == "AGENT"
done("hears the flow, the agent, and the answer to its first message")

try:
    websocket.create_connection(url, timeout=5)
    raise AssertionError("the ticket was good twice")
except websocket.WebSocketBadStatusException as error:
    assert error.status_code == 403, error
done("cannot use a socket address twice")

socket.send({"topic": "aws/heartbeat"})
socket.send({"topic": "aws/ping"})
socket.send("garbage")
assert socket.frame() == {"topic": "aws/heartbeat"}
assert socket.frame() == {"topic": "aws/ping", "statusCode": 200, "statusContent": "OK"}
assert socket.frame()["message"] == "Forbidden"
socket.socket.ping("x")
done("has its heartbeats answered, and its garbage refused")

# --- Send ---------------------------------------------------------------------------------------------------------

client_token = str(uuid.uuid4())
message = dict(
    ContentType="text/plain", Content="Where is order A-20417? \U0001f4e6", ClientToken=client_token, ConnectionToken=token
)
sent = client.send_message(**message)
echo = socket.item(lambda item: item["Id"] == sent["Id"])
assert echo["Content"] == message["Content"]
assert echo["AbsoluteTime"] == sent["AbsoluteTime"]
assert echo["ParticipantId"] == chat["ParticipantId"]
repeated = client.send_message(**message)
assert (repeated["Id"], repeated["AbsoluteTime"]) == (sent["Id"], sent["AbsoluteTime"])
done("sends a message, and once for one ClientToken")

metadata = lambda key: lambda item: (
    item["Type"] == "MESSAGEMETADATA"
    and item["MessageMetadata"]["MessageId"] == sent["Id"]
    and key in item["MessageMetadata"]["Receipts"][0]
)
delivered = socket.item(metadata("DeliveredTimestamp"))
assert delivered["MessageMetadata"]["Receipts"][0]["RecipientParticipantId"] == greeting["ParticipantId"]
socket.item(metadata("ReadTimestamp"))
socket.item(lambda item: item["ContentType"] == EVENT + "typing" and item["ParticipantRole"] == "AGENT")
socket.item(lambda item: item["Type"] == "MESSAGE" and item["ParticipantRole"] == "AGENT" and "A-20417" in item["Content"])
done("learns that it was delivered and read, and gets an answer")

typing = client.send_event(ContentType=EVENT + "typing", ConnectionToken=token)
assert typing["Id"] and typing["AbsoluteTime"]
for kind in ("delivered", "read"):
    content = json.dumps({"messageId": greeting["Id"]})
    answer = client.send_event(ContentType=f"{EVENT}message.{kind}", Content=content, ConnectionToken=token)
    assert answer["Id"]
done("types and confirms")

client.send_message(ContentType="application/json", Content='{"a": 1}', ConnectionToken=token)
done("sends JSON")

# --- Errors -------------------------------------------------------------------------------------------------------

refused("ValidationException", client.send_message, ContentType="text/markdown", Content="*x*", ConnectionToken=token)
refused("ValidationException", client.send_message, ContentType="text/plain", Content="x" * 1025, ConnectionToken=token)
refused("ValidationException", client.send_event, ContentType=EVENT + "chat.ended", ConnectionToken=token)
refused(
    "ValidationException",
    client.send_event,
    ContentType=EVENT + "message.read",
    Content="not json",
    ConnectionToken=token,
)
error = refused("ValidationException", client.get_transcript, ScanDirection="FORWARD", ConnectionToken=token)
assert error["Error"]["Message"] == "Validation exception due to invalid parameter"
refused("AccessDeniedException", client.get_transcript, ConnectionToken=chat["ParticipantToken"])
refused("ResourceNotFoundException", client.describe_view, ViewToken="a/b", ConnectionToken=token)
refused("InvalidRequestException", backend.start_chat_contact, **{**start, "SupportedMessagingContentTypes": ["text/markdown"]})
done("is refused by name")

# --- Transcript ---------------------------------------------------------------------------------------------------

time.sleep(2)
whole = client.get_transcript(MaxResults=100, SortOrder="ASCENDING", ConnectionToken=token)
items = whole["Transcript"]
ids = [item["Id"] for item in items]
assert whole["InitialContactId"] == chat["ContactId"]
assert not whole.get("NextToken")
assert len(ids) == len(set(ids)) >= 7
assert items[0]["Content"] == "Hello, my parcel is late"
times = [item["AbsoluteTime"] for item in items]
assert times == sorted(set(times))
assert all(item["ContactId"] == chat["ContactId"] for item in items)
receipt = next(item for item in items if item["Id"] == greeting["Id"])["MessageMetadata"]["Receipts"][0]
assert receipt["RecipientParticipantId"] == chat["ParticipantId"]
assert receipt["DeliveredTimestamp"] and receipt["ReadTimestamp"]
done("reads the transcript, receipts merged")


def pages(direction, order, size, start_position):
    found = []
    query = dict(
        ScanDirection=direction,
        SortOrder=order,
        MaxResults=size,
        StartPosition=start_position,
        ConnectionToken=token,
    )
    while True:
        page = client.get_transcript(**query)
        names = [item["Id"] for item in page["Transcript"]]
        assert 0 < len(names) <= size
        names = names if order == "ASCENDING" else names[::-1]
        found = found + names if direction == "FORWARD" else names + found
        if not page.get("NextToken"):
            return found
        query["NextToken"] = page["NextToken"]


for size in (1, 2, 100):
    for order in ("ASCENDING", "DESCENDING"):
        assert pages("BACKWARD", order, size, {}) == ids
        assert pages("FORWARD", order, size, {"Id": ids[2]}) == ids[2:]
        assert pages("BACKWARD", order, size, {"Id": ids[2]}) == ids[:3]
        assert pages("FORWARD", order, size, {"AbsoluteTime": times[3]}) == ids[3:]
        assert pages("FORWARD", order, size, {"MostRecent": 2}) == ids[-2:]
done("pages in every direction and order")

foreign = client.get_transcript(ContactId=str(uuid.uuid4()), ConnectionToken=token)
assert foreign["Transcript"] == []
done("sees nothing of another contact")

# --- Two sockets, then the end ------------------------------------------------------------------------------------

renewed = client.create_participant_connection(
    ParticipantToken=chat["ParticipantToken"], Type=["WEBSOCKET", "CONNECTION_CREDENTIALS"]
)
second = Socket(renewed["Websocket"]["Url"])
second.send({"topic": "aws/subscribe", "content": {"topics": ["aws/chat"]}})
assert second.frame()["content"]["status"] == "success"
sent = client.send_message(ContentType="text/plain", Content="both", ConnectionToken=token)
for each in (socket, second):
    each.item(lambda item: item["Id"] == sent["Id"])
socket.socket.close(status=1000)
token = renewed["ConnectionCredentials"]["ConnectionToken"]
sent = client.send_message(ContentType="text/plain", Content="one", ConnectionToken=token)
second.item(lambda item: item["Id"] == sent["Id"])
done("renews its connection, with both sockets open for a while")

answer = client.disconnect_participant(ConnectionToken=token, ClientToken=str(uuid.uuid4()))
assert set(answer) == {"ResponseMetadata"}
ended = second.item(lambda item: item["ContentType"] == EVENT + "chat.ended")
assert "ParticipantId" not in ended and "ParticipantRole" not in ended
opcode, data = second.socket.recv_data()
assert opcode == websocket.ABNF.OPCODE_CLOSE and int.from_bytes(data[:2], "big") == 1000
done("disconnects, hears the end, and is closed with 1000")

refused("AccessDeniedException", client.send_message, ContentType="text/plain", Content="x", ConnectionToken=token)
refused("AccessDeniedException", client.get_transcript, ConnectionToken=token)
refused("AccessDeniedException", client.disconnect_participant, ConnectionToken=token)
refused(
    "AccessDeniedException",
    client.create_participant_connection,
    ParticipantToken=chat["ParticipantToken"],
    Type=["WEBSOCKET"],
)
done("has no access after the end")

print(f"{passed} passed, 0 failed")
