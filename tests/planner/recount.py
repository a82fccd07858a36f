"""Counts the scores of plans again, by the twelve constraints of the public meeting-scheduling sets.

The arguments are a set and a file with one JSON document per line: a plan, as the start and the room of each meeting,
and the score that the planner has for it. Prints each plan for which the two differ, and ends with status 1 if there is
one. Shares no code with the planner, and needs Python's standard library only.
"""

import json
import sys
from itertools import combinations


class Booked:
    """A meeting with its place."""

    def __init__(self, meeting, start, room):
        self.start, self.room = start, room
        self.taken = range(start, start + meeting["grains"])
        self.last = self.taken[-1]
        self.required, self.preferred = set(meeting["required"]), set(meeting["preferred"])
        self.persons = self.required | self.preferred


def alone(booked, grains, capacities):
    """What one meeting costs: hard, medium, soft."""
    seats = capacities[booked.room]
    hard = max(0, len(booked.persons) - seats)
    if booked.last >= len(grains):
        hard += booked.last
    elif grains[booked.start]["day"] != grains[booked.last]["day"]:
        hard += 1
    return hard, 0, booked.last + sum(other - seats for other in capacities if other > seats)


def together(one, other):
    """What two meetings cost: hard, medium, soft."""
    overlap = len(set(one.taken) & set(other.taken))
    hard = overlap * len(one.required & other.required) + (overlap if one.room == other.room else 0)
    torn = len(one.required & other.preferred) + len(one.preferred & (other.required | other.preferred))
    soft = 10 * overlap
    for before, after in ((one, other), (other, one)):
        if before.last + 1 == after.start:
            soft += 100
        if before.room != after.room and before.start < after.start <= before.last + 1 + 2:
            soft += len(before.persons & after.persons)
    return hard, overlap * torn, soft


def recount(problem, plan):
    """The score of a plan, from the best, which is three zeros, downwards."""
    capacities = [room["capacity"] for room in problem["rooms"]]
    booked = [Booked(meeting, *place) for meeting, place in zip(problem["meetings"], plan, strict=True)]
    costs = [alone(one, problem["grains"], capacities) for one in booked]
    costs += [together(one, other) for one, other in combinations(booked, 2)]
    return [-sum(level) for level in zip(*costs)]


def main(problem_path, plans_path):
    plans, differing = 0, 0
    with open(problem_path, encoding="utf-8") as text:
        problem = json.load(text)
    with open(plans_path, encoding="utf-8") as lines:
        for line in lines:
            case = json.loads(line)
            ours = recount(problem, case["plan"])
            plans += 1
            if ours != case["score"]:
                differing += 1
                print(f"differs: the planner has {case['score']}, counted here: {ours}")
    print(f"{plans} plans, {differing} differ")
    return 1 if differing or not plans else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
