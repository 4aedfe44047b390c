"""The judge of histories (linear.py): what cannot be is found, and what can is not."""

import random
import time
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from linear import MISSING, NEVER, Impossible, Operation, check


def put(n, status=200, **more):
    return Operation("PUT", 0, 0, status, sent=n, tag=f'"{n}"' if status in (200, 201) else None, **more)


def made(n, **more):
    return put(n, 201, **more)


def posted(n):
    return replace(made(n), method="POST")


def patch(n, status=200, **more):
    return replace(put(n, status, **more), method="PATCH")


def delete(status=204, **more):
    return Operation("DELETE", 0, 0, status, **more)


def get(*shown, **more):
    """What a GET shows: nothing, n, or a and b."""
    if not shown:
        return Operation("GET", 0, 0, 404, **more)
    return Operation("GET", 0, 0, 200, shown=(shown[0], shown[-1]), tag=f'"{shown[-1]}"', **more)


def if_match(n):
    return {"if_match": f'"{n}"'}


def unknown(op):
    """Nobody has heard what came of it."""
    return replace(op, status=None, tag=None, shown=None, ended=None)


def at(op, begun, ended=None):
    return replace(op, begun=begun, ended=ended)


def in_turn(*operations):
    """Each begins when the one before is answered; what has times keeps them."""
    return [op if op.begun else at(op, 10 * n, None if op.status is None else 10 * n + 5)
            for n, op in enumerate(operations, 1)]  # fmt: skip


def refused(*operations):
    with pytest.raises(Impossible) as caught:
        check(in_turn(*operations))
    return caught.value


# What can be

def test_a_resource_that_does_as_it_should_passes():
    check(in_turn(
        get(), made(1), get(1), put(2), get(2), patch(3, shown=(2, 3)), get(2, 3), patch(4, **if_match(3)), get(2, 4),
        put(5, 412, **if_match(3)), get(2, 4), delete(412, **if_match(1)), delete(204, **if_match(4)), get(), delete(404),
        patch(6, 404), put(7, 412, **if_match(4)), made(8, if_none_match="*"), put(9, 412, if_none_match="*"),
        Operation("GET", 0, 0, 304, if_none_match='"8"'), get(8, if_none_match='"4"'), put(10, if_match="*"), delete(), get(),
        delete(412, if_match="*"),
    ))  # fmt: skip


def test_nothing_at_all_passes():
    check([])


def test_what_is_under_way_together_may_have_happened_in_any_order():
    for first, second in ((1, 2), (2, 1)):
        writes = [at(made(first), 10, 40), at(put(second), 11, 39)]
        for shown in (first, second):
            check([*writes, at(get(shown), 20, 30), at(get(second), 50, 60)])


def test_a_read_while_a_write_is_under_way_may_show_either_state():
    for shown in (1, 2):
        check([at(made(1), 1, 2), at(put(2), 10, 20), at(get(shown), 11, 12)])


def test_an_unknown_outcome_may_show_later_or_never():
    write = unknown(put(2))
    check(in_turn(made(1), write, get(1), get(1), get(2), get(2)))
    check(in_turn(made(1), write, get(1), put(3), get(3)))
    check(in_turn(made(1), write, put(3), get(2)))
    check(in_turn(made(1), unknown(delete()), get(1), get(), made(3)))


def test_an_unknown_write_whose_state_is_never_seen_may_explain_what_is_refused():
    check(in_turn(made(1), unknown(put(2)), put(3, 412, **if_match(1)), put(4), get(4)))
    check(in_turn(made(1), unknown(put(2)), unknown(put(5)), put(3, 412, **if_match(1)), put(4), get(4)))


# What cannot

def test_a_stale_read_is_found():
    found = refused(made(1), get(1), put(2), get(2), get(1))
    assert [str(op).split(" ->")[0] for op in found.window] == ["GET", "GET"]
    found = refused(made(1), put(2), get(1))
    assert "GET" in str(found) and "PUT 2" in str(found)


