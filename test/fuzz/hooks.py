"""What Schemathesis cannot know by the document alone: who may call what, which ids are there, what holds between fields."""

import atexit
import collections
import itertools
import json
import os
import random
import re
import time
import urllib.parse

import requests
import schemathesis

TOKENS = {role: os.environ[f"FUZZ_{role.upper()}_TOKEN"] for role in ("streamer", "service", "admin", "viewer")}
STREAMER = os.environ["FUZZ_STREAMER"]
AS_VIEWER = os.environ.get("FUZZ_AS") == "viewer"
ROLES = {
    "contribute": "service",
    "voidContribution": "service",
    "reportPerformance": "service",
    "finishShow": "service",
    "denyTokens": "admin",
    "getTokenDenials": "admin",
    "takeBackDenial": "admin",
    "getAuditLog": "admin",
    "getRecordedEvents": "admin",
    "getEvents": "service",
    "exportUserData": "service",
    "eraseUserData": "service",
    "getErasure": "service",
    **dict.fromkeys(
        ("createWebhook", "getWebhooks", "getWebhook", "editWebhook", "deleteWebhook", "rotateWebhook", "testWebhook",
         "getDeliveries", "retryDelivery"), "service"),
}
LED = 0.75

# Rules of the contract that no schema can say: a body that breaks one of them is refused though it fits its schema.
BETWEEN_FIELDS = (
    "must be more than the target before it",
    "must be in the future",
    "must be later than nbf",
    "must be at most 5 s ahead",
    "must not be before the nbf of the show",
    "must be before the exp of the show",
    "must not be before 1970",
    "must be the next_cursor of an earlier answer",
    "must be a cursor of an earlier answer",
    "must be an absolute URL",
    "must be an https URL",
    "must not have a user or a password",
    "must not lead to an address inside",
    "is required for this goal_type",
    "must hold no NUL and no half of a character",
    "must hold either jti or user_id",
    "must come with user_id",
)
# Which class has these fields is said by goal_type, which stands in the query.
CLASS_FIELDS = ("/context/", "/minimum_level", "/sales_until", "/show", "/unit")
USER_ID = re.compile(r"[A-Za-z0-9_\-=,.;]{1,64}")
OPENERS = {"funding_goal_id": ("show_funding", "show"), "trigger_exclusive_goal_id": ("trigger_exclusive", "exclusive")}

chance = random.Random(7)
numbers = itertools.count()
tally = collections.defaultdict(collections.Counter)
sessions = collections.deque(maxlen=20)
goals = collections.deque(maxlen=40)


def operation_of(case):
    return case.operation.definition.raw.get("operationId")


