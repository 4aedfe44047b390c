"""Is a history of requests what one resource could have answered, one at a time?

A resource is a register: it is missing, or has a state (a, b) that an entity tag
names. A PUT makes it (n, n), a PATCH (a, n), where every write has a number n of
its own; so b names the state, and a tells whether a PATCH lost what was before it.
A history is *linearizable* when each request can be given a moment between when
it was sent and when it was answered so that, done one after the other in that
order, all are answered as they were (Herlihy and Wing, 1990).

    check([Operation("PUT", 0, 10, 201, sent=1, tag='"x"'), ...])    # raises Impossible

The search is Wing and Gong's with the memory of Lowe's ("Testing for
linearizability", 2017): it goes through the history in the order of time, and
keeps all *configurations* (the state, and which of the requests under way have
had their moment) that explain it so far. A request gets its moment only when its
answer, or one behind it, needs it. When none is left, no order explains it.

A request that was never answered may have had its moment at any time after it was
sent (until `until`, when it is known to have had its last chance), or never.
"""

from bisect import bisect_left, insort
from collections import defaultdict
from copy import copy
from dataclasses import dataclass, replace

MISSING = None
UNSEEN = -1  # stands for each number that no answer is about
NEVER = float("inf")
TOO_MANY = 500_000  # configurations at one answer


@dataclass(frozen=True)
class Operation:
    """A request and what came of it; times are of one clock."""

    method: str  # POST is what created the resource
    begun: int
    ended: int | None = None  # None: never
    status: int | None = None  # None: nobody knows whether it was done
    sent: int | None = None  # the number that a write writes
    shown: tuple | None = None  # the state that came with the answer
    tag: str | None = None  # the entity tag that did
    if_match: str | None = None
    if_none_match: str | None = None
    until: int | None = None  # what is not known was done before this, or not
    client: object = ""
    creates: bool = True  # a PUT may make what is missing

    def __str__(self):
        conditions = [f"If-Match: {self.if_match}"] if self.if_match else []
        conditions += [f"If-None-Match: {self.if_none_match}"] if self.if_none_match else []
        asked = " ".join([self.method, *([str(self.sent)] if self.sent is not None else []), *conditions])
        told = [str(self.status or "not known whether it was done")]
        told += [f"{self.shown}"] if self.shown else []
        told += [f"ETag: {self.tag}"] if self.tag else []
        return f"{asked} -> {' '.join(told)}"


class Impossible(AssertionError):
    """No order explains a history; `window` has the operations that show it."""

    def __init__(self, why, window):
        self.window = list(window)
        super().__init__("\n".join([why, *told(self.window)]))


class TooWide(AssertionError):
    """There are more orders than can be looked at."""


def told(window):
    """Lines about some operations, in the order in which they were sent."""
    window = sorted(window, key=lambda op: op.begun)
    start = window[0].begun if window else 0
    for op in window:
        end = "         ..." if op.ended is None else f"{(op.ended - start) / 1e6:12.3f}"
        yield f"{(op.begun - start) / 1e6:12.3f} {end} ms  {op.client!s:>4}  {op}"


# What an operation needs and does

@dataclass(frozen=True)
class Step:
    """An operation as the search knows it; numbers are in the place of tags."""

    needs: object = None  # the number b of the state before it
    refuses: object = None  # that b is another, or nothing is there
    shown: tuple | None = None  # the state that it left, UNSEEN where no answer is about it
    before: bool | None = None  # something was there
    effect: str = ""  # PUT, PATCH, DELETE, or none
    sent: object = None
    must: bool = True  # it was done

    def after(self, state):
        """The state after it, or False where it cannot be its turn."""
        if self.before is not None and self.before != (state is not MISSING):
            return False
        b = state[1] if state else None
        if self.needs is not None and b != self.needs or self.refuses is not None and b == self.refuses:
            return False
        if self.effect == "PUT":
            state = (self.sent, self.sent)
        elif self.effect == "PATCH":
            state = (state[0], self.sent)
        elif self.effect == "DELETE":
            return MISSING
        return state if self.shown in (None, state) else False


def numbers_by_tag(history):
    """{tag: b}; each names one state, and each state has one."""
    named, tags = {}, {}
    for op in history:
        if op.tag is None or op.status not in (200, 201, 204):
            continue
        b = op.shown[1] if op.shown else op.sent
        if named.setdefault(op.tag, (b, op))[0] != b:
            raise Impossible("one entity tag is of two states", [named[op.tag][1], op])
        if tags.setdefault(b, (op.tag, op))[0] != op.tag:
            raise Impossible("one state has two entity tags", [tags[b][1], op])
    return {tag: b for tag, (b, _) in named.items()}


def condition(op, numbers):
    """What a write that was done, or may have been, needs to be there."""
    if op.method == "POST" or op.if_none_match == "*":
        return {"before": False}
    if op.if_match == "*":
        return {"before": True}
    if op.if_match:
        return {"needs": numbers.get(op.if_match, op.if_match), "before": True}
    if op.method in ("PATCH", "DELETE") or not op.creates:
        return {"before": True}
    return {}