def test_the_window_has_nothing_needless():
    before = [op for n in range(2, 50) for op in (put(n), get(n))]
    found = refused(made(1), *before, put(50), get(50), get(7), put(60), get(60))
    assert [(op.method, op.sent or op.shown[0]) for op in found.window] == [("GET", 50), ("GET", 7)]


def test_a_lost_update_is_found():
    refused(made(1), patch(2, **if_match(1)), patch(3, shown=(1, 3)), put(4, **if_match(2)))
    # A PATCH that has not seen the PUT before it.
    refused(made(1), put(2), patch(3), get(1, 3))
    refused(made(1), put(2), patch(3, shown=(1, 3)))


def test_two_that_both_had_the_current_tag_are_found():
    found = refused(made(1), put(2, **if_match(1)), put(3, **if_match(1)))
    assert len(found.window) == 2
    with pytest.raises(Impossible):
        check([at(made(1), 1, 2), at(put(2, **if_match(1)), 10, 20), at(put(3, **if_match(1)), 11, 19)])
    refused(made(1), put(2, **if_match(1)), delete(204, **if_match(1)))


def test_a_refusal_of_the_current_tag_is_found():
    refused(made(1), put(2, 412, **if_match(1)))
    refused(made(1), delete(), put(2, 412, if_none_match="*"))


def test_a_deletion_undone_is_found():
    refused(made(1), delete(), get(1))
    refused(made(1), delete(), put(2, 200))
    refused(made(1), delete(), patch(2))


def test_a_write_lost_is_found():
    refused(made(1), put(2), get(1))
    refused(made(1), get())
    refused(posted(1), get())


def test_what_is_made_twice_is_found():
    refused(made(1), made(2))
    refused(made(1), made(2, if_none_match="*"))
    refused(made(1), put(2, if_none_match="*"))
    refused(made(1), delete(), made(2, **if_match(1)))


def test_what_shows_and_vanishes_is_found():
    refused(made(1), unknown(put(2)), get(2), get(1))
    refused(made(1), unknown(delete()), get(), get(1))


def test_what_shows_after_its_last_chance_is_found():
    write = replace(unknown(put(2)), begun=15, until=18)
    check(in_turn(made(1), write, get(2)))
    refused(made(1), write, get(1), get(2))
    refused(made(1), replace(unknown(delete()), begun=15, until=18), get(1), get())


def test_what_has_shown_before_its_last_chance_passes():
    check(in_turn(made(1), replace(unknown(delete()), begun=16, until=18), get(), get()))
    check(in_turn(made(1), replace(unknown(delete()), begun=16, until=18), replace(unknown(put(2)), begun=17, until=19), get(2)))


def test_an_unknown_write_happens_once():
    refused(made(1), unknown(put(2)), get(2), put(3), get(3), get(2))


def test_an_unknown_write_keeps_its_condition():
    refused(made(1), put(2), unknown(put(3, **if_match(1))), get(3))
    refused(made(1), unknown(made(2, if_none_match="*")), get(2))
    refused(made(1), delete(), unknown(replace(put(2), creates=False)), get(2))


def test_a_read_before_the_write_is_found():
    refused(get(1), made(1))


def test_what_nobody_has_written_is_found():
    refused(made(1), get(7))


def test_one_tag_of_two_states_is_found():
    refused(made(1), replace(put(2), tag='"1"'))
    refused(made(1), replace(get(1), tag='"other"'))


def test_a_304_for_another_state_is_found():
    refused(made(1), put(2), Operation("GET", 0, 0, 304, if_none_match='"1"'))
    refused(made(1), get(1, if_none_match='"1"'))


def test_an_answer_that_shows_another_state_is_found():
    refused(made(1), replace(put(2), shown=(1, 2)))


# Histories of a register that is right, and wrong answers in them

