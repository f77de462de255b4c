"""A local stand-in for Maskinporten, Altinn, NAV's APIs of sick notes and follow-up plans, and
Enhetsregisteret.

It answers on loopback only.

Start it with ``python -m sandbox``, or from Python::

    from sandbox.server import SandboxServer

    with SandboxServer() as sandbox:
        print(sandbox.urls)

It is written from what the real services publish about themselves and imports nothing from the
addon, so that a misreading of a protocol cannot hide on both sides.
"""