def step_of(op, numbers):
    effect = {"GET": "", "POST": "PUT"}.get(op.method, op.method)
    if op.status is None:
        return Step(**condition(op, numbers), effect=effect, sent=op.sent, must=False)
    if op.status in (404, 410):
        return Step(before=False)
    if op.status == 304:
        return Step(needs=numbers.get(op.if_none_match, op.if_none_match), before=True)
    if op.status == 412 and op.if_none_match:
        return Step(before=True)
    if op.status == 412 and op.if_match:
        return Step(before=False) if op.if_match == "*" else Step(refuses=numbers.get(op.if_match))
    assert op.status in (200, 201, 204), op
    if op.method == "GET":
        unlike = op.if_none_match and numbers.get(op.if_none_match)
        return Step(needs=op.shown[1], refuses=unlike, shown=op.shown, before=True)
    needed = condition(op, numbers)
    if op.method == "PUT":
        if needed.get("before", op.status != 201) != (op.status != 201):
            raise Impossible("it is answered as if its condition had not been looked at", [op])
        needed["before"] = op.status != 201
    return Step(**needed, effect=effect, sent=op.sent, shown=op.shown)


def steps_of(history, numbers):
    """A Step each. Numbers that no answer is about are alike: fewer states are to be told apart."""
    steps = [step_of(op, numbers) for op in history]
    seen = {b for step in steps for b in (step.needs, step.refuses) if b is not None}
    seen |= {number for op, step in zip(history, steps) if step.shown and (step.effect != "PUT")
             for number in (op.shown if step.effect == "" else op.shown[:1])}  # fmt: skip
    for at, (op, step) in enumerate(zip(history, steps)):
        if step.effect in ("PUT", "PATCH") and op.sent not in seen:
            shown = step.shown and (step.shown[0] if step.effect == "PATCH" else UNSEEN, UNSEEN)
            steps[at] = replace(step, sent=UNSEEN, shown=shown)
    return steps


# The search

class Search:
    """Through some of the operations of a case. Configurations are (state, a bit for each
    operation under way that has had its moment)."""

    def __init__(self, case, places, states):
        self.case = case
        self.steps = case.steps
        self.places = places
        self.configurations = {(state, 0) for state in states}
        self.visited = set(states)
        self.open = []  # the places of those under way, in the order of their last chances
        self.past = 0  # a bit for each that is over
        self.optional = 0  # a bit for each that may not have been done
        self.readers = defaultdict(int)  # b: a bit for each that was done to that state
        for at in places:
            step = self.steps[at]
            if not step.must:
                self.optional |= 1 << at
            elif step.needs is not None:
                self.readers[step.needs] |= 1 << at

    def events(self):
        """(time, 0 for a beginning, place) in their order: what touches is under way together."""
        ends = self.case.ends
        found = [(self.case.history[at].begun, 0, at) for at in self.places]
        return sorted(found + [(ends[at], 1, at) for at in self.places if ends[at] != NEVER])

    def failing(self):
        """The place of the first operation whose answer nothing explains, or None."""
        for _, ending, at in self.events():
            if not ending:
                insort(self.open, at, key=lambda other: (self.case.ends[other], other))
                continue
            answered = self.answered(at)
            self.configurations = self.least(answered if self.steps[at].must else answered | self.configurations)
            if not self.configurations:
                return at
            self.visited = self.visited | {state for state, _ in self.configurations}
            self.configurations = {(state, done & ~(1 << at)) for state, done in self.configurations}
            self.open.remove(at)
            self.past |= 1 << at
        return None

    def answered(self, at):
        """The configurations in which this one has had its moment, just now or before."""
        found, known = set(), set()
        waiting = list(self.configurations)
        while waiting:
            state, done = waiting.pop()
            done |= self.passive(state, done)
            if (state, done) in known:
                continue
            known.add((state, done))
            if len(known) > TOO_MANY:
                raise TooWide(f"more than {TOO_MANY} configurations at {self.case.history[at]}")
            if done >> at & 1:
                found.add((state, done))
            else:
                waiting += self.following(state, done)
        return found

    def passive(self, state, done):
        """Those that change nothing and may have their moment now: no use to wait."""
        bits = 0
        for at in self.open:
            step = self.steps[at]
            if not step.effect and not done >> at & 1 and step.after(state) is not False:
                bits |= 1 << at
        return bits

    def following(self, state, done):
        """What one more operation leads to. A state does not come back: those that were done to it go first."""
        readers = self.readers[state[1]] if state else 0
        tried = set()  # of those that need not have been done, one of a kind will do
        for at in self.open:
            step = self.steps[at]
            if done >> at & 1 or not step.effect or readers & ~(self.past | done | 1 << at):
                continue
            if not step.must and step in tried:
                continue
            after = step.after(state)
            if after is False:
                continue
            if not step.must:
                tried.add(step)
            yield after, done | 1 << at

    def least(self, configurations):
        """Without those that have used more of what need not have been done, for the same."""
        if not self.optional or len(configurations) < 2:
            return configurations
        groups = defaultdict(list)
        for state, done in configurations:
            groups[state, done & ~self.optional].append(done & self.optional)
        kept = set()
        for (state, done), used in groups.items():
            least = []
            for bits in sorted(used, key=int.bit_count):
                if all(fewer & ~bits for fewer in least):
                    least.append(bits)
            kept.update((state, done | bits) for bits in least)
        return kept


