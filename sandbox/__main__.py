"""Command line: `python -m sandbox --port 8070`."""

import argparse
import errno
import signal
import sys
import threading
from datetime import date

from .server import SandboxServer, is_loopback


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="A local Maskinporten, Altinn, NAV and Enhetsregisteret on loopback.",
    )
    parser.add_argument("--port", type=int, default=8070, help="0 takes a free port")
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--employees", type=int, default=40)
    parser.add_argument("--notes", type=int, default=60)
    parser.add_argument("--units", type=int, default=4, help="sub-units of the employer")
    parser.add_argument(
        "--levels", type=int, default=2, choices=(2, 3), help="3: a level above the sub-units"
    )
    parser.add_argument("--seed", type=int, default=1, help="same seed, same population")
    parser.add_argument(
        "--today", type=date.fromisoformat, default=None, help="YYYY-MM-DD; notes lie around it"
    )
    parser.add_argument(
        "--state",
        metavar="FILE",
        default=None,
        help="keep clients, rights and added notes here; an existing file's population is used",
    )
    return parser


def main(arguments=None) -> int:
    """Run the sandbox until it is interrupted; return the exit status."""
    parser = _parser()
    options = parser.parse_args(arguments)
    if not is_loopback(options.host):
        parser.error(f"the sandbox answers on loopback only, not on {options.host}")
    try:
        server = SandboxServer(
            options.port,
            options.host,
            employees=options.employees,
            notes=options.notes,
            seed=options.seed,
            units=options.units,
            levels=options.levels,
            today=options.today,
            state_file=options.state,
        ).start()
    except ValueError as error:
        parser.error(str(error))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        print(f"Port {options.port} is taken; choose another with --port.", file=sys.stderr)
        return 1
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    _announce(server)
    stopped.wait()
    server.stop()
    return 0


def _announce(server: SandboxServer):
    for name, url in server.urls.items():
        print(f"{name:22} {url}")
    print(f"{'main unit':22} {server.main_unit}")
    print(f"{'sub-units':22} {' '.join(server.units)}")
    print("Requests for system users are answered at the confirmUrl that Altinn gives; seen at")
    print(f"  {server.overview_url(server.main_unit)}")
    print(f"{len(server.employees)} employees, {len(server.state.notes)} notes", flush=True)


if __name__ == "__main__":
    sys.exit(main())
