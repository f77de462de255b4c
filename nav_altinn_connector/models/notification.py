"""What a button answers: a few words in a corner of the screen."""


def notification(words, kind="info", title=None, sticky=False):
    """The action that shows a notification. A dialog closes with it, and the view behind it reads
    its records anew: it stays on the screen, so a page that is being turned stays turned.

    :param words: what it says
    :param kind: info, success, warning or danger
    :param sticky: whether it stays until it is closed: for what stands nowhere else, since it
        covers what is below it
    """
    params = {
        "type": kind,
        "message": words,
        "sticky": sticky,
        "next": {"type": "ir.actions.act_window_close"},
    }
    if title:
        params["title"] = title
    return {"type": "ir.actions.client", "tag": "display_notification", "params": params}
