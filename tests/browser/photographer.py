"""Pictures of pages that have come to rest."""

from __future__ import annotations

from pathlib import Path

from .employer import Employer
from .web_client import WebClient


class Photographer:
    """Opens the pages of one person and takes their pictures.

    :param folder: where the pictures go
    """

    def __init__(self, client: WebClient, employer: Employer, folder: Path):
        self.folder = folder
        self.client = client
        self.employer = employer

    def take(self, name: str) -> None:
        """Take a picture of the page as it stands, once it has come to rest."""
        page = self.client.page
        self.client.settle()
        self.client.wait_for_content()
        size = page.viewport_size
        page.mouse.move(size["width"] - 1, size["height"] - 1)
        page.evaluate("document.activeElement && document.activeElement.blur()")
        page.wait_for_function("[...document.images].every((image) => image.complete)")
        self.keep(page, name)

    def keep(self, page, name: str, **options) -> None:
        """Take a picture of any page as it now is."""
        path = self.folder / f"{name}.png"
        page.screenshot(path=path, animations="disabled", **options)
        print(f"  {path}", flush=True)
