"""A cron that is watched, or stopped, at each of its commits."""


class Stopped(BaseException):
    """The process is gone: nothing in the addon may catch this."""


def stop_at(wanted):
    """Return what stops a cron at a commit; the first one has the number 0."""

    def stop(number):
        if number == wanted:
            raise Stopped

    return stop


def between_commits(commits):
    """A stop for each of the spans before, between and after so many commits.

    What is undone leaves the same whether the process stops right after a commit or right before
    the next one. So the stops take turns, and each span has one.

    :return: [(number of the commit, "before" or "after")]
    """
    return [
        (span - 1, "after") if span % 2 or span == commits else (span, "before")
        for span in range(commits + 1)
    ]


def run_watched(world, monkeypatch, cron, before_commit=None, after_commit=None):
    """Run a cron of connections with something done at each commit; when that stops it, the open
    transaction is abandoned.

    :param cron: the name of the method
    :param before_commit: called with the commit's number, and ``after_commit`` likewise
    :return: how many commits there were, and whether it was stopped
    """
    from odoo import SUPERUSER_ID, api

    Cron = world.registry["ir.cron"]
    original, calls = Cron._commit_progress, []

    def commit_progress(self, *args, **kwargs):
        number = len(calls)
        calls.append(None)
        if before_commit:
            before_commit(number)
        result = original(self, *args, **kwargs)
        if after_commit:
            after_commit(number)
        return result

    with monkeypatch.context() as patch:
        patch.setattr(Cron, "_commit_progress", commit_progress)
        try:
            with world.registry.cursor() as cr:
                getattr(api.Environment(cr, SUPERUSER_ID, {})["nav.connection"], cron)()
        except Stopped:
            return len(calls), True
    return len(calls), False


def run_until(world, monkeypatch, cron, number=None, moment="before"):
    """Run a cron of connections until it is stopped at a commit.

    :param number: which commit, the first is 0; None for none
    :param moment: before or after the commit
    :return: how many commits there were
    """
    watch = {f"{moment}_commit": stop_at(number)}
    commits, stopped = run_watched(world, monkeypatch, cron, **watch)
    if stopped:
        assert number is not None
    else:
        assert number is None or number >= commits, "the stop was caught by the addon"
    return commits