# What is asked

def shows_its_own(op):
    """What a write was answered with is what it has written."""
    return op.shown[1] == op.sent and (op.method == "PATCH" or op.shown[0] == op.sent)


class Case:
    """A history, judged."""

    def __init__(self, history):
        self.history = list(history)
        self.check_numbers()
        numbers = numbers_by_tag(self.history)
        self.steps = steps_of(self.history, numbers)
        self.ends = [self.end_of(op) for op in self.history]
        self.seen_are_done(numbers)

    @staticmethod
    def end_of(op):
        """When it has had its moment, or its last chance."""
        if op.status is not None:
            return op.ended
        return NEVER if op.until is None else op.until

    def check_numbers(self):
        """Every number is written once; and who writes one is shown no other."""
        written = {}
        for op in self.history:
            if op.method in ("PUT", "PATCH", "POST"):
                assert op.sent is not None and op.sent not in written, op
                written[op.sent] = op
                if op.shown and not shows_its_own(op):
                    raise Impossible("the answer shows another state than the one that was written", [op])
        for op in self.history:
            for number in op.shown or ():
                if number not in written:
                    raise Impossible(f"nobody has written {number}", [op])

    def seen_are_done(self, numbers):
        """What was not answered, but seen, was done: before the first who saw it was answered."""
        seen = {}
        for op in self.history:
            if op.status not in (200, 201, 204, 304):
                continue
            tags = (op.if_match, op.if_none_match if op.status == 304 else None)
            for number in {*(op.shown or ()), *(numbers[tag] for tag in tags if tag in numbers)}:
                seen[number] = min(seen.get(number, NEVER), op.ended)
        for at, op in enumerate(self.history):
            if op.status is None and op.sent in seen:
                self.steps[at] = replace(self.steps[at], must=True)
                self.ends[at] = max(op.begun, min(self.ends[at], seen[op.sent]))

    def check(self):
        if Search(self, range(len(self.history)), {MISSING}).failing() is not None:
            self.explain()

    # The part that shows it

    def explain(self):
        """Raises what the first answer says that nothing before it allows."""
        known = sorted((at for at in range(len(self.history)) if self.steps[at].must), key=lambda at: self.ends[at])
        good = bisect_left(range(len(known) - 1), True, key=lambda at: self.fails(*self.part(known[: at + 1]), {MISSING}))
        last = known[good]
        search = self.search(*self.part(known[:good]), {MISSING})
        search.failing()
        before = " or ".join(sorted({"missing" if state is MISSING else f"{state}" for state, _ in search.configurations}))
        window, others = self.smallest(last, known[: good + 1], search.visited)
        raise Impossible(
            f"no order explains the answer to {self.history[last]}; without it there was: {before}.\n"
            f"Whatever was before them, not all of these can be ({others} others were under way, which does not help):",
            [self.history[at] for at in window],
        )

    def smallest(self, last, known, states):
        """The fewest of those up to the last one that cannot be, whatever was before them;
        and how many others were under way, whose moment may be among them."""
        known = sorted(known, key=lambda at: self.history[at].begun)
        # One more of them leaves less room for others.
        size = 1 + bisect_left(range(1, len(known)), True, key=lambda size: self.fails(*self.part(known[-size:]), states))
        window, others = self.part(known[-size:])
        for at in [at for at in window if at != last and not self.steps[at].effect]:
            rest = [other for other in window if other != at]
            if self.fails(rest, others, states):
                window = rest
        return window, len(others)

    def part(self, window):
        """With it, what may have changed something meanwhile."""
        if not window:
            return [], []
        start, end = min(self.history[at].begun for at in window), max(self.ends[at] for at in window)
        inside = set(window)
        return window, [at for at, op in enumerate(self.history)
                        if at not in inside and self.steps[at].effect and op.begun <= end and self.ends[at] >= start]  # fmt: skip

    def search(self, window, others, states):
        """Others may have been done before all of this, or among it, or not."""
        part = copy(self)
        part.steps = list(self.steps)
        for at in others:
            part.steps[at] = replace(self.steps[at], must=False, shown=None)
        return Search(part, [*window, *others], states)

    def fails(self, window, others, states):
        return self.search(window, others, states).failing() is not None


def check(history):
    """Raises Impossible, with the operations that show it, unless some order explains all of it."""
    Case(history).check()
