"""Receives webhooks of goalpost, and prints each event once, one JSON a line."""

import json
import os

from flask import Flask, request
from standardwebhooks import Webhook, WebhookVerificationError

app = Flask(__name__)
# The secret that POST /webhooks answered, `whsec_...`.
webhook = Webhook(os.environ["WEBHOOK_SECRET"])
# A real receiver keeps the ids in its database, in the transaction that handles the event.
seen = set()


@app.post("/")
def receive():
    try:
        # The exact bytes are signed: read them before anything parses them.
        event = webhook.verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "", 401
    if event["event_id"] not in seen:
        seen.add(event["event_id"])
        print(json.dumps(event), flush=True)
    return "", 204


if __name__ == "__main__":
    app.run(port=int(os.environ.get("PORT", "8080")))
