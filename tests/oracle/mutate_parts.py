"""Random settings of the leaf methods and random facts, each inside the language of a plan file."""

from decimal import Decimal

SETS = ["quarters", "term", "历年"]
NAMES = ["考核办", "区委办公室", "督查室", "分管领导"]
CLASSES = ["unit", "leader", "staff", "public", "peer", "群众", "01"]
VOTERS = ["units", "leaders", "staff", "list", "public"]
OPTIONS = [
    ["好", "较好", "一般", "差"],
    ["优秀", "称职", "基本称职", "不称职"],
    ["满意", "不满意"],
    ["A", "B-", "C"],
    ["3", "1.5", "0"],
]
ADDED = ("bonus", "penalty", "inspection")


def number(rng, *choices):
    return Decimal(rng.choice(choices))


def maybe(rng, chance, key, draw):
    """{key: a drawn value}, or nothing: then the language's own default holds."""
    return {key: draw()} if rng.random() < chance else {}


def marks(rng):
    names = rng.sample(NAMES, rng.choice([0, 0, 1, 2, 3]))
    weighted = rng.random() < 0.6
    rows = [{"name": name, "weight": number(rng, "1", "2", "0.3", "0.7")} if weighted else name for name in names]
    return {"assessors": rows} if rows else {}


def _who(rng):
    """Who enters what counts otherwise; it changes no score."""
    return maybe(rng, 0.3, "assessors", lambda: [rng.choice(NAMES)])


def catalogue(rng, own):
    items, style = [], rng.choice(["c{}", "00{}", "{}", "条目-{}"])
    for place in range(rng.randint(0, 5)):
        values = rng.sample(["0.5", "1", "2", "3", "5", "8", "0.25", "1.005"], rng.choice([0, 0, 1, 1, 3]))
        item = {"code": style.format(place), "title": f"条目{place}", "values": [Decimal(value) for value in values]}
        if not values and rng.random() < 0.5:
            del item["values"]
        items.append({**item, **own()})
    # Whether the unit sees entries as they come in: said of any kind of event, and no score follows from it.
    daily = {"daily": True} if rng.random() < 0.2 else {}
    return {**_who(rng), **({"catalogue": items} if items else {}), **daily}


def deduct(rng):
    return catalogue(rng, lambda: maybe(rng, 0.4, "zero_at", lambda: number(rng, "1", "2", "3", "2.5", "10")))


def bonus(rng):
    return catalogue(rng, lambda: maybe(rng, 0.5, "cap", lambda: number(rng, "0.5", "2", "5", "3.33")))


def penalty(rng):
    return {**catalogue(rng, dict), **maybe(rng, 0.5, "uncapped", lambda: rng.random() < 0.8)}


def inspection(rng):
    return catalogue(rng, dict)


def form(rng, options=None):
    scale = number(rng, "100", "100", "10", "5", "120")
    given = {} if scale == 100 and rng.random() < 0.5 else {"scale": scale}
    if rng.random() < 0.5 if options is None else options:
        titles = rng.choice(OPTIONS)
        values = sorted((scale * rng.randint(0, 20) / 20 for _ in titles), reverse=True)
        if rng.random() < 0.1:
            rng.shuffle(values)
        given["options"] = [{"title": t, "value": v} for t, v in zip(titles, values, strict=True)]
    given |= maybe(rng, 0.4, "step", lambda: number(rng, "1", "0.5", "0.25", "2"))
    return {**given, **_classes(rng), **_counting(rng)}


def _classes(rng):
    codes = rng.sample(CLASSES, rng.choice([0, 1, 2, 3, 4]))
    rows = [
        {
            "code": code,
            "title": f"{code}票",
            **maybe(rng, 0.7, "weight", lambda: number(rng, "1", "0.5", "0.3", "2", "0.333")),
            **maybe(rng, 0.5, "voters", lambda: rng.choice(VOTERS)),
        }
        for code in codes
    ]
    return {"classes": rows} if rows else {}


def _counting(rng):
    trim = maybe(rng, 0.4, "trim", lambda: rng.choice([0, 1, 1, 2, 3]))
    return {**trim, **maybe(rng, 0.3, "self_vote", lambda: rng.random() < 0.7)}


def rank_band(rng):
    given = form(rng)
    scale = given.get("scale", Decimal(100))
    shares = sorted(rng.sample(["0.1", "0.2", "0.25", "0.333", "0.5", "0.55", "0.9"], rng.randint(0, 4)), key=Decimal)
    bands = [{"upto": Decimal(share), "value": scale * rng.randint(0, 20) / 20} for share in [*shares, "1"]]
    return {**given, "bands": bands}


def ballot_deduct(rng):
    given = form(rng, options=True)
    option = rng.choice(given["options"])["title"]
    return {
        **given,
        "last": rng.randint(1, 6),
        "option": option,
        "votes": rng.randint(1, 4),
        "value": number(rng, "0.5", "1", "2", "3.33"),
    }


def carried(rng):
    set_name = rng.choice(SETS)
    fallback = maybe(rng, 0.5, "fallback", lambda: "marks")
    return {"set": set_name, **fallback, **(marks(rng) if fallback else {})}


def rank_points(rng):
    size = rng.randint(1, 6)
    values = sorted((number(rng, "60", "57", "54", "100", "88.8", "0", "12.5") for _ in range(size)), reverse=True)
    table = [{"rank": place, "value": value} for place, value in enumerate(values, 1)]
    return {**_who(rng), "table": table, **maybe(rng, 0.5, "scale", lambda: number(rng, "60", "100", "90"))}


def ratio_to_best(rng):
    return {**_who(rng), **maybe(rng, 0.6, "lower_is_better", lambda: rng.random() < 0.8)}


def per_unit(rng):
    return {
        **_who(rng),
        "value": number(rng, "0.5", "1", "0.01", "2.5"),
        **maybe(rng, 0.7, "base", lambda: number(rng, "0", "5", "7.5", "-2")),
        **maybe(rng, 0.7, "threshold", lambda: number(rng, "0", "10", "2.5", "-3")),
        **maybe(rng, 0.5, "floor", lambda: number(rng, "0", "-5", "1", "0.125")),
        **maybe(rng, 0.6, "sign", lambda: rng.choice([1, -1])),
        **maybe(rng, 0.5, "fractions", lambda: rng.random() < 0.8),
    }


METHODS = {
    "marks": marks,
    "deduct": deduct,
    "bonus": bonus,
    "penalty": penalty,
    "inspection": inspection,
    "attainment": _who,
    "ballot": form,
    "rank_band": rank_band,
    "ballot_deduct": ballot_deduct,
    "carried": carried,
    "rank_points": rank_points,
    "ratio_to_best": ratio_to_best,
    "per_unit": per_unit,
}
COUNTED = tuple(method for method in METHODS if method not in ADDED)


def draw_facts(rng, given):
    """Some of the plan's own facts, and new ones of all types."""
    kept = [fact for fact in given if rng.random() < 0.7]
    for place in range(rng.randint(0, 5)):
        kind = rng.choice(["boolean", "number", "choice"])
        fact = {"code": f"fact_{place}", "title": f"事实{place}", "type": kind}
        if kind == "choice":
            fact["choices"] = rng.choice([["好", "一般", "差"], ["是 的", "不是"], ["甲", "乙"]])
        kept.append(fact)
    rng.shuffle(kept)
    return kept