@schemathesis.auth(refresh_interval=None)
class ByRole:
    """The token of whoever the endpoint is for."""

    def get(self, case, context):
        return TOKENS["viewer" if AS_VIEWER else ROLES.get(operation_of(case), "streamer")]

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Leads most requests that fit their schemas to what is there, so that they can be granted."""
    operation, path = operation_of(case), case.path_parameters or {}
    if operation == "denyTokens" and isinstance(case.body, dict) and isinstance(case.body.get("user_id"), str):
        # What the audit log says of a caller of this run may be led here; its tokens have to hold on.
        case.body["user_id"] = f"fuzz-{next(numbers)}"
    if operation == "eraseUserData" and USER_ID.fullmatch(urllib.parse.unquote(str(path.get("user_id", "")))):
        # Nor are the callers of this run to be erased.
        path["user_id"] = f"fuzz-{next(numbers)}"
    if case.meta is None or not case.meta.generation.mode.is_positive or chance.random() > LED:
        return
    if "Idempotency-Key" in (case.headers or {}):
        case.headers["Idempotency-Key"] = str(next(numbers))
    if operation == "createGoal":
        fit_goal(case)
    elif operation == "authorizeChannel" and isinstance(case.body, dict):
        case.body["channel_name"] = f"private-stream@{STREAMER}"
    elif operation in ("finishShow", "reportPerformance"):
        path["goal_id"] = a_show()["goal_id"]
        if isinstance(case.body, dict):
            case.body.pop("at", None)
    elif operation == "editGoal":
        goal = an_opener("show_funding")
        path["goal_id"] = goal["goal_id"]
        case.headers["If-Match"] = "*"
        case.body = {"levels": [{"title": "encore"} for _ in goal["levels"]]}
    elif operation == "denyTokens" and isinstance(case.body, dict):
        # Nobody has such a token.
        case.body = {"jti": f"fuzz-{next(numbers)}"}
    elif operation == "takeBackDenial":
        denial = call("POST", "/admin/token-denials", "admin", {"jti": f"fuzz-{next(numbers)}"})
        path["denial_id"] = denial["denial_id"]
    elif operation == "removeMessage":
        path["goal_id"], path["source_id"] = an_opener("show_funding")["goal_id"], f"fuzz-{next(numbers)}"
        gift = {"source_id": path["source_id"], "user_id": "fuzz", "amount": 1, "message": "hello"}
        call("POST", f"/goals/{path['goal_id']}/contributions", "service", gift)
    elif operation == "getErasure":
        path["erasure_id"] = call("DELETE", f"/users/fuzz-{next(numbers)}/data", "service")["erasure_id"]
    elif operation in ("createWebhook", "editWebhook") and isinstance(case.body, dict):
        case.body.pop("session_id", None)
        if "url" in case.body:
            case.body["url"] = f"https://192.0.3.1/{next(numbers)}"
        if "webhook_id" in path:
            path["webhook_id"] = a_webhook()["webhook_id"]
    elif operation == "retryDelivery":
        webhook = a_webhook()
        path["webhook_id"], path["event_id"] = webhook["webhook_id"], webhook["event_id"]
    elif "webhook_id" in path:
        path["webhook_id"] = a_webhook()["webhook_id"]
    elif operation == "revokeOverlayToken":
        path["session_id"] = a_session()
        path["overlay_id"] = call("POST", f"/sessions/{path['session_id']}/overlay-tokens")["overlay_id"]
    elif operation == "getEvents":
        (case.query or {}).pop("after", None)
    elif operation == "getSettlement":
        path["goal_id"] = a_settled_goal()
    elif "goal_id" in path and operation != "cancelGoal" and path["goal_id"] not in [goal["goal_id"] for goal in goals]:
        path["goal_id"] = an_opener("show_funding")["goal_id"]
    elif "session_id" in path and operation != "endSession" and path["session_id"] not in sessions:
        path["session_id"] = a_session()


def fit_goal(case):
    """Makes a generated goal one of a session that is there, its targets rising, its window to come."""
    body, query = case.body, case.query
    if not isinstance(body, dict) or not isinstance(body.get("context"), dict) or query is None:
        return
    named = next((name for name in OPENERS if name in body["context"]), None)
    if named:
        opener_type, query["goal_type"] = OPENERS[named]
        opener = an_opener(opener_type)
        body["context"] = {named: opener["goal_id"], "session_id": opener["conditions"]["session_id"]}
    else:
        if query.get("goal_type") in ("show", "exclusive", None):
            query["goal_type"] = "show_funding"
        body["context"]["session_id"] = a_session()
    for rank, level in enumerate(body.get("levels") or []):
        level["target"] = (rank + 1) * 1000
    now = int(time.time())
    body["nbf"], body["exp"] = now + chance.choice((-60, 3600)), now + 7200


def call(method, path, role="streamer", body=None):
    headers = {"Authorization": f"Bearer {TOKENS[role]}"}
    for _ in range(10):
        answer = requests.request(method, os.environ["FUZZ_URL"] + path, headers=headers, json=body, timeout=10)
        if answer.status_code != 503:
            break
        time.sleep(1)
    return answer.json() if answer.ok else None


def a_session():
    if not sessions:
        sessions.append(call("POST", "/sessions", body={})["session_id"])
    return chance.choice(sessions)


def an_opener(goal_type):
    """A goal of this type that is bound, active, and has not been asked for its second yet."""
    free = [goal for goal in goals if goal["goal_type"] == goal_type and goal["status"] == "active"]
    if free:
        goal = chance.choice(free)
        goals.remove(goal)
        return goal
    session_id = call("POST", "/sessions", body={})["session_id"]
    window = {"nbf": int(time.time()) - 60, "exp": int(time.time()) + 7200}
    body = {"levels": [{"target": 1000}], "context": {"session_id": session_id}, **window}
    return settled(call("POST", f"/goals?goal_type={goal_type}", body=body)["goal_id"])


def a_show():
    """A show that is on."""
    funding = an_opener("show_funding")
    context = {"funding_goal_id": funding["goal_id"], "session_id": funding["conditions"]["session_id"]}
    body = {"levels": [{"target": 1000}], "context": context}
    return settled(call("POST", "/goals?goal_type=show", body=body)["goal_id"])


def a_settled_goal():
    """The id of a funding goal that was cancelled, and whose settlement can be read."""
    goal_id = an_opener("show_funding")["goal_id"]
    call("DELETE", f"/goals/{goal_id}")
    for _ in range(1000):
        if call("GET", f"/goals/{goal_id}/settlement"):
            break
        time.sleep(0.02)
    return goal_id


def a_webhook():
    """A webhook that is enabled, with the id of an event that was sent to it."""
    webhook = call("POST", "/webhooks", "service", {"url": "https://192.0.3.1/", "events": ["goal.failed"]})
    sent = call("POST", f"/webhooks/{webhook['webhook_id']}/test", "service")
    return {**webhook, **sent}


def settled(goal_id):
    """The goal once it is bound to its session or has failed; None where that does not come."""
    for _ in range(1000):
        goal = call("GET", f"/goals/{goal_id}", "admin")
        if goal and goal["status"] == "failed":
            return goal
        session = goal and goal["status"] != "pending" and call("GET", f"/sessions/{goal['conditions']['session_id']}")
        if session and goal_id in str(session):
            return goal
        time.sleep(0.02)
    return None


@schemathesis.hook
def after_call(context, case, response):
    """Counts, and remembers what was made and is still there."""
    operation = operation_of(case)
    tally[operation][response.status_code] += 1
    if response.status_code == 201 and operation == "openSession":
        sessions.append(response.json()["session_id"])
    if response.status_code == 200 and operation == "endSession":
        ended = response.json()["session_id"]
        if ended in sessions:
            sessions.remove(ended)
        for goal in [goal for goal in goals if goal["conditions"]["session_id"] == ended]:
            goals.remove(goal)


@schemathesis.check
def an_accepted_goal_ends_bound_or_failed(ctx, response, case):
    """Promise 1 of the contract."""
    if response.status_code == 202 and operation_of(case) == "createGoal":
        goal_id = response.json()["goal_id"]
        goal = settled(goal_id)
        if goal is None:
            raise AssertionError(f"the goal {goal_id} was accepted and is neither bound nor failed")
        goals.append(goal)


@schemathesis.hook
def filter_failure(context, failure, case, response):
    """Lets a refusal of what fits its schema pass where each of its faults is against a rule that no schema can say."""
    if response.status_code == 503 and type(failure).__name__ == "ServerError":
        return False  # What a stalled machine is answered; whoever started this counts them.
    # A precondition is no matter of the schema.
    if response.status_code in (412, 428):
        return False
    # What is no user id as it stands may be one once it is decoded.
    user_id = (case.path_parameters or {}).get("user_id")
    if type(failure).__name__ == "AcceptedNegativeData" and user_id is not None:
        return not USER_ID.fullmatch(urllib.parse.unquote(str(user_id)))
    # The goal that was just created is there; it has no contribution yet.
    if type(failure).__name__ == "EnsureResourceAvailability" and response.json()["code"] == "contribution_not_found":
        return False
    if type(failure).__name__ != "RejectedPositiveData" or response.status_code != 422:
        return True
    problem = response.json()
    if problem["code"] == "idempotency_key_reused":
        return False
    return not all(
        fault["detail"].startswith(BETWEEN_FIELDS) or fault["pointer"].startswith(CLASS_FIELDS)
        for fault in problem.get("errors") or [{"pointer": "", "detail": ""}]
    )


@atexit.register
def tell():
    """Leaves which statuses each operation answered, and how often, to whoever started this."""
    with open(os.environ["FUZZ_TALLY"], "w") as file:
        json.dump(tally, file)
