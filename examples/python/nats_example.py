"""Asks goalpost for a goal over NATS, and prints the events of it, one JSON a line. The frames are in docs/wire.md."""

import asyncio
import json
import os
import uuid

import nats

authorization = f"Bearer {os.environ['TOKEN']}"


class Refused(Exception):
    """goalpost refused a request; the problem object says why."""


async def ask(connection, pattern, message, timeout=10):
    """Sends a request and returns its answer."""
    packet = {
        "id": str(uuid.uuid4()),
        "pattern": pattern,
        "data": {**message, "authorization": authorization},
    }
    reply = await connection.request(pattern, json.dumps(packet).encode(), timeout=timeout)
    answer = json.loads(reply.data)
    if "err" in answer:
        raise Refused(answer["err"])
    return answer["response"]


async def main():
    connection = await nats.connect(os.environ["MESSAGING_URL"])
    events = asyncio.Queue()

    async def take(message):
        await events.put(message)
        await message.ack()

    # A durable consumer of the stream goes on where it was, also after it was away.
    stream = connection.jetstream()
    await stream.subscribe("goal.*", stream="goalpost_events", durable="python_example", cb=take, manual_ack=True)

    create = {
        "goal_type": "karaoke",
        "levels": [{"title": "first song", "target": 600}],
        "context": {"session_id": os.environ["SESSION_ID"]},
        "idempotency_key": str(uuid.uuid4()),
    }
    goal_id = (await ask(connection, "goals.create", create))["goal_id"]

    # An event may arrive more than once: its event_id says whether it was seen.
    seen = {}
    while {"goal.created", "goal.added"} - set(seen.values()):
        message = await asyncio.wait_for(events.get(), 10)
        event = json.loads(message.data)["data"]
        assert message.headers["ce-id"] == event["event_id"]
        if event["data"]["goal_id"] == goal_id and event["event_id"] not in seen:
            seen[event["event_id"]] = event["type"]
            print(json.dumps(event), flush=True)

    try:
        await ask(connection, "goals.get", {"goal_id": "0" * 24})
    except Refused as refused:
        print(json.dumps(refused.args[0]), flush=True)
    await connection.close()


asyncio.run(main())
