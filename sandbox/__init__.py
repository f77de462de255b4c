"""A local stand-in for Maskinporten, NAV's Sykepenger API and Enhetsregisteret, on loopback.

Start it with ``python -m sandbox``, or from Python::

    from sandbox.server import SandboxServer

    with SandboxServer() as sandbox:
        print(sandbox.maskinporten_url, sandbox.sykepenger_url, sandbox.enhetsregisteret_url)

It is written from what the real services publish about themselves and imports nothing from the
addon, so that a misreading of a protocol cannot hide on both sides.
"""
