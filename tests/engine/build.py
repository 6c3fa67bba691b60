"""Short ways to write plans and inputs in tests: everything by its code, numbers as text or int."""

from decimal import Decimal

from scoring.engine import types as t


def d(value):
    return None if value is None else Decimal(str(value))


def leaf(code, points=10, method="marks", **more):
    settings = more.pop("settings", {})
    if "weight" in more:
        more["weight"] = d(more["weight"])
    return t.Node(code, f"title {code}", d(points), method, settings=settings, **more)


def composite(code, points, *children, weight=None):
    return t.Node(code, f"title {code}", d(points), "composite", d(weight), children)


def plan(root, rules=(), *, categories=("甲", "乙"), grades=("A", "B", "C", "D"), **more):
    if not root.children:
        root = composite("R", root.points, root)
    return t.Plan("p", "plan", root, tuple(categories), tuple(grades), tuple(rules), **more)


def subject(key="s", category="甲", group="", **more):
    """Marks as {code: value}, events as {code: [Event]}, votes as {code: {class: {answer: n}}}."""
    marks = {
        code: [t.Mark("", d(value))] if not isinstance(value, list) else value
        for code, value in more.pop("marks", {}).items()
    }
    return t.SubjectInput(key, category, group, marks=marks, **more)


def inputs(*subjects, **more):
    return t.Inputs(subjects, **more)


def event(value=None, count=1, item="", matter="", status="approved", key=""):
    return t.Event(item, d(count), d(value), matter, status, key)


def say(text):
    """A sentence in English, as a page would write it."""
    if isinstance(text, t.Text):
        return text.message % {name: say(value) for name, value in text.values.items()}
    if isinstance(text, (list, tuple)):
        return ", ".join(say(part) for part in text)
    return str(text)
