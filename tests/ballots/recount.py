"""Counts ballots again, from the rules as docs/voting.md has them and without a line of the service's code.

Reads one JSON document per line from the file that is named: a case, and the result that the service has for it. Prints
each case in which the two differ, and ends with status 1 if there is one. Needs Python's standard library only.
"""

import json
import sys
from base64 import b32encode
from fractions import Fraction
from hashlib import sha256
from itertools import combinations
from math import ceil
from uuid import UUID, uuid5


def needed_heads(rule, seats, recused, present):
    """Votes that make a quorum."""
    share = Fraction(rule["quorum_numerator"], rule["quorum_denominator"])
    if rule["quorum_base"] == "present":
        needed = max(1, ceil(present * share))
    elif rule["recusal"] == "lowers":
        needed = max(1, ceil(max(seats - recused, 0) * share))
    else:
        needed = max(1, ceil(seats * share)) - recused
    least = min(rule["votes_min_after_recusal"], seats) if recused else 1
    return max(needed, least, 1)


def recount(case):
    """The result of a ballot on a proposal."""
    rule, method = case["rule"], case["method"]
    roll = case["roll"]
    may_vote = [seat for seat in roll if not seat["recused"]]
    present = [seat for seat in may_vote if seat["present"]]
    recused = [seat for seat in roll if seat["recused"]]
    weights = {"yes": 0, "no": 0, "abstain": 0}
    cast, veto = 0, False
    if case["hands"]:
        weights = dict(case["hands"])
        cast = sum(weights.values())
    for seat in may_vote:
        if case["hands"]:
            break
        vote = seat["vote"]
        if vote is None:
            if method["name"] in ("consent", "silence") and (seat["present"] or seat["objected"]):
                weights["no" if seat["objected"] else "yes"] += seat["weight"]
                cast += seat["present"]
            continue
        parts = dict(vote["split"])
        parts[vote["choice"]] = seat["weight"] - sum(parts.values())
        for choice, weight in parts.items():
            weights[choice] += weight
        cast += 1
        veto = veto or (seat["veto"] and parts == {"no": seat["weight"]})
    yes, no, abstain = weights["yes"], weights["no"], weights["abstain"]
    counted = yes + no + (abstain if rule["abstention"] == "counts" else 0)
    all_seats = sum(case["body"])
    if rule["recusal"] == "lowers":
        all_seats -= sum(seat["weight"] for seat in recused)
    base = counted
    if method["name"] == "unanimous":
        base = sum(seat["weight"] for seat in may_vote)
    elif method["name"] in ("simple", "qualified"):
        base = {"votes": counted, "present": sum(seat["weight"] for seat in present), "all": all_seats}[
            rule["majority_of"]
        ]
    if method["name"] in ("consensus", "unanimous", "consent", "silence"):
        needed = base
    elif method["name"] == "qualified":
        needed = ceil(base * Fraction(method["numerator"], method["denominator"]))
    else:
        needed = int(Fraction(base, 2)) + 1
    needed = max(needed, 1)
    tied = method["name"] == "simple" and yes == no > 0 and needed - yes == 1
    deciding = None
    if method["name"] == "chair":
        for seat in may_vote:
            if seat["department"] == case["chair"] and seat["vote"] and not seat["vote"]["split"]:
                deciding = seat["vote"]["choice"]
        carried = deciding == "yes"
    elif method["name"] in ("consent", "silence"):
        carried = no == 0 and yes > 0
    else:
        if tied and rule["tie"] == "chair":
            deciding = case["casting_vote"]
        carried = yes >= needed or deciding == "yes"
    quorum = needed_heads(rule, len(case["body"]), len(recused), len(present))
    return {
        "eligible": len(roll),
        "recused": len(recused),
        "quorum": quorum,
        "cast": cast,
        "yes": yes,
        "no": no,
        "abstain": abstain,
        "base": base,
        "needed": needed,
        "tied": tied,
        "casting_vote": deciding,
        "vetoed": veto,
        "passed": cast >= quorum and carried and not veto,
    }


def single(case):
    return most(case, lambda seat: {option: 1 for option in seat["named"][:1]})


def approval(case):
    return most(case, lambda seat: {option: 1 for option in seat["named"]})


def score(case):
    return most(case, lambda seat: dict(enumerate(seat["points"])))