class Register:
    """What a resource should be; every request has its moment between its begin and its end."""

    def __init__(self, state=MISSING):
        self.state = state

    def answer(self, op):
        """The operation as it is answered now."""
        tag = self.state and f'"{self.state[1]}"'
        if op.method == "GET":
            if not tag:
                return replace(op, status=404)
            same = op.if_none_match == tag
            return replace(op, status=304) if same else replace(op, status=200, shown=self.state, tag=tag)
        if op.if_match and op.if_match != tag or op.if_none_match and tag:
            return replace(op, status=412)
        if op.method in ("PATCH", "DELETE") and not tag:
            return replace(op, status=404)
        if op.method == "DELETE":
            self.state = MISSING
            return replace(op, status=204)
        self.state = (self.state[0] if op.method == "PATCH" else op.sent, op.sent)
        return replace(op, status=200 if tag else 201, shown=self.state, tag=f'"{op.sent}"')


def history_of(chance, length, clients, lost=0.0):
    """Clients ask a register, at random moments; some never hear what came of it, which may be nothing."""
    register, history, tags = Register(), [], ['"0"']
    under_way = {}  # client: the operation, and what it was answered with
    asked = now = 0
    while asked < length or under_way:
        now += 1
        client = chance.randrange(clients) if asked < length else chance.choice(list(under_way))
        op, answer = under_way.pop(client, (None, None))
        if op is None:
            asked += 1
            under_way[client] = ask(chance, asked, tags, now, client), None
        elif answer is None:
            dropped = chance.random() < lost / 2
            under_way[client] = op, op if dropped else register.answer(op)
        elif answer.status is None or chance.random() < lost / 2:
            last = now if chance.random() < 0.5 else None
            history += [replace(op, until=last)] if op.method != "GET" else []
        else:
            history.append(replace(answer, ended=now))
            tags += [answer.tag] if answer.tag else []
    return history


def ask(chance, n, tags, now, client):
    method = chance.choice(["GET", "GET", "PUT", "PATCH", "DELETE"] if n % 3 else ["GET", "PUT"])
    op = Operation(method, now, sent=n if method in ("PUT", "PATCH") else None, client=client)
    tag = chance.choice(tags[-3:])
    kind = chance.random()
    if method == "GET":
        return replace(op, if_none_match=tag) if kind < 0.2 else op
    if kind < 0.6:
        return replace(op, if_match=tag)
    return replace(op, if_none_match="*") if method == "PUT" and kind < 0.7 else op


def with_stale_read(history, chance):
    """A GET that shows what was over before it was sent, for certain: a PUT took its place."""
    puts = [op for op in history if op.shown and op.method == "PUT"]
    reads = [op for op in history if op.shown and op.method == "GET"]
    for op in chance.sample(reads, len(reads)):
        over = [old.shown for old in history for new in puts
                if old.shown and old.shown[1] != new.sent and old.ended < new.begun and new.ended < op.begun]  # fmt: skip
        if over:
            shown = chance.choice(over)
            return changed(history, op, shown=shown, tag=f'"{shown[1]}"', if_none_match=None)
    return None


def with_second_winner(history, chance):
    """A PUT that was refused, as if it had had the current tag: another has had it."""
    used = {op.if_match for op in history if op.status in (200, 204) and op.if_match}
    refused = [op for op in history if op.status == 412 and op.if_match in used and op.method == "PUT"]
    if not refused:
        return None
    op = chance.choice(refused)
    return changed(history, op, status=200, tag=f'"{op.sent}"')


def with_vanished_state(history, chance):
    """Nothing is there at the end, though something was seen after the last deletion."""
    end = max(op.ended for op in history) + 1
    last = max((op.ended for op in history if op.method == "DELETE" and op.status == 204), default=0)
    seen = any(op.shown and op.begun > last for op in history)
    return [*history, Operation("GET", end, end + 1, 404)] if seen else None


