"""What a button answers: a few words in a corner of the screen."""


def notification(words, kind="info", title=None, sticky=False, then=None):
    """The action that shows a notification.

    :param words: what it says
    :param kind: info, success, warning or danger
    :param sticky: whether it stays until it is closed
    :param then: the action that follows. By default a dialog closes, and the view behind it reads
        its records anew: it stays on the screen, so a page that is being turned stays turned
    """
    params = {
        "type": kind,
        "message": words,
        "sticky": sticky,
        "next": then or {"type": "ir.actions.act_window_close"},
    }
    if title:
        params["title"] = title
    return {"type": "ir.actions.client", "tag": "display_notification", "params": params}
