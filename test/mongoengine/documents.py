"""Documents as a MongoEngine application of before goalpost has them: `write` makes a stream's, `read` shows them again."""

import json
import sys
from datetime import datetime, timedelta, timezone

import mongoengine as me

command, url, form, dbref = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4] == "dbref"
me.connect(host=url)
NOW = datetime.now(timezone.utc)


class User(me.Document):
    meta = {"collection": "user"}
    name = me.StringField()


class GoalFields:
    active = me.BooleanField()
    conditions = me.DictField()
    levels = me.ListField(me.DictField())
    context = me.DictField()
    metadata = me.DictField()
    nbf = me.DateTimeField()
    exp = me.DateTimeField()
    legacy_note = me.StringField()


if form == "path":
    # Classes below a stored one: MongoEngine writes `_cls` as their path, `Goal.ShowGoal`.
    class Goal(GoalFields, me.Document):
        meta = {"collection": "goal", "allow_inheritance": True, "strict": False}

    def goal_class(name):
        return type(name, (Goal,), {})
else:
    # Classes of their own: `_cls` is the name alone.
    def goal_class(name):
        meta = {"collection": "goal", "allow_inheritance": True, "strict": False}
        return type(name, (GoalFields, me.Document), {"meta": meta})


NAMES = ("ShowGoal", "ShowFundingGoal", "KaraokeGoal", "ExclusiveGoal", "TriggerExclusiveGoal")
CLASSES = {name: goal_class(name) for name in NAMES}


def reference(name):
    return me.ReferenceField(CLASSES[name], dbref=dbref)


class ShowGoalPair(me.EmbeddedDocument):
    funding_goal = reference("ShowFundingGoal")
    show_goal = reference("ShowGoal")


class ExclusiveGoalPair(me.EmbeddedDocument):
    trigger_goal = reference("TriggerExclusiveGoal")
    exclusive_goal = reference("ExclusiveGoal")


class Session(me.Document):
    meta = {"collection": "session", "strict": False}
    user = me.ReferenceField(User, dbref=dbref)
    show_goal_pairs = me.EmbeddedDocumentListField(ShowGoalPair)
    exclusive_goal_pairs = me.EmbeddedDocumentListField(ExclusiveGoalPair)
    karaoke_goal = reference("KaraokeGoal")
    legacy_note = me.StringField()


class GoalContribution(me.Document):
    meta = {"collection": "goal_contribution"}
    goal_id = me.ObjectIdField()
    source_id = me.StringField()
    user_id = me.StringField()
    amount = me.IntField()
    created_at = me.DateTimeField(default=NOW)


def goal(name, session, **fields):
    conditions = {"session_id": str(session.id)}
    levels = [{"title": "half", "target": 5}, {"target": 10}]
    window = {"nbf": NOW - timedelta(hours=1), "exp": NOW + timedelta(hours=1)}
    context = {"session_id": str(session.id), **fields.pop("context", {})}
    return CLASSES[name](conditions=conditions, levels=levels, context=context, legacy_note="kept", **window, **fields).save()


def write():
    user = User(name="streamer").save()
    session = Session(user=user, legacy_note="kept").save()
    free = goal("ShowFundingGoal", session)
    taken = goal("ShowFundingGoal", session, active=False)
    show = goal("ShowGoal", session, context={"funding_goal_id": str(taken.id)})
    trigger = goal("TriggerExclusiveGoal", session)
    karaoke = goal("KaraokeGoal", session)
    session.show_goal_pairs = [ShowGoalPair(funding_goal=free), ShowGoalPair(funding_goal=taken, show_goal=show)]
    session.exclusive_goal_pairs = [ExclusiveGoalPair(trigger_goal=trigger)]
    session.karaoke_goal = karaoke
    session.save()
    owner = "5f0000000000000000000001"
    GoalContribution(goal_id=free.id, source_id="old-payment", user_id=owner, amount=3).save()
    made = dict(user=user, session=session, free=free, taken=taken, show=show, trigger=trigger, karaoke=karaoke)
    return {**{name: str(document.id) for name, document in made.items()}, "owner": owner}


def read():
    """How the application sees what is there now, through its own classes."""
    session = Session.objects.get()
    # goalpost writes references as ids, whichever form the others have.
    id_of = lambda one: str(getattr(one, "id", one))
    pairs = [[id_of(pair.funding_goal), id_of(pair.show_goal)] for pair in session.show_goal_pairs]
    goals = [one for each in CLASSES.values() for one in each.objects]
    return {
        "user": session.user.name,
        "pairs": pairs,
        "karaoke": str(session.karaoke_goal.id),
        "notes": sorted({session.legacy_note, *(one.legacy_note or "none" for one in goals)}),
        "classes": {str(one.id): type(one).__name__ for one in goals},
    }


print(json.dumps(write() if command == "write" else read()))