def most(case, points):
    """The options with the most points, each seat's times its weight."""
    sums = [0] * case["options"]
    for seat in case["preferences"]:
        for option, worth in points(seat).items():
            sums[option] += worth * seat["weight"]
    best = max(sums)
    return [option for option, total in enumerate(sums) if best and total == best]


def instant_runoff(case):
    """Drops the last until one has more than half. The latest round that tells the last apart decides who goes."""
    left, rounds = set(range(case["options"])), []
    while True:
        counts = {option: 0 for option in left}
        for seat in case["preferences"]:
            standing = [option for option in seat["named"] if option in left]
            if standing:
                counts[standing[0]] += seat["weight"]
        rounds.insert(0, counts)
        total = sum(counts.values())
        if not total:
            return []
        winners = [option for option in left if 2 * counts[option] > total]
        if winners:
            return winners
        history = {option: tuple(counted[option] for counted in rounds) for option in left}
        worst = min(history.values())
        out = {option for option in left if history[option] == worst}
        if out == left:
            return sorted(left)
        left -= out


def schulze(case):
    """Removes the weakest victories until the options that nobody beats are told: the Schwartz set heuristic."""
    options = range(case["options"])

    def prefers(one, other):
        total = 0
        for seat in case["preferences"]:
            order = seat["named"]
            if one in order and (other not in order or order.index(one) < order.index(other)):
                total += seat["weight"]
        return total

    strength = {(a, b): prefers(a, b) for a in options for b in options if a != b}
    if not any(strength.values()):
        return []
    # A path that is at least this strong exists: found by search, once for each strength there is.
    victories = {pair: weight for pair, weight in strength.items() if weight > strength[pair[1], pair[0]]}
    best = {}
    for weight in sorted(set(victories.values())):
        edges = {pair for pair, strong in victories.items() if strong >= weight}
        for start in options:
            seen, waiting = {start}, [start]
            while waiting:
                at = waiting.pop()
                for one, other in edges:
                    if one == at and other not in seen:
                        seen.add(other)
                        waiting.append(other)
            for end in seen - {start}:
                best[start, end] = weight
    beaten = set()
    for one, other in combinations(options, 2):
        there, back = best.get((one, other), 0), best.get((other, one), 0)
        if there > back:
            beaten.add(other)
        elif back > there:
            beaten.add(one)
    return [option for option in options if option not in beaten]


CHOICES = {
    "single": single,
    "approval": approval,
    "score": score,
    "instant-runoff": instant_runoff,
    "schulze": schulze,
}


def number(value):
    return value.to_bytes(4, "big")


def draw(case):
    """What a lot decides: it follows from a secret that was held to a commitment, and from what everybody said."""
    docket, secret = UUID(case["docket"]), UUID(case["lot"])
    parts = b"huishang lot v1", docket.bytes, number(case["topic"]), number(case["number"]), secret.bytes
    words = ["lot", str(case["topic"]), str(case["number"]), str(secret)]
    for who, named, points in sorted(case["papers"]):
        words.append(":".join([who, ",".join(map(str, named)), ",".join(map(str, points))]))
    lot = uuid5(docket, "\0".join(words))
    return {
        "commitment": sha256(b"".join(parts)).hexdigest(),
        "lot": str(lot),
        "option": case["first"][lot.int % len(case["first"])],
    }


def tracking_code(case):
    """The code of what somebody prefers in a secret choice."""
    said = b"".join(
        bytes([len(numbers), *numbers]).ljust(13, b"\0") for numbers in (case["code_of"], case["points"])
    )
    parts = b"huishang choice code v1", UUID(case["docket"]).bytes, number(case["topic"]), said
    letters = b32encode(sha256(b"".join(parts) + UUID(case["secret"]).bytes).digest()[:15]).decode()
    return {"code": "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))}


def count(case):
    if "lot" in case:
        return draw(case)
    if "code_of" in case:
        return tracking_code(case)
    return {"first": CHOICES[case["choice"]](case)} if "choice" in case else recount(case)


def main(path):
    cases, differing = 0, 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            ours = count(case)
            cases += 1
            if ours != case["result"]:
                differing += 1
                print(f"differs: {line.strip()}\n  counted here: {json.dumps(ours)}")
    print(f"{cases} cases, {differing} differ")
    return 1 if differing or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
