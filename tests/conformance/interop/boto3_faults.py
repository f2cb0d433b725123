"""What boto3, unmodified, does when answers fail or get lost. The emulator has to be started with
`--agent silent --fault status=429,op=event,times=2,retry-after=1 --fault status=500,op=transcript,times=2
--fault lost-answer=next:1,op=message`.

usage: boto3_faults.py '<first line of the emulator>'
"""

import json
import sys

import boto3

DETAILS = json.loads(sys.argv[1])
client = boto3.client(
    "connectparticipant",
    region_name="us-west-2",
    endpoint_url=DETAILS["endpoint"],
    aws_access_key_id="loopback",
    aws_secret_access_key="loopback",
)
connection = client.create_participant_connection(
    ParticipantToken=DETAILS["participant_token"], Type=["CONNECTION_CREDENTIALS"]
)
token = connection["ConnectionCredentials"]["ConnectionToken"]

sent = client.send_message(ContentType="text/plain", Content="once", ConnectionToken=token)
assert sent["ResponseMetadata"]["RetryAttempts"] == 1
print("ok 1 boto3: tries again when the answer was lost")

typing = client.send_event(ContentType="application/vnd.amazonaws.connect.event.typing", ConnectionToken=token)
assert typing["ResponseMetadata"]["RetryAttempts"] == 2
print("ok 2 boto3: tries again when throttled")

transcript = client.get_transcript(ConnectionToken=token)
assert transcript["ResponseMetadata"]["RetryAttempts"] == 2
print("ok 3 boto3: tries again after an internal error")

assert [item["Id"] for item in transcript["Transcript"]] == [sent["Id"]], transcript
print("ok 4 boto3: has sent one message, not two")
print("4 passed, 0 failed")
