"""Asks goalpost for a goal over Redis, and prints the events of it, one JSON a line. The frames are in docs/wire.md."""

import json
import os
import uuid

import redis

connection = redis.Redis.from_url(os.environ["MESSAGING_URL"])
authorization = f"Bearer {os.environ['TOKEN']}"


class Refused(Exception):
    """goalpost refused a request; the problem object says why."""


def messages(*patterns):
    """Subscribes, and gives what comes; fails if nothing comes for ten seconds."""
    subscription = connection.pubsub()
    subscription.psubscribe(*patterns)
    confirmed = 0
    # Redis keeps no message for who is not there yet.
    while confirmed < len(patterns):
        confirmed += (subscription.get_message(timeout=10) or {}).get("type") == "psubscribe"
    return iter(lambda: next_of(subscription), None)


def next_of(subscription):
    message = subscription.get_message(timeout=10)
    if message is None:
        raise TimeoutError("nothing came")
    return json.loads(message["data"])


def ask(pattern, message):
    """Sends a request and returns its answer."""
    request_id = str(uuid.uuid4())
    replies = messages(f"{pattern}.reply")
    packet = {"id": request_id, "pattern": pattern, "data": {**message, "authorization": authorization}}
    if connection.publish(pattern, json.dumps(packet)) == 0:
        raise ConnectionError("no goalpost listens")
    # The channel has the answers to all callers.
    answer = next(reply for reply in replies if reply["id"] == request_id)
    if "err" in answer:
        raise Refused(answer["err"])
    return answer["response"]


events = messages("goal.*", "access.*")

goal_id = ask(
    "goals.create",
    {
        "goal_type": "karaoke",
        "levels": [{"title": "first song", "target": 600}],
        "context": {"session_id": os.environ["SESSION_ID"]},
        # Asked again under the same key, for example after a timeout, it is the same goal.
        "idempotency_key": str(uuid.uuid4()),
    },
)["goal_id"]

# An event may arrive more than once: its event_id says whether it was seen.
seen = {}
while {"goal.created", "goal.added"} - set(seen.values()):
    event = next(events)["data"]
    if event["data"]["goal_id"] == goal_id and event["event_id"] not in seen:
        seen[event["event_id"]] = event["type"]
        print(json.dumps(event), flush=True)

try:
    ask("goals.get", {"goal_id": "0" * 24})
except Refused as refused:
    print(json.dumps(refused.args[0]), flush=True)