def changed(history, op, **more):
    return [replace(op, **more) if one is op else one for one in history]


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), clients=st.integers(1, 12), lost=st.sampled_from([0, 0, 0.05, 0.3]))
def test_all_that_a_right_register_answers_passes(seed, clients, lost):
    check(history_of(random.Random(seed), 120, clients, lost))


@pytest.mark.parametrize("change", [with_stale_read, with_second_winner, with_vanished_state])
def test_one_wrong_answer_is_found(change):
    wrong = 0
    for seed in range(100):
        chance = random.Random(seed)
        history = change(history_of(chance, 80, 1 + seed % 8), chance)
        if history is None:
            continue
        wrong += 1
        with pytest.raises(Impossible):
            check(history)
    assert wrong > 20


# The judge against one that tries all orders

def same_answer(op, answer, state):
    """What is missing may be 404 before its tag is looked at."""
    if op.if_match and state is MISSING and op.status in (404, 412):
        return True
    return op.status is None or (op.status, op.shown, op.tag) == (answer.status, answer.shown, answer.tag)


def can_be(history, state=MISSING, now=0):
    """By trying whatever may be next; it is `now` or later."""
    if all(op.status is None for op in history):
        return True
    end = min(op.ended or NEVER for op in history)
    for op in history:
        if op.begun <= end and (op.until is None or op.until >= now):
            register = Register(state)
            rest = [other for other in history if other is not op]
            if same_answer(op, register.answer(op), state) and can_be(rest, register.state, max(now, op.begun)):
                return True
    return False


def with_any_answer(history, chance):
    """Some operation is answered as another one might have been."""
    known = [op for op in history if op.status is not None]
    if not known:
        return history
    op = chance.choice(known)
    shown = chance.choice([one.shown for one in history if one.shown] or [None])
    if op.method == "GET" and shown and chance.random() < 0.8:
        return changed(history, op, status=200, shown=shown, tag=f'"{shown[1]}"')
    if op.method == "DELETE":
        return changed(history, op, status=chance.choice([204, 404, 412 if op.if_match else 204]))
    if op.method == "PUT" and op.status in (200, 201):
        return changed(history, op, status=401 - op.status)
    if op.method == "PATCH" and op.status == 200 and shown:
        return changed(history, op, shown=(shown[0], op.sent))
    return changed(history, op, status=404, shown=None, tag=None) if op.method == "GET" else history


def has_all_tags(history):
    """Whoever asks with a tag has got it from an answer."""
    return {op.if_match or op.if_none_match for op in history} <= {op.tag for op in history} | {None, "*", '"0"'}


def verdict(history):
    try:
        check(history)
    except Impossible:
        return False
    return True


@settings(max_examples=500, deadline=None)
@given(seed=st.integers(0, 2**32), length=st.integers(1, 8), clients=st.integers(1, 5), lost=st.sampled_from([0, 0.3]))
def test_it_judges_as_one_that_tries_all_orders(seed, length, clients, lost):
    chance = random.Random(seed)
    history = history_of(chance, length, clients, lost)
    history = with_any_answer(history, chance)
    assume(has_all_tags(history))
    assert verdict(history) == can_be(history)


# It is quick

@pytest.mark.parametrize("lost", [0, 0.02])
def test_two_thousand_operations_of_sixteen_clients_are_judged_in_seconds(lost):
    history = history_of(random.Random(1), 2000, 16, lost)
    began = time.process_time()
    check(history)
    assert time.process_time() - began < 20


def test_what_is_wrong_in_a_long_history_is_told_in_a_few_lines():
    history = history_of(random.Random(2), 2000, 16)
    end = max(op.ended for op in history)
    late = [op for op in history if op.method == "PUT" and op.status == 200][10]
    wrong = Operation("GET", end + 1, end + 2, 200, shown=(late.sent, late.sent), tag=f'"{late.sent}"')
    with pytest.raises(Impossible) as caught:
        check([*history, wrong])
    assert len(caught.value.window) < 25
    assert caught.value.window[-1] == wrong
