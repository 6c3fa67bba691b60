"""The score of one leaf before rounding, method by method, straight from the rules.

Each function takes (book, subject, node) and returns a Fraction, or None where the input is missing.
"""

from collections import defaultdict
from fractions import Fraction


def clamp(value, low, high):
    return max(low, min(high, value))


def marks(book, subject, node):
    """Weighted mean of the assessors' entries. Missing where one of those that the plan names has none."""
    given = book.marks.get((subject.code, node["code"]))
    if not given:
        return None
    weights = node.get("assessor_weights")
    if not weights:
        return Fraction(sum(given)) / len(given)
    names = book.markers[subject.code, node["code"]]
    if len(weights) == 1 and names == [""]:
        names = list(weights)
    if set(names) != set(weights):
        return None
    total = sum(Fraction(weights[name]) * value for name, value in zip(names, given, strict=True))
    return total / sum(Fraction(weight) for weight in weights.values())


def approved(book, subject, node):
    """(catalogue item or None, count, value, matter) of the approved events, the fixed value filled in."""
    catalogue = {entry["code"]: entry for entry in node["items"] or []}
    for event in book.events.get((subject.code, node["code"]), []):
        if event["approved"]:
            entry = catalogue.get(event["item"])
            value = event["value"]
            if value is None:
                (value,) = entry["values"]
            yield entry, event["count"], Fraction(value), event["matter"]


def summed(book, subject, node):
    return sum((count * value for _, count, value, _ in approved(book, subject, node)), Fraction(0))


def deduct(book, subject, node):
    counts = defaultdict(Fraction)
    for entry, count, _, _ in approved(book, subject, node):
        if entry and entry["zero_at"]:
            counts[entry["code"], entry["zero_at"]] += count
    if any(count >= zero_at for (_, zero_at), count in counts.items()):
        return Fraction(0)
    return max(Fraction(0), Fraction(node["points"]) - summed(book, subject, node))


def bonus(book, subject, node):
    """Within an item: the highest of each matter, an empty matter being one of its own, up to the item's cap."""
    matters, caps = defaultdict(dict), {}
    for number, (entry, _, value, matter) in enumerate(approved(book, subject, node)):
        name = entry["code"] if entry else ""
        caps[name] = entry["cap"] if entry else None
        key = matter or number
        matters[name][key] = max(value, matters[name].get(key, Fraction(0)))
    total = Fraction(0)
    for name, highest in matters.items():
        amount = sum(highest.values())
        total += amount if caps[name] is None else min(Fraction(caps[name]), amount)
    return min(Fraction(node["points"]), total)


def penalty(book, subject, node):
    total = summed(book, subject, node)
    return -total if node.get("uncapped") else -min(Fraction(node["points"]), total)


def inspection(book, subject, node):
    return -summed(book, subject, node)


def attainment(book, subject, node):
    if (subject.code, node["code"]) not in book.attainments:
        return None
    target, actual = book.attainments[subject.code, node["code"]]
    return Fraction(node["points"]) * clamp(actual / target, Fraction(0), Fraction(1))


def class_mean(node, votes):
    """Mean of a class's Counter of votes, trimmed when the plan trims and the class has more than 2k votes."""
    values = []
    for given, count in votes.items():
        values += [Fraction(node["options"][given]) if node["options"] else given] * count
    values.sort()
    trim = node.get("trim", 0)
    if len(values) > 2 * trim:
        values = values[trim : len(values) - trim]
    return sum(values, Fraction(0)) / len(values)


def weighted_vote(book, subject, node):
    """V: exact weighted mean over the classes that voted; None without votes. Kept in the book once computed."""
    key = (subject.code, node["code"])
    if key not in book.weighted_votes:
        book.weighted_votes[key] = _weighted_vote(book, subject, node)
    return book.weighted_votes[key]


def _weighted_vote(book, subject, node):
    total, weights = Fraction(0), Fraction(0)
    for name, weight in node["classes"].items():
        votes = book.votes.get((subject.code, node["code"], name))
        if votes and sum(votes.values()):
            total += Fraction(weight) * class_mean(node, votes)
            weights += Fraction(weight)
    return total / weights if weights else None


def ballot(book, subject, node):
    vote = weighted_vote(book, subject, node)
    return None if vote is None else Fraction(node["points"]) * vote / Fraction(node["scale"])


def _votes_beside(book, node, same):
    votes = (weighted_vote(book, other, node) for other in book.subjects if same(other))
    return [vote for vote in votes if vote is not None]


def rank_band(book, subject, node):
    mine = weighted_vote(book, subject, node)
    if mine is None:
        return None
    all_votes = _votes_beside(book, node, lambda other: other.category == subject.category)
    rank = 1 + sum(vote > mine for vote in all_votes)
    position = Fraction(rank, len(all_votes))
    value = next(value for upto, value in node["bands"] if position <= Fraction(upto))
    return Fraction(node["points"]) * Fraction(value) / Fraction(node["scale"])


def ballot_deduct(book, subject, node):
    mine = weighted_vote(book, subject, node)
    if mine is None:
        return None
    all_votes = _votes_beside(book, node, lambda other: other.group == subject.group)
    place_from_last = 1 + sum(vote < mine for vote in all_votes)
    against = sum(book.votes[subject.code, node["code"], name][node["option"]] for name in node["classes"])
    points = Fraction(node["points"])
    if place_from_last <= node["last"] and against >= node["votes"]:
        return points - Fraction(node["value"])
    return points


def carried(book, subject, node):
    in_set = [row for row in book.past if row["set"] == node["set"]]
    if not in_set and node.get("marks_without_rounds"):
        return marks(book, subject, node)
    shares = [
        row["total"] / row["full"] for row in in_set if row["subject"] == subject.code and row["total"] is not None
    ]
    if not shares:
        return None
    return max(Fraction(0), Fraction(node["points"]) * sum(shares) / len(shares))


def rank_points(book, subject, node):
    """node["table"]: the values of ranks 1, 2, 3 …"""
    rank = book.values.get((subject.code, node["code"]))
    if rank is None:
        return None
    table = node["table"]
    return Fraction(node["points"]) * Fraction(table[min(int(rank), len(table)) - 1]) / Fraction(node["scale"])


def ratio_to_best(book, subject, node):
    mine = book.values.get((subject.code, node["code"]))
    if mine is None:
        return None
    beside = [
        book.values[other.code, node["code"]]
        for other in book.subjects
        if other.category == subject.category and (other.code, node["code"]) in book.values
    ]
    if node.get("lower_is_better"):
        return Fraction(node["points"]) * min(beside) / mine
    return Fraction(node["points"]) * mine / max(beside) if max(beside) else Fraction(0)


def per_unit(book, subject, node):
    """node: base, value (signed), threshold, floor, fractions; one whole unit is 1."""
    actual = book.values.get((subject.code, node["code"]))
    if actual is None:
        return None
    over = actual - Fraction(node["threshold"])
    if not node.get("fractions"):
        over = Fraction(int(over))
    return clamp(
        Fraction(node["base"]) + Fraction(node["value"]) * over, Fraction(node["floor"]), Fraction(node["points"])
    )


METHODS = {
    method.__name__: method
    for method in (
        marks,
        deduct,
        bonus,
        penalty,
        inspection,
        attainment,
        ballot,
        rank_band,
        ballot_deduct,
        carried,
        rank_points,
        ratio_to_best,
        per_unit,
    )
}
